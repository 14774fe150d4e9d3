import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as library from '../../src';
import { packageRoot } from '../support/paths';
import { withTempDirectory } from '../support/temp';

const run = promisify(execFile);
const document = readFileSync(join(packageRoot, 'docs', 'library.md'), 'utf8');

describe('docs/library.md', () => {
  it('its example runs as it stands and prints what the document says', async () => {
    const code = /```js\n(.*?)```/s.exec(document)?.[1] ?? '';
    const printed = /It prints:\n\n```\n(.*?)```/s.exec(document)?.[1] ?? '';
    // The package under test stands for the installed one.
    const built = pathToFileURL(join(__dirname, '..', '..', 'src', 'index.js')).href;
    assert.ok(code.includes("from 'node-red-contrib-as2'"));
    await withTempDirectory(async (directory) => {
      const file = join(directory, 'example.mjs');
      await writeFile(file, code.replace("'node-red-contrib-as2'", `'${built}'`));
      const { stdout, stderr } = await run(process.execPath, [file]);
      assert.equal(stdout, printed);
      assert.equal(stderr, '');
    });
  });

  it('names only functions that are exported', () => {
    const named = [...document.matchAll(/`([a-z]\w+)(?:\(\w*\))?`/g)].map(([, name = '']) => name);
    const words = new Set(['code', 'facts', 'message']);
    assert.deepEqual(
      named.filter((name) => !words.has(name) && !(name in library)),
      [],
    );
  });
});
