import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { onTab, type Received, type RunningFlow, withFlow } from '../support/node-red-flow';
import { aliceAndBob } from '../support/stations';

type Properties = Readonly<Record<string, unknown>>;

const NOTE = Buffer.from('12 chairs');
const PHOTO = Buffer.from([0x89, 0x50, 0, 255]);
const ATTACHMENTS = [
  { filename: 'note.txt', contentType: 'text/plain', payload: 'Größe 5' },
  { filename: '../../photo.png', payload: PHOTO },
  { content: NOTE, contentType: 'application/octet-stream' },
];

/** Alice sends `msg.attachments` along; Bob's as2-in and as2-mdn have these properties. */
async function withLoop(
  { as2In = {}, as2Mdn = {}, out = {} }: { as2In?: Properties; as2Mdn?: Properties; out?: Properties },
  work: (flow: RunningFlow) => Promise<void>,
): Promise<void> {
  await withFlow(async (url) => {
    const { nodes, credentials } = await aliceAndBob(`${url}/as2`);
    const attached = { attachments: 'attachments', attachmentsType: 'msg', ...out };
    const flow = onTab(
      { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']], ...attached },
      { id: 'sent', type: 'helper' },
      { id: 'in', type: 'as2-in', path: '/as2', ...as2In, wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'mdn', type: 'as2-mdn', ...as2Mdn },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    return { nodes: [...nodes, ...flow], credentials };
  }, work);
}

async function nextOf(flow: RunningFlow, count: number): Promise<Received[]> {
  const received: Received[] = [];
  for (let index = 0; index < count; index++) received.push(await flow.next('received'));
  return received;
}

describe('several documents in one message', () => {
  it('MA-01: leave as2-out together, and as2-in gives them as a sequence', async () => {
    await withLoop({}, async (flow) => {
      flow.send('out', { payload: '<Invoice/>', filename: 'invoice.xml', attachments: ATTACHMENTS });
      const received = await nextOf(flow, 4);
      assert.deepEqual(
        received.map(({ filename, payload }) => [filename, String(payload)]),
        [
          ['invoice.xml', '<Invoice/>'],
          ['note.txt', 'Größe 5'],
          ['photo.png', String(PHOTO)],
          [received[3]?.filename, String(NOTE)],
        ],
      );
      const [first] = received;
      const id = first?.as2.exchange;
      assert.deepEqual(
        received.map(({ parts }) => parts),
        [0, 1, 2, 3].map((index) => ({ id, type: 'array', index, count: 4, len: 1 })),
      );
      assert.deepEqual(
        received.map(({ as2 }) => [as2.root, as2.documents, as2.exchange, as2.size]),
        [
          [true, 4, id, 10],
          [false, 4, id, Buffer.byteLength('Größe 5')],
          [false, 4, id, 4],
          [false, 4, id, 9],
        ],
      );
      assert.match(String(received[2]?.as2.contentType), /^image\/png/);
      for (const { as2 } of received) assert.deepEqual(JSON.parse(JSON.stringify(as2)), as2);
      const sent = await flow.next('sent');
      assert.deepEqual([sent.as2.attachments, sent.as2.receipt?.micMatches], [3, true]);
      assert.deepEqual((sent as unknown as { attachments: unknown }).attachments, ATTACHMENTS);
      assert.ok(flow.isSilent('received'));
    });
  });

  it('come as one message with an array, which another as2-out takes as it is', async () => {
    await withLoop({ as2In: { attachments: 'array' } }, async (flow) => {
      flow.send('out', { payload: '<Invoice/>', filename: 'invoice.xml', attachments: ATTACHMENTS });
      const [message] = await nextOf(flow, 1);
      assert.deepEqual([message?.filename, String(message?.payload)], ['invoice.xml', '<Invoice/>']);
      const { attachments } = message as unknown as { attachments: { filename?: string; payload: Buffer }[] };
      assert.deepEqual(
        attachments.map(({ payload }) => payload),
        [Buffer.from('Größe 5'), PHOTO, NOTE],
      );
      await flow.next('sent');

      flow.send('out', { payload: message?.payload, filename: 'invoice.xml', attachments });
      const [again] = await nextOf(flow, 1);
      const forwarded = (again as unknown as { attachments: { filename?: string }[] }).attachments;
      assert.deepEqual(
        forwarded.map(({ filename }) => filename),
        attachments.map(({ filename }) => filename),
      );
    });
  });

  it('come as they travelled, when that is wanted', async () => {
    await withLoop({ as2In: { attachments: 'whole', output: 'text' } }, async (flow) => {
      flow.send('out', {
        payload: '<Invoice/>',
        filename: 'invoice.xml',
        attachments: ATTACHMENTS.slice(0, 1),
      });
      const [message] = await nextOf(flow, 1);
      assert.match(String(message?.as2.contentType), /^multipart\/related/i);
      assert.match(String(message?.payload), /<Invoice\/>[\s\S]*note\.txt/);
    });
  });

  it('as paths of files', async () => {
    await withLoop({ as2In: { output: 'file' } }, async (flow) => {
      flow.send('out', { payload: '<Invoice/>', attachments: ATTACHMENTS.slice(1, 2) });
      const [root, photo] = await nextOf(flow, 2);
      assert.equal(await readFile(String(root?.payload), 'utf8'), '<Invoice/>');
      assert.deepEqual(await readFile(String(photo?.payload)), PHOTO);
      assert.equal(photo?.as2.file, photo?.payload);
    });
  });

  it('may be files and streams', async () => {
    await withLoop({}, async (flow) => {
      const path = join(flow.userDir, 'plan.pdf');
      await writeFile(path, '%PDF-1.7 plan');
      const attachments = [
        { payload: { path } },
        { payload: Readable.from(['a ', 'stream']), filename: 's.txt' },
      ];
      flow.send('out', { payload: '<Invoice/>', attachments });
      const [, plan, stream] = await nextOf(flow, 3);
      assert.deepEqual([plan?.filename, String(plan?.payload)], ['plan.pdf', '%PDF-1.7 plan']);
      assert.deepEqual([stream?.filename, String(stream?.payload)], ['s.txt', 'a stream']);
    });
  });

  for (const [what, attachments, sentence] of [
    ['a text', 'note.txt', /this is no list/],
    ['an entry without a document', [{ filename: 'a' }], /entry 1 has no payload/],
    ['an entry that is none', [{ payload: 'a' }, 5], /entry 2 is no object/],
    ['too many', Array.from({ length: 100 }, () => ({ payload: 'a' })), /there are 100, the most are 99/],
  ] as const) {
    it(`cannot be ${what}: a Catch node hears why`, async () => {
      await withLoop({}, async (flow) => {
        flow.send('out', { payload: '<Invoice/>', attachments });
        const { error } = await flow.next('caught');
        assert.equal(error?.code, 'attachments-invalid');
        assert.match(error?.message ?? '', sentence);
        assert.ok(flow.isSilent('received'));
      });
    });
  }

  it('are sent only when the node is told to: e-mail nodes leave attachments in messages, too', async () => {
    await withLoop({ out: { attachments: undefined, attachmentsType: undefined } }, async (flow) => {
      flow.send('out', { payload: '<Invoice/>', attachments: ATTACHMENTS });
      const [message] = await nextOf(flow, 1);
      assert.deepEqual([message?.parts, message?.as2.documents], [undefined, undefined]);
    });
  });
});

describe('the receipt for several documents, decided by the flow', () => {
  const byFlow = { as2In: { receipt: 'flow' } };
  const invoice = { payload: '<Invoice/>', attachments: ATTACHMENTS.slice(0, 2) };

  it('is positive when every one of them was accepted', async () => {
    await withLoop(byFlow, async (flow) => {
      flow.send('out', invoice);
      const [root, note, photo] = await nextOf(flow, 3);
      for (const message of [photo, photo, root]) flow.send('mdn', message ?? {});
      await flow.statusTextBecomes('mdn', 'as2-mdn.status.accepted-some');
      assert.ok(flow.isSilent('sent'));
      flow.send('mdn', note ?? {});
      assert.equal((await flow.next('sent')).as2.receipt?.micMatches, true);
      assert.ok(flow.isSilent('caught'));
    });
  });

  it('is negative as soon as one of them was rejected', async () => {
    await withLoop({ ...byFlow, as2Mdn: { action: 'msg', decision: 'good' } }, async (flow) => {
      flow.send('out', invoice);
      const [root, note] = await nextOf(flow, 3);
      flow.send('mdn', { ...root, good: true });
      flow.send('mdn', { ...note, good: false });
      assert.equal((await flow.next('caught')).error?.code, 'receipt-negative');
    });
  });

  it('is decided at once by a message that stands for all, behind a join node', async () => {
    await withLoop(byFlow, async (flow) => {
      flow.send('out', invoice);
      const [root] = await nextOf(flow, 3);
      flow.send('mdn', { as2: root?.as2 });
      assert.equal((await flow.next('sent')).as2.receipt?.micMatches, true);
    });
  });
});
