import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readSending } from '../../nodes/shared/protection';
import { RestartingSender } from '../exchange/receiving/restarting-sender';
import { messageOfAlice } from '../support/alice';
import { withBob } from '../support/bob';
import { withBobOnListener } from '../support/bob-on-listener';
import { type CuttingProxy, openCuttingProxy } from '../support/cutting-proxy';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import { aliceAndBob } from '../support/stations';

const LISTENING = { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' } as const;
const payload = randomBytes(12 * 1024 * 1024);

async function breaksOffAndGoesOn(url: string, flow: RunningFlow): Promise<void> {
  const sender = new RestartingSender(url, await messageOfAlice({ payload }));
  assert.equal(await sender.held(), 0);
  const held = await sender.cut(0, 2 * 1024 * 1024);
  assert.ok(flow.isSilent('received'));
  assert.equal((await sender.post(held)).status, 200);
  const message = await flow.next('received');
  assert.ok(payload.equals(message.payload as Buffer));
}

describe('AS2 Restart at an as2-in', () => {
  it('RST-02, RST-03: on the server of Node-RED itself', async () => {
    await withBob({}, async (flow) => breaksOffAndGoesOn(`${flow.url}/as2`, flow));
  });

  it('RST-02, RST-03: on a listener', async () => {
    await withBobOnListener({}, async ({ flow, url }) => {
      await flow.statusBecomes('in', LISTENING);
      await breaksOffAndGoesOn(`${url}/as2`, flow);
    });
  });

  it('RST-03: as2-out goes on with a message where the line broke', async () => {
    let proxy: CuttingProxy | undefined;
    try {
      await withFlow(
        async (url) => {
          proxy = await openCuttingProxy(Number(new URL(url).port), [0.9 * payload.length]);
          const changes = { bob: { restart: true } };
          const { nodes, credentials } = await aliceAndBob(`http://127.0.0.1:${proxy.port}/as2`, changes);
          const flow = onTab(
            { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
            { id: 'sent', type: 'helper' },
            { id: 'in', type: 'as2-in', path: '/as2', wires: [['received']] },
            { id: 'received', type: 'helper' },
            { id: 'catch', type: 'catch', wires: [['caught']] },
            { id: 'caught', type: 'helper' },
          );
          return { nodes: [...nodes, ...flow], credentials };
        },
        async (flow) => {
          flow.send('out', { payload });
          const { as2 } = await flow.next('sent');
          assert.equal(as2?.receipt?.micMatches, true);
          assert.ok(payload.equals((await flow.next('received')).payload as Buffer));
        },
      );
      assert.equal(proxy?.cuts, 1);
      assert.ok(proxy.sentBytes < 1.7 * payload.length, 'what had arrived was not sent again');
    } finally {
      await proxy?.close();
    }
  });

  it('RST-01: is off for a partner until it is ticked', () => {
    assert.equal(readSending({}).restart, false);
    assert.equal(readSending({ restart: true }).restart, true);
  });
});
