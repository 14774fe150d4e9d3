import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { NodeAPI } from 'node-red';
import { abandoned, hasOutgoing } from '../../nodes/shared/abandoned';
import { faults } from '../partner/mock';
import { settled, withSpool } from '../store/spools';
import { aliceFlow, withAliceAlone } from '../support/bob-elsewhere';
import type { RunningFlow } from '../support/node-red-flow';

const nodes = ['here', 'instance', 'inner'].map((id) => ({ id }));
const RED = {
  nodes: { eachNode: (work: (node: object) => void) => nodes.forEach(work) },
} as unknown as NodeAPI;

describe('what waits for a node that is gone', () => {
  it('messages that were answered and have not reached a flow, and receipts that were not delivered', async () => {
    await withSpool(async (spool) => {
      assert.deepEqual(await abandoned(RED, spool), []);
      await settled(spool, '1', { owner: 'here', dueAt: 1 });
      await settled(spool, '2', { owner: 'instance/inner', dueAt: 1 });
      await settled(spool, '3', { owner: 'instance/gone', dueAt: 1 });
      await settled(spool, '4', { owner: 'gone', dueAt: 2 });
      await settled(spool, '5', { owner: 'gone', dueAt: 2, claim: false });
      // Its partner has no answer, and sends it again.
      await settled(spool, '6', { owner: 'gone' });
      await (await settled(spool, '7', { owner: 'gone', dueAt: 3 })).advance('accepted');
      await (await settled(spool, '8', { owner: 'gone', dueAt: 3 })).advance('receipt-retry');
      // Delivered in the answer.
      await (await settled(spool, '9', { owner: 'gone' })).advance('accepted');
      assert.deepEqual(await abandoned(RED, spool), [
        { node: 'instance/gone', what: 'messages', count: 1 },
        { node: 'gone', what: 'messages', count: 2 },
        { node: 'gone', what: 'receipts', count: 2 },
      ]);
    });
  });

  it('messages that are sent, and those whose attempt a crash has ended', async () => {
    await withSpool(async (spool) => {
      const out = { direction: 'out', owner: 'gone' } as const;
      await (await settled(spool, '1', out)).advance('completed');
      assert.equal(await hasOutgoing(spool), false);
      const sending = await settled(spool, '2', out);
      await sending.advance('sending');
      assert.equal(await hasOutgoing(spool), true);
      await settled(spool, '3', { ...out, dueAt: 1 });
      await settled(spool, '4', { ...out, owner: 'here', dueAt: 1 });
      assert.deepEqual(await abandoned(RED, spool), [{ node: 'gone', what: 'sending', count: 2 }]);
      await sending.advance('completed');
      assert.equal(await hasOutgoing(spool), true);
    });
  });

  it('a message whose as2-out was deleted is sent after a restart, and the log says so', async () => {
    const flow = ({ isGone, ...out }: Readonly<Record<string, unknown>>) =>
      aliceFlow(out).filter(({ id }) => !isGone || id !== 'out');
    const options = { as2: { retryPauses: [0.02] }, usually: faults.down, flow };
    await withAliceAlone(options, async (alice) => {
      const { flow: running, bob } = alice;
      running.send('out', { payload: 'an order' });
      await running.statusTextBecomes('out', 'as2-out.status.retrying');
      await alice.deploy('full', { isGone: true });
      await alice.restart();
      bob.usually = {};
      const patience = Date.now() + 40_000;
      while ((await stateOfOnly(running)) !== 'completed' && Date.now() < patience) await setTimeout(50);
      assert.equal(await stateOfOnly(running), 'completed');
      assert.ok(running.logged('warn', 'all').some((line) => line.includes('as2-out.log.abandoned')));
    });
  });
});

async function stateOfOnly({ admin }: RunningFlow): Promise<string | undefined> {
  const { body } = (await admin.get('/as2/exchanges')) as { body: { exchanges: { state: string }[] } };
  return body.exchanges[0]?.state;
}
