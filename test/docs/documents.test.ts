import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../support/paths';

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  'node-red': { nodes: Record<string, string> };
};
const documents = [...markdownIn(packageRoot, false), ...markdownIn(join(packageRoot, 'docs'), true)];

describe('documents', () => {
  for (const path of documents) {
    const name = relative(packageRoot, path);
    const text = readFileSync(path, 'utf8');

    it(`${name}: its links lead somewhere`, () => {
      const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
      const local = targets.filter((target) => !/^[a-z]+:/.test(target));
      const missing = local.filter((target) => !existsSync(join(dirname(path), decodeURIComponent(target))));
      assert.deepEqual(missing, []);
    });

    it(`${name}: its npm commands exist`, () => {
      const scripts = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(
        (match) => match[1] ?? '',
      );
      assert.deepEqual(
        scripts.filter((script) => !(script in manifest.scripts)),
        [],
      );
    });

    it(`${name}: paths of the repository it names exist`, () => {
      const paths = [...text.matchAll(/`((?:src|nodes|test|scripts|docs|examples)\/[\w./-]+)`/g)].map(
        (match) => match[1] ?? '',
      );
      const missing = paths.filter((path) => !existsSync(join(packageRoot, path)));
      assert.deepEqual(missing, []);
    });
  }

  it('the README holds the two commands of the gate', () => {
    const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    assert.match(readme, /^npm ci && npm run demo\b/m);
    assert.match(readme, /^npm ci && npm test\b/m);
  });

  it('the README names every node of the palette and every example it sends the reader to', () => {
    const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    for (const type of Object.keys(manifest['node-red'].nodes))
      assert.ok(readme.includes(`**${type.replace('-', ' ')}**`), type);
    const examples = [...readme.matchAll(/[*_](\d\d - [^*_]+)[*_]/g)];
    assert.ok(examples.length > 0);
    for (const [, example = ''] of examples) {
      assert.ok(existsSync(join(packageRoot, 'examples', `${example}.json`)), example);
    }
  });
});

function markdownIn(directory: string, deep: boolean): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: deep })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name));
}
