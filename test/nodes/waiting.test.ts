import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { faults } from '../partner/mock';
import { type AliceAlone, withAliceAlone } from '../support/bob-elsewhere';
import { onTab } from '../support/node-red-flow';

/** Long enough that a test is over before: whoever waits for it waits for something else. */
const LONG = { retryPauses: [60] };
const RETRYING = 'as2-out.status.retrying';
const AWAITING = 'as2-out.status.awaiting-receipt';

const large = (): Buffer => Buffer.alloc(100_000, 'large ');

const ATTACHED = { attachments: 'attachments', attachmentsType: 'msg' };
const attachments = () => [
  { payload: 'Größe 5', filename: 'note.txt', contentType: 'text/plain' },
  { payload: Buffer.alloc(70_000, 7), filename: 'photo.png' },
  { content: Buffer.alloc(80_000, 8), contentType: 'application/octet-stream' },
];

/** What a flow may put into a message, and JSON cannot say. */
interface Order extends NodeMessage {
  readonly callback?: () => string;
}

async function untilRetrying({ flow }: AliceAlone): Promise<void> {
  await flow.statusTextBecomes('out', RETRYING);
}

describe('as2-out, when a message does not get through at once', () => {
  it('REL-01, REL-02: sends the same message again, and passes it on as it was', async () => {
    await withAliceAlone({}, async ({ flow, bob }) => {
      bob.plan(faults.resetAfterBody, faults.down);
      const message: Order = { payload: 'an order', _msgid: 'm1', callback: () => 'still here' };
      flow.send('out', message);
      const sent = await flow.next('sent');
      assert.deepEqual([sent.payload, sent._msgid, sent.as2.attempts], ['an order', 'm1', 3]);
      assert.equal((sent as Order).callback?.(), 'still here');
      assert.deepEqual([sent.as2.resumed, sent.as2.redelivered], [undefined, undefined]);
      const ids = bob.messages.all.map(({ headers }) => headers.get('Message-ID'));
      assert.deepEqual(ids, [sent.as2.messageId, sent.as2.messageId, sent.as2.messageId]);
      assert.ok(flow.isSilent('caught'));
      await flow.statusTextBecomes('out', 'as2-out.status.processed');
    });
  });

  it('tells a Catch node once, after the last attempt', async () => {
    await withAliceAlone({ usually: faults.down, bob: { attempts: '3' } }, async ({ flow, bob }) => {
      flow.send('out', { payload: 'an order' });
      const { error, as2, payload } = await flow.next('caught');
      assert.deepEqual([error?.code, as2.attempts, payload], ['http-busy', 3, 'an order']);
      assert.equal(bob.messages.all.length, 3);
      assert.ok(flow.isSilent('sent') && flow.isSilent('caught'));
      assert.equal(flow.status('out').text, 'http busy');
    });
  });

  it('a large document does not wait in memory, and is there again when the message goes on', async () => {
    const usually = faults.lateReceipt;
    await withAliceAlone({ usually, bob: { receiptDelivery: 'async' } }, async ({ flow, bob }) => {
      const message = { payload: large() };
      flow.send('out', message);
      await flow.statusTextBecomes('out', AWAITING);
      assert.equal(message.payload, undefined);
      bob.release();
      const sent = await flow.next('sent');
      assert.equal(sent, message);
      assert.deepEqual(sent.payload, large());
    });
  });

  it('nor do its attachments', async () => {
    const usually = faults.lateReceipt;
    await withAliceAlone({ usually, out: ATTACHED, bob: { receiptDelivery: 'async' } }, async (alice) => {
      const { flow, bob } = alice;
      const message = { payload: 'an order', attachments: attachments() };
      flow.send('out', message);
      await flow.statusTextBecomes('out', AWAITING);
      const [text, photo, note] = message.attachments as { payload?: unknown; content?: unknown }[];
      assert.deepEqual([text?.payload, photo?.payload, note?.content], ['Größe 5', undefined, undefined]);
      assert.equal(message.payload, 'an order');
      bob.release();
      const sent = await flow.next('sent');
      assert.equal(sent, message);
      assert.deepEqual(message.attachments, attachments());
    });
  });

  it('RCV-07: a receipt that is overdue goes to a Catch node; when it comes after all, the message goes on', async () => {
    const bobs = { receiptDelivery: 'async', receiptTimeout: '0.002' };
    await withAliceAlone({ usually: faults.lateReceipt, bob: bobs }, async ({ flow, bob }) => {
      flow.send('out', { payload: 'an order' });
      const { error, payload, as2 } = await flow.next('caught');
      assert.deepEqual([error?.code, payload], ['receipt-overdue', 'an order']);
      bob.release();
      const sent = await flow.next('sent');
      assert.deepEqual(
        [sent.payload, sent.as2.exchange, sent.as2.error],
        ['an order', as2.exchange, undefined],
      );
      assert.equal(sent.as2.receipt?.micMatches, true);
    });
  });

  it('RCV-07: or the message is sent again, when that is wanted', async () => {
    const bobs = { receiptDelivery: 'async', receiptTimeout: '0.01', receiptOverdue: 'resend' };
    await withAliceAlone({ bob: bobs }, async ({ flow, bob }) => {
      bob.plan(faults.lateReceipt);
      flow.send('out', { payload: 'an order' });
      const sent = await flow.next('sent');
      const ids = bob.messages.all.map(({ headers }) => headers.get('Message-ID'));
      assert.ok(ids.length >= 2, 'a busy machine may be late with the second receipt, too');
      assert.deepEqual(new Set(ids), new Set([sent.as2.messageId]));
      assert.ok(flow.isSilent('caught'));
    });
  });

  it('says how many wait', async () => {
    await withAliceAlone({ as2: LONG, usually: faults.down }, async (alice) => {
      const { flow } = alice;
      flow.send('out', { payload: 'one' });
      await untilRetrying(alice);
      flow.send('out', { payload: 'two' });
      await flow.statusBecomes('out', { fill: 'yellow', shape: 'ring', text: 'as2-out.status.several' });
    });
  });

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`a deploy of ${type} changes nothing: the new node passes the very same message on, once`, async () => {
      await withAliceAlone({ as2: { retryPauses: [0.02] } }, async (alice) => {
        const { flow, bob } = alice;
        bob.plan(faults.down);
        const message: Order = { payload: large(), callback: () => 'still here' };
        flow.send('out', message);
        await untilRetrying(alice);
        await alice.deploy(type, { name: 'changed' });
        const sent = await flow.next('sent');
        assert.equal(sent, message);
        assert.deepEqual([sent.payload, sent.as2.resumed, sent.as2.attempts], [large(), undefined, 2]);
        flow.send('out', { payload: 'the next one' });
        assert.equal((await flow.next('sent')).payload, 'the next one');
        assert.ok(flow.isSilent('sent') && flow.isSilent('caught'));
        assert.equal(bob.messages.all.length, 3);
      });
    });
  }

  it('a deploy in the middle of a transfer does not end it', async () => {
    await withAliceAlone({ usually: { held: true, later: {} } }, async (alice) => {
      const { flow, bob } = alice;
      flow.send('out', { payload: 'an order' });
      await bob.messages.next();
      await alice.deploy('full', { name: 'changed' });
      bob.release();
      const sent = await flow.next('sent');
      assert.deepEqual([sent.as2.attempts, bob.messages.all.length], [1, 1]);
    });
  });
});

