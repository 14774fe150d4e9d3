import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import type { SentReport } from '../../nodes/shared/out-message';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { type FlowNode, type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';

interface Got {
  readonly messageId: string;
  readonly receipt: { readonly requested: string; readonly delivery: string };
}
interface Failure {
  readonly error: { readonly code: string };
  readonly as2: SentReport;
}

/** POST /send gives its body to as2-out; as2-in leaves the receipt to the flow, which rejects what says so. */
function flow(): FlowNode[] {
  const debug = (name: string, complete: string): FlowNode => ({
    id: name,
    type: 'debug',
    name,
    active: true,
    tosidebar: true,
    complete,
    targetType: complete === 'true' ? 'full' : 'msg',
    wires: [],
  });
  const nodes: FlowNode[] = [
    { id: 'send', type: 'http in', method: 'post', url: '/send', wires: [['out', 'answer']] },
    { id: 'answer', type: 'http response', statusCode: '202', wires: [] },
    { id: 'out', type: 'as2-out', partner: 'partner', payload: 'payload.text', wires: [['sent']] },
    { id: 'catch', type: 'catch', scope: ['out'], wires: [['short']] },
    {
      id: 'short',
      type: 'function',
      func: 'return { payload: { error: { code: msg.error.code }, as2: msg.as2 } };',
      wires: [['failed']],
    },
    { id: 'in', type: 'as2-in', path: '/as2', output: 'text', receipt: 'flow', wires: [['mdn', 'received']] },
    {
      id: 'mdn',
      type: 'as2-mdn',
      action: 'msg',
      decision: '$not($contains(payload, "bad"))',
      decisionType: 'jsonata',
      text: 'Checked.',
      textType: 'str',
    },
    debug('sent', 'as2'),
    debug('failed', 'payload'),
    debug('received', 'as2'),
  ];
  return [
    { id: 'tab', type: 'tab', label: 'Station' },
    ...nodes.map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}

describe('asynchronous receipts between two Node-RED processes', function () {
  this.timeout(180_000);

  let alice: NodeRedProcess;
  let bob: NodeRedProcess;

  const deploy = async (
    station: NodeRedProcess,
    own: { readonly name: string; readonly keys: TestKeyPair },
    other: { readonly name: string; readonly keys: TestKeyPair; readonly url: string },
  ): Promise<void> =>
    station.deploy([
      {
        ...identityNode('own', own.name, own.keys.certificatePem),
        url: `${station.url}/as2`,
        credentials: {
          privateKey: createPrivateKey(own.keys.privateKeyPem)
            .export({ type: 'pkcs8', format: 'pem' })
            .toString(),
        },
      },
      partnerNode('partner', other.name, {
        as2Name: other.name,
        identity: 'own',
        certificate: other.keys.certificatePem,
        url: `${other.url}/as2`,
        receiptDelivery: 'async',
      }),
      ...flow(),
    ]);

  const send = async (station: NodeRedProcess, text: string): Promise<void> => {
    const headers = { 'Content-Type': 'application/json' };
    await station.request('/send', { method: 'POST', headers, body: JSON.stringify({ text }) });
  };

  before(async () => {
    [alice, bob] = await Promise.all([startNodeRed(), startNodeRed()]);
    const stations = {
      alice: { name: 'Alice', keys: await testKeyPair('Alice'), url: alice.url },
      bob: { name: 'Bob B', keys: await testKeyPair('Bob'), url: bob.url },
    };
    await deploy(alice, stations.alice, stations.bob);
    await deploy(bob, stations.bob, stations.alice);
  });

  after(async () => {
    await Promise.all([alice?.stop(), bob?.stop()]);
  });

  for (const [from, to] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    it(`REQ-09: a message from ${from} to ${to} comes out of as2-out when its receipt has come`, async () => {
      const stations = { alice, bob };
      const sending = await stations[from].debugSidebar();
      const receiving = await stations[to].debugSidebar();
      await send(stations[from], 'a good order');
      const got = await receiving.next<Got>('received');
      assert.deepEqual([got.receipt.requested, got.receipt.delivery], ['signed', 'async']);
      const as2 = await sending.next<SentReport>('sent', { unless: 'failed' });
      assert.equal(as2.messageId, got.messageId);
      assert.deepEqual([as2.receipt?.signed, as2.receipt?.micMatches], [true, true]);
      assert.match(as2.receipt?.text ?? '', /Checked\./);
    });
  }

  it('DSP-09: what the flow there rejects, goes to a Catch node here', async () => {
    const sending = await alice.debugSidebar();
    await send(alice, 'a bad order');
    const { error, as2 } = await sending.next<Failure>('failed', { unless: 'sent' });
    assert.equal(error.code, 'receipt-negative');
    assert.match(as2.receipt?.disposition ?? '', /processed\/error: unexpected-processing-error$/);
    assert.match(as2.receipt?.text ?? '', /Checked\./);
  });

  it('many at once, both ways: every one gets its own', async () => {
    const count = 20;
    const [alices, bobs] = [await alice.debugSidebar(), await bob.debugSidebar()];
    await Promise.all(
      Array.from({ length: count }, async (_none, number) => {
        await send(alice, `order ${number}`);
        await send(bob, `order ${number}`);
      }),
    );
    for (const sidebar of [alices, bobs]) {
      const ids = new Set<string | undefined>();
      for (let number = 0; number < count; number++) {
        const as2 = await sidebar.next<SentReport>('sent', { unless: 'failed' });
        assert.equal(as2.receipt?.micMatches, true);
        ids.add(as2.messageId);
      }
      assert.equal(ids.size, count);
    }
  });
});
