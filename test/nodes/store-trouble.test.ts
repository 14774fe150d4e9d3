import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { postWire } from '../partner/wire-message';
import { messageOfAlice } from '../support/alice';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import { aliceAndBob } from '../support/stations';
import { withTempDirectory } from '../support/temp';

const RED_STATUS = { fill: 'red', shape: 'ring', text: 'store unavailable' } as const;

/** Alice and Bob, and a file where the spool directory should be. */
async function withBlockedSpool(
  work: (flow: RunningFlow, unblock: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await withTempDirectory(async (directory) => {
    const spoolDirectory = join(directory, 'spool');
    await writeFile(spoolDirectory, 'in the way');
    await withFlow(
      async (url) => {
        const { nodes, credentials } = await aliceAndBob(`${url}/as2`);
        const flow = onTab(
          { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
          { id: 'sent', type: 'helper' },
          { id: 'in', type: 'as2-in', path: '/as2', wires: [['received']] },
          { id: 'received', type: 'helper' },
          { id: 'catch', type: 'catch', wires: [['caught']] },
          { id: 'caught', type: 'helper' },
        );
        return { nodes: [...nodes, ...flow], credentials, settings: { as2: { spoolDirectory } } };
      },
      async (flow) => work(flow, async () => rm(spoolDirectory)),
    );
  });
}

describe('while the spool cannot be used', () => {
  it('the nodes are red and say why, and go on by themselves when it can be used again', async () => {
    await withBlockedSpool(async (flow, unblock) => {
      await flow.statusBecomes('in', RED_STATUS);
      await flow.statusBecomes('out', RED_STATUS);
      assert.match(flow.logged('error').join('\n'), /The spool directory does not work: .*spool/);

      const message = { payload: 'an order' };
      flow.send('out', message);
      const { error, payload } = await flow.next('caught');
      assert.deepEqual([error?.code, payload], ['store-unavailable', 'an order']);
      const refused = await postWire(`${flow.url}/as2`, await messageOfAlice());
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);

      await unblock();
      flow.send('out', message);
      assert.equal((await flow.next('sent')).as2.receipt?.micMatches, true);
      assert.deepEqual(String((await flow.next('received')).payload), 'an order');
      await flow.statusTextBecomes('in', 'as2-in.status.received');
      await flow.statusTextBecomes('out', 'as2-out.status.processed');
    });
  });

  it('partners that come again and again do not fill the log', async () => {
    await withBlockedSpool(async (flow) => {
      await flow.statusBecomes('in', RED_STATUS);
      const request = await messageOfAlice();
      for (let count = 0; count < 5; count++) {
        assert.equal((await postWire(`${flow.url}/as2`, request)).status, 503);
      }
      const lines = flow.logged('error').filter((line) => /spool directory/.test(line));
      // One from each of the two nodes.
      assert.equal(lines.length, 2, lines.join('\n'));
    });
  });
});
