import assert from 'node:assert/strict';
import type { SentReport } from '../../nodes/shared/out-message';
import { faults, TradingPartner } from '../partner/mock';
import { partyBob } from '../support/alice';
import { testKeyPair } from '../support/keys';
import { type FlowNode, type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';
import { withTempDirectory } from '../support/temp';

interface Shown {
  readonly payload: string;
  readonly order: number;
  readonly as2: SentReport;
  readonly error?: { readonly code: string };
}

/** POST /send gives its body to as2-out; what comes out of it, or of the Catch node, is shown. */
function flow(): FlowNode[] {
  const nodes: FlowNode[] = [
    { id: 'send', type: 'http in', method: 'post', url: '/send', wires: [['out', 'answer']] },
    { id: 'answer', type: 'http response', statusCode: '202', wires: [] },
    { id: 'out', type: 'as2-out', partner: 'bob', payload: 'payload.text', wires: [['sent']] },
    { id: 'catch', type: 'catch', scope: ['out'], wires: [['failed']] },
    ...['sent', 'failed'].map((name) => ({
      id: name,
      type: 'debug',
      name,
      active: true,
      tosidebar: true,
      complete: '{"payload": payload.text, "order": payload.order, "as2": as2, "error": error}',
      targetType: 'jsonata',
      wires: [],
    })),
    { id: 'in', type: 'as2-in', path: '/as2', wires: [[]] },
  ];
  return [
    { id: 'tab', type: 'tab', label: 'Alice' },
    ...nodes.map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}

describe('a Node-RED that is killed while messages are on their way', function () {
  this.timeout(180_000);

  /** Alice's Node-RED, and Bob elsewhere. */
  async function withAlice(
    changes: Readonly<Record<string, unknown>>,
    work: (o: {
      readonly bob: TradingPartner;
      start(): Promise<NodeRedProcess>;
      deploy(alice: NodeRedProcess): Promise<void>;
    }) => Promise<void>,
  ): Promise<void> {
    const keys = await testKeyPair('Alice');
    const { as2Name, keyPair } = await partyBob();
    const peer = { as2Name: 'Alice', certificate: keys.certificatePem };
    const bob = await TradingPartner.start({ as2Name, keyPair, peer });
    let running: NodeRedProcess | undefined;
    let port: number | undefined;
    try {
      await withTempDirectory(async (userDirectory) => {
        const start = async (): Promise<NodeRedProcess> => {
          const settings = { as2: { retryPauses: [0.01] } };
          running = await startNodeRed({ userDirectory, settings, ...(port === undefined ? {} : { port }) });
          // The same address after a restart: asynchronous receipts were asked to it.
          port = Number(new URL(running.url).port);
          return running;
        };
        const deploy = async (alice: NodeRedProcess): Promise<void> =>
          alice.deploy([
            {
              ...identityNode('alice', 'Alice', keys.certificatePem),
              url: `${alice.url}/as2`,
              credentials: { privateKey: keys.privateKeyPem },
            },
            partnerNode('bob', 'Bob', {
              as2Name,
              identity: 'alice',
              url: bob.url,
              certificate: (await testKeyPair('Bob')).certificatePem,
              attempts: '100',
              ...changes,
            }),
            ...flow(),
          ]);
        try {
          await work({ bob, start, deploy });
        } finally {
          await running?.stop();
        }
      });
    } finally {
      await bob.stop();
    }
  }

  const order = async (alice: NodeRedProcess, number: number): Promise<void> => {
    await alice.request('/send', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: `order ${number}`, order: number }),
    });
  };

  it('passes them on after the next start, in the same flow, each once', async () => {
    await withAlice({}, async ({ bob, start, deploy }) => {
      bob.usually = faults.down;
      const first = await start();
      await deploy(first);
      for (const number of [1, 2, 3]) await order(first, number);
      await bob.messages.next();
      await bob.messages.next();
      await bob.messages.next();
      await first.kill();

      const second = await start();
      const sidebar = await second.debugSidebar();
      bob.usually = {};
      const shown: Shown[] = [];
      for (let count = 0; count < 3; count++) {
        shown.push(await sidebar.next<Shown>('sent', { unless: 'failed' }));
      }
      assert.deepEqual(new Set(shown.map(({ order: number }) => number)), new Set([1, 2, 3]));
      for (const { payload, order: number, as2 } of shown) {
        assert.equal(payload, `order ${number}`);
        assert.deepEqual([as2.resumed, as2.receipt?.micMatches], [true, true]);
        assert.deepEqual(as2.missing, ['req', 'res']);
      }
      const ids = new Set(bob.messages.all.map(({ headers }) => headers.get('Message-ID')));
      assert.equal(ids.size, 3);
      await order(second, 4);
      assert.equal((await sidebar.next<Shown>('sent', { unless: 'failed' })).order, 4);
      assert.deepEqual(sidebar.shown.filter(({ name }) => name === 'sent').length, 4);
    });
  });

  it('MIC-13: takes the asynchronous receipts for them after the next start', async () => {
    await withAlice({ receiptDelivery: 'async' }, async ({ bob, start, deploy }) => {
      bob.usually = faults.lateReceipt;
      const first = await start();
      await deploy(first);
      await order(first, 1);
      await bob.messages.next();
      await first.kill();

      const second = await start();
      const sidebar = await second.debugSidebar();
      bob.release();
      const { order: number, as2 } = await sidebar.next<Shown>('sent', { unless: 'failed' });
      assert.deepEqual([number, as2.resumed, as2.receipt?.micMatches], [1, true, true]);
    });
  });
});
