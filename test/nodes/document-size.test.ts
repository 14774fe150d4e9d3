import assert from 'node:assert/strict';
import { onTab, withFlow } from '../support/node-red-flow';
import { aliceAndBob } from '../support/stations';

describe('a document that was small on its way, compressed, and is large for as2-in', () => {
  const LARGE = 'x'.repeat(100_000);

  for (const output of ['buffer', 'text']) {
    it(`SEC-11: is not given to the flow as ${output} above the limit: the partner is told, and so are we`, async () => {
      await withFlow(
        async (url) => {
          const { nodes, credentials } = await aliceAndBob(`${url}/as2`, {
            bob: { compress: 'before-signing' },
          });
          const flow = onTab(
            { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
            { id: 'sent', type: 'helper' },
            { id: 'in', type: 'as2-in', path: '/as2', output, maxSize: '0.05', wires: [['received']] },
            { id: 'received', type: 'helper' },
            { id: 'catch', type: 'catch', wires: [['caught']] },
            { id: 'caught', type: 'helper' },
          );
          return { nodes: [...nodes, ...flow], credentials };
        },
        async (flow) => {
          flow.send('out', { payload: LARGE });
          const { error, as2 } = await flow.next('caught');
          assert.equal(error?.code, 'document-too-large');
          assert.match(error?.message ?? '', /has 100000 bytes.*at most 52428(\.8)? .*the path of a file/);
          assert.equal(as2.partner, 'Alice');
          const notSent = await flow.next('caught');
          assert.equal(notSent.error?.code, 'receipt-negative');
          assert.match(notSent.as2.receipt?.text ?? '', /larger than this system takes/);
          assert.ok(flow.isSilent('received'));

          flow.send('out', { payload: 'small' });
          assert.equal(String((await flow.next('received')).payload), 'small');
        },
      );
    });
  }
});
