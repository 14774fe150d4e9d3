import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the package's own package.json, wherever the compiled test stands below it. */
export const packageRoot = findRoot(__dirname);

function findRoot(from: string): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest)) {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string };
    if (name === 'node-red-contrib-as2') return from;
  }
  const parent = dirname(from);
  if (parent === from) throw new Error('package.json of node-red-contrib-as2 not found');
  return findRoot(parent);
}
