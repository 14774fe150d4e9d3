import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the package when dist/ is missing or older than a source. */
export function ensureBuilt(): void {
  const built = newest(join(root, 'dist', 'nodes', 'as2-out.js'));
  const sources = [
    'src',
    'nodes',
    'icons',
    'test',
    'bench',
    'package.json',
    'tsconfig.json',
    'scripts/build.mts',
  ];
  if (built > Math.max(...sources.map((source) => newest(join(root, source))))) return;
  console.log('Building the package ...');
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mts')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('the build failed');
}

/** A compiled module, by its path in the sources without extension, e.g. `src/pki/index`. */
export function compiled(path: string): unknown {
  return createRequire(import.meta.url)(join(root, 'dist', `${path}.js`));
}

/** Time of the last change in a file or anywhere below a folder, in ms; 0 when there is nothing. */
function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  // What a bench has measured is no source.
  const entries = readdirSync(path).filter((entry) => entry !== 'results.json');
  return Math.max(0, ...entries.map((entry) => newest(join(path, entry))));
}
