import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leftSpools } from '../../nodes/shared/left-spools';
import { onTab, RunningFlow } from '../support/node-red-flow';
import { withTempDirectory } from '../support/temp';

describe('a spool directory that settings.js does not name any more', () => {
  it('is named as long as it has a journal, at every start', async () => {
    await withTempDirectory(async (user) => {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => join(user, name)) as [string, string, string];
      assert.deepEqual(await leftSpools(user, a), [], 'the first time');
      for (const directory of [a, b]) {
        await mkdir(directory);
        await writeFile(join(directory, 'journal.sqlite'), '');
      }
      assert.deepEqual(await leftSpools(user, a), [], 'nothing has changed');
      assert.deepEqual(await leftSpools(user, b), [a]);
      assert.deepEqual(await leftSpools(user, b), [a]);
      assert.deepEqual(await leftSpools(user, c), [a, b]);
      await rm(a, { recursive: true });
      assert.deepEqual(await leftSpools(user, c), [b]);
      assert.deepEqual(await leftSpools(user, b), [], 'it is in use again');
      await writeFile(join(user, 'as2', 'spool-directories.json'), 'rubbish');
      assert.deepEqual(await leftSpools(user, c), [], 'begins anew');
    });
  });

  it('is named in the log of Node-RED', async () => {
    await withTempDirectory(async (user) => {
      const nodes = onTab({ id: 'in', type: 'as2-in', path: '/as2', wires: [[]] });
      for (const name of ['one', 'two']) {
        const flow = new RunningFlow(user);
        try {
          await flow.listen();
          await flow.start({ nodes, settings: { as2: { spoolDirectory: join(user, name) } } });
          await flow.admin.get('/as2/exchanges').expect(200);
          const isTold = () => flow.logged('warn', 'all').some((line) => line.includes('log.left-spool'));
          const patience = Date.now() + 40_000;
          while (name === 'two' && !isTold() && Date.now() < patience) {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          assert.equal(isTold(), name === 'two');
        } finally {
          await flow.stop();
        }
      }
    });
  });
});
