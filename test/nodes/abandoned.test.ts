import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { abandonedMessages } from '../../nodes/shared/abandoned';
import { settled, withSpool } from '../store/spools';

describe('messages whose as2-in node is gone', () => {
  it('are counted, where they were answered and have not reached a flow', async () => {
    await withSpool(async (spool) => {
      const nodes = ['here', 'instance', 'inner'].map((id) => ({ id }));
      const RED = {
        nodes: { eachNode: (work: (node: object) => void) => nodes.forEach(work) },
      } as unknown as NodeAPI;
      assert.equal((await abandonedMessages(RED, spool)).size, 0);
      await settled(spool, '1', { owner: 'here', dueAt: 1 });
      await settled(spool, '2', { owner: 'instance/inner', dueAt: 1 });
      await settled(spool, '3', { owner: 'instance/gone', dueAt: 1 });
      await settled(spool, '4', { owner: 'gone', dueAt: 1 });
      await settled(spool, '5', { owner: 'gone', dueAt: 1, claim: false });
      // Its partner has no answer, and sends it again.
      await settled(spool, '6', { owner: 'gone' });
      await (await settled(spool, '7', { owner: 'gone', dueAt: 1 })).advance('accepted');
      const abandoned = Object.fromEntries(await abandonedMessages(RED, spool));
      assert.deepEqual(abandoned, { gone: 2, 'instance/gone': 1 });
    });
  });
});
