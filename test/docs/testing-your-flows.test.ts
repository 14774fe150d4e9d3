import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { faults } from '../partner/mock';
import { testedRuntime } from '../support/node-red-process';
import { packageRoot } from '../support/paths';
import { withTempDirectory } from '../support/temp';

const run = promisify(execFile);
const document = readFileSync(join(packageRoot, 'docs', 'testing-your-flows.md'), 'utf8');

describe('docs/testing-your-flows.md', () => {
  it('its test runs as it stands and prints what the document says', async () => {
    const [, code = ''] = /```js\n(import assert.*?)```/s.exec(document) ?? [];
    const [, printed = ''] = /It prints:\n\n```\n(.*?)```/s.exec(document) ?? [];
    await withTempDirectory(async (directory) => {
      const modules = join(directory, 'node_modules');
      await mkdir(modules);
      await symlink(packageRoot, join(modules, 'node-red-contrib-as2'), 'junction');
      await symlink(testedRuntime().nodeRed, join(modules, 'node-red'), 'junction');
      const dependencies = { 'node-red-contrib-as2': '*', 'node-red': '*' };
      await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }));
      await writeFile(join(directory, 'test.mjs'), code);
      const { stdout, stderr } = await run(process.execPath, ['test.mjs'], { cwd: directory });
      assert.equal(stdout, printed, stderr);
    });
  });

  it('names every fault there is, and no other', () => {
    const table = document.slice(
      document.search(/\| fault\s+\|/),
      document.indexOf('```\npartner.plan(faults'),
    );
    const rows = table.split('\n').map((row) => row.split('|')[1] ?? '');
    const named = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
    assert.deepEqual(named.sort(), Object.keys(faults).sort());
  });
});