describe('as2-out after a restart', () => {
  it('passes the message on, made again from what was kept, and says so', async () => {
    await withAliceAlone({ as2: { retryPauses: [0.02] }, usually: faults.down }, async (alice) => {
      const { flow, bob } = alice;
      const message: Order = {
        payload: 'Größe 5',
        _msgid: 'm1',
        order: { number: 4711, lines: ['a', 'b'], at: new Date(0), image: Buffer.from('x') },
        req: { url: '/' },
        callback: () => 'gone',
      };
      flow.send('out', message);
      await untilRetrying(alice);
      await alice.restart();
      bob.usually = {};
      const { as2, ...sent } = await flow.next('sent');
      assert.deepEqual(sent, {
        payload: 'Größe 5',
        _msgid: 'm1',
        order: { number: 4711, lines: ['a', 'b'], at: '1970-01-01T00:00:00.000Z' },
      });
      const { resumed, missing, partner, attempts, receipt, redelivered } = as2;
      assert.deepEqual([resumed, partner, redelivered], [true, 'Bob', undefined]);
      assert.ok((attempts ?? 0) >= 2);
      assert.deepEqual(missing, ['order', 'req', 'callback']);
      assert.equal(receipt?.micMatches, true);
      const [first, second] = bob.messages.all;
      assert.deepEqual(first?.body, second?.body);
      assert.equal(first?.headers.get('Message-ID'), as2.messageId);
    });
  });

  for (const receiptDelivery of ['sync', 'async']) {
    it(`gives all documents back, with a receipt that comes ${receiptDelivery}`, async () => {
      const isAsync = receiptDelivery === 'async';
      const options = {
        as2: isAsync ? LONG : { retryPauses: [0.02] },
        usually: isAsync ? faults.lateReceipt : {},
        out: ATTACHED,
        bob: { receiptDelivery },
      };
      await withAliceAlone(options, async (alice) => {
        const { flow, bob } = alice;
        if (!isAsync) bob.plan(faults.down);
        flow.send('out', { payload: large(), attachments: attachments() });
        await flow.statusTextBecomes('out', isAsync ? AWAITING : RETRYING);
        await alice.restart();
        if (isAsync) await flow.statusTextBecomes('out', AWAITING);
        bob.release();
        const { payload, as2, ...sent } = await flow.next('sent');
        assert.deepEqual(payload, large());
        assert.deepEqual((sent as { attachments?: unknown }).attachments, attachments());
        assert.deepEqual([as2.resumed, as2.missing], [true, undefined]);
      });
    });
  }

  it('gives a Buffer back as a Buffer, where it stood', async () => {
    await withAliceAlone(
      { as2: LONG, out: { payload: 'file.data' }, usually: faults.down },
      async (alice) => {
        const { flow, bob } = alice;
        flow.send('out', {
          file: { data: large(), name: 'a.bin' },
          payload: 'something else',
        });
        await untilRetrying(alice);
        await alice.restart();
        bob.usually = {};
        flow.send('out', {
          as2: { action: 'resend', messageId: bob.messages.all[0]?.as2.messageId },
        });
        const { file, payload, as2 } = (await flow.next('sent')) as unknown as Record<string, unknown>;
        assert.deepEqual(file, { data: large(), name: 'a.bin' });
        assert.equal(payload, 'something else');
        assert.deepEqual((as2 as { missing?: unknown }).missing, undefined);
      },
    );
  });

  it('tells a Catch node of a failure, once', async () => {
    const options = { as2: { retryPauses: [0.05] }, bob: { attempts: '2' }, usually: faults.down };
    await withAliceAlone(options, async (alice) => {
      const { flow } = alice;
      flow.send('out', { payload: 'an order', topic: 'kept' });
      await untilRetrying(alice);
      await alice.restart();
      const { error, as2, topic, payload } = await flow.next('caught');
      assert.deepEqual(
        [error?.code, error?.source.id, topic, payload],
        ['http-busy', 'out', 'kept', 'an order'],
      );
      assert.deepEqual([as2.resumed, as2.error?.code, as2.attempts], [true, 'http-busy', 2]);
      assert.ok(flow.isSilent('caught') && flow.isSilent('sent'));
    });
  });

  it('MIC-13: takes the asynchronous receipt for what was sent before', async () => {
    const options = { usually: faults.lateReceipt, bob: { receiptDelivery: 'async' } };
    await withAliceAlone(options, async (alice) => {
      const { flow, bob } = alice;
      flow.send('out', { payload: 'an order' });
      await flow.statusTextBecomes('out', AWAITING);
      await alice.restart();
      await flow.statusTextBecomes('out', AWAITING);
      bob.release();
      const sent = await flow.next('sent');
      assert.deepEqual(
        [sent.payload, sent.as2.resumed, sent.as2.receipt?.micMatches],
        ['an order', true, true],
      );
      assert.equal(bob.messages.all.length, 1);
    });
  });

  it('says that the document is missing, when payloads are not kept', async () => {
    await withAliceAlone(
      { as2: { ...LONG, keepSentPayload: false }, usually: faults.down },
      async (alice) => {
        const { flow, bob } = alice;
        const message = { payload: large() };
        flow.send('out', message);
        await untilRetrying(alice);
        assert.deepEqual(message.payload, large(), 'nothing else has it');
        await alice.restart();
        bob.usually = {};
        flow.send('out', { as2: { action: 'resend', messageId: bob.messages.all[0]?.as2.messageId } });
        const { payload, as2 } = await flow.next('sent');
        assert.deepEqual([payload, as2.missing], [undefined, ['payload']]);
      },
    );
  });

  it('an as2-out inside a subflow gets its own messages back', async () => {
    const flow = (out: Readonly<Record<string, unknown>>) => [
      {
        id: 'sub',
        type: 'subflow',
        name: 'Send',
        in: [{ x: 0, y: 0, wires: [{ id: 'inner' }] }],
        out: [{ x: 0, y: 0, wires: [{ id: 'inner', port: 0 }] }],
      },
      { id: 'inner', type: 'as2-out', z: 'sub', partner: 'to-bob', x: 0, y: 0, wires: [[]], ...out },
      ...onTab(
        { id: 'first', type: 'subflow:sub', wires: [['sent']] },
        { id: 'second', type: 'subflow:sub', wires: [['sent-second']] },
        { id: 'sent', type: 'helper' },
        { id: 'sent-second', type: 'helper' },
        { id: 'in', type: 'as2-in', path: '/as2', wires: [[]] },
      ),
    ];
    const options = { usually: faults.lateReceipt, bob: { receiptDelivery: 'async' }, flow };
    await withAliceAlone(options, async (alice) => {
      const { flow: running, bob } = alice;
      running.send('second', { payload: 'by the second instance' });
      await bob.messages.next();
      await alice.restart();
      bob.release();
      const sent = await running.next('sent-second');
      assert.deepEqual([sent.payload, sent.as2.resumed], ['by the second instance', true]);
      assert.ok(running.isSilent('sent'));
    });
  });
});

