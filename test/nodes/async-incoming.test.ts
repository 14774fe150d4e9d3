import assert from 'node:assert/strict';
import { TradingPartner } from '../partner/mock';
import { partyAlice } from '../support/alice';
import { testKeyPair } from '../support/keys';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import { aliceAndBob } from '../support/stations';

type Properties = Readonly<Record<string, unknown>>;

/** Bob's flow, and an Alice elsewhere who wants her receipts later. */
async function withAliceElsewhere(
  { as2In = {}, alice: changes = {} }: { readonly as2In?: Properties; readonly alice?: Properties },
  work: (
    flow: RunningFlow,
    alice: TradingPartner,
    deploy: (as2InId: string) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const { certificatePem } = await testKeyPair('Bob');
  const { as2Name, keyPair } = await partyAlice();
  const alice = await TradingPartner.start({
    as2Name,
    keyPair,
    peer: { as2Name: 'Bob B', certificate: certificatePem },
  });
  const planWith = async (id: string) => {
    const { nodes, credentials } = await aliceAndBob('', { alice: { url: alice.url, ...changes } });
    const flow = onTab(
      { id, type: 'as2-in', path: '/as2', receipt: 'flow', ...as2In, wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'mdn', type: 'as2-mdn', action: 'accept' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    return { nodes: [...nodes, ...flow], credentials, settings: { as2: { retryPauses: [0.001] } } };
  };
  try {
    await withFlow(
      async (url) => {
        alice.peer = { ...alice.peer, url: `${url}/as2` };
        return planWith('in');
      },
      async (flow) =>
        work(flow, alice, async (id) => {
          const { nodes, credentials } = await planWith(id);
          await flow.deploy(nodes, 'full', credentials);
        }),
    );
  } finally {
    await alice.stop();
  }
}

const send = (alice: TradingPartner) => alice.send({ payload: 'an order', receiptUrl: true });

describe('as2-in, when the receipt is to come later', () => {
  it('answers at once, gives the message to the flow, and sends the receipt when the flow has decided', async () => {
    await withAliceElsewhere({}, async (flow, alice) => {
      const { answer, receipt } = await send(alice);
      assert.ok(answer && answer.status >= 200 && answer.status < 300);
      assert.equal(receipt, undefined);
      const { as2 } = await flow.next('received');
      assert.deepEqual(as2.receipt, { requested: 'signed', delivery: 'async', mode: 'flow' });
      flow.send('mdn', { as2 });
      const later = await alice.receipts.next();
      assert.match(later.receipt.dispositionText, /; processed$/);
      await flow.statusTextBecomes('mdn', 'as2-mdn.status.accepted');
    });
  });

  it('when the node is gone before the flow has decided, the log says so; another one hands the repeat over', async () => {
    await withAliceElsewhere({}, async (flow, alice, deploy) => {
      const message = await alice.compose({ payload: 'an order', receiptUrl: true });
      await alice.post(message);
      const first = await flow.next('received');
      await deploy('another');
      while (!flow.logged('warn', 'all').some((line) => line.includes('as2-in.log.abandoned'))) {
        await new Promise(setImmediate);
      }
      await alice.post(message);
      const second = await flow.next('received');
      assert.deepEqual([second.as2.exchange, second.as2.redelivered], [first.as2.exchange, true]);
    });
  });

  it('after a restart gives the message again, marked, when the flow had not decided', async () => {
    await withAliceElsewhere({}, async (flow, alice) => {
      await send(alice);
      const first = await flow.next('received');
      assert.equal(first.as2.redelivered, false);
      await flow.restart();
      const second = await flow.next('received');
      assert.deepEqual([second.as2.exchange, second.as2.redelivered], [first.as2.exchange, true]);
      flow.send('mdn', { as2: second.as2 });
      assert.match((await alice.receipts.next()).receipt.dispositionText, /; processed$/);
    });
  });

  it('REL-08: sends the receipt again until it arrives, and says in the log that it takes longer', async () => {
    await withAliceElsewhere({ as2In: { receipt: 'automatic' } }, async (flow, alice) => {
      alice.planForReceipts({ status: 503 });
      await send(alice);
      await flow.next('received');
      const [first, second] = [await alice.receipts.next(), await alice.receipts.next()];
      assert.match(second.receipt.dispositionText, /; processed$/);
      assert.deepEqual(second.body, first.body);
      assert.match(flow.logged('warn').join('\n'), /HTTP status 503/);
      assert.ok(flow.isSilent('caught'));
    });
  });

  it('SEC-09: sends it nowhere else than to hosts of the partner, and tells a Catch node', async () => {
    const changes = { url: 'http://as2.partner.example/as2' };
    await withAliceElsewhere({ as2In: { receipt: 'automatic' }, alice: changes }, async (flow, alice) => {
      await send(alice);
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'receipt-url-refused');
      assert.equal(alice.receipts.all.length, 0);
    });
  });

  it('or to those that the partner’s settings name', async () => {
    const changes = { url: 'http://as2.partner.example/as2', receiptHosts: 'other.example, 127.0.0.1' };
    await withAliceElsewhere({ as2In: { receipt: 'automatic' }, alice: changes }, async (flow, alice) => {
      await send(alice);
      await alice.receipts.next();
      assert.ok(flow.isSilent('caught'));
    });
  });
});
