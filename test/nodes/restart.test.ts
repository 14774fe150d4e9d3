import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readSending } from '../../nodes/shared/protection';
import { RestartingSender } from '../exchange/receiving/restarting-sender';
import { messageOfAlice } from '../support/alice';
import { withBob } from '../support/bob';
import { withBobOnListener } from '../support/bob-on-listener';
import type { RunningFlow } from '../support/node-red-flow';

const LISTENING = { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' } as const;
const payload = randomBytes(3 * 1024 * 1024);

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

  it('RST-01: is off for a partner until it is ticked', () => {
    assert.equal(readSending({}).restart, false);
    assert.equal(readSending({ restart: true }).restart, true);
  });
});