describe('as2-out is told by a message', () => {
  it('to cancel another one: its Catch node hears of it, and nothing is sent any more', async () => {
    await withAliceAlone({ as2: LONG, usually: faults.down }, async (alice) => {
      const { flow, bob } = alice;
      flow.send('out', { payload: 'an order' });
      await untilRetrying(alice);
      const [first] = bob.messages.all;
      flow.send('out', { as2: { action: 'cancel', messageId: first?.as2.messageId } });
      const { error, as2, payload } = await flow.next('caught');
      assert.deepEqual([error?.code, payload], ['send-cancelled', 'an order']);
      flow.send('out', { as2: { action: 'cancel', exchange: as2.exchange } });
      assert.equal((await flow.next('caught')).error?.code, 'cancel-too-late');
      assert.equal(bob.messages.all.length, 1);
    });
  });

  it('to send one again that has failed: it comes out as if nothing had been', async () => {
    await withAliceAlone({ bob: { attempts: '1' } }, async ({ flow, bob }) => {
      bob.plan(faults.down);
      flow.send('out', { payload: 'an order', topic: 'kept' });
      const { as2 } = await flow.next('caught');
      flow.send('out', { as2: { action: 'resend', exchange: as2.exchange } });
      const sent = await flow.next('sent');
      assert.deepEqual([sent.payload, sent.topic, sent.as2.resumed], ['an order', 'kept', true]);
      assert.equal(sent.as2.messageId, as2.messageId);
      flow.send('out', { as2: { action: 'resend', exchange: as2.exchange } });
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'resend-impossible');
      assert.match(error?.message ?? '', /its state is "completed".*has it\.$/);
    });
  });

  const wrong = [
    {
      as2: { action: 'delete' },
      code: 'action-unknown',
      sentence: /"delete", which is none of: cancel, resend/,
    },
    { as2: { action: 'cancel' }, code: 'action-incomplete', sentence: /not said for which message/ },
    {
      as2: { action: 'cancel', exchange: 'none' },
      code: 'exchange-not-found',
      sentence: /no exchange "none"/,
    },
    { as2: { action: 'resend', messageId: '<x@y>' }, code: 'exchange-not-found', sentence: /"<x@y>"/ },
  ];
  for (const { as2, code, sentence } of wrong) {
    it(`nonsense, and says so: ${JSON.stringify(as2)}`, async () => {
      await withAliceAlone({}, async ({ flow, bob }) => {
        flow.send('out', { payload: 'not to be sent', as2 });
        const { error } = await flow.next('caught');
        assert.equal(error?.code, code);
        assert.match(error?.message ?? '', sentence);
        assert.equal(bob.messages.all.length, 0);
      });
    });
  }
});
