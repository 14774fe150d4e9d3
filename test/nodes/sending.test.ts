import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { NodeMessage } from 'node-red';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';
import { aliceAndBob, type StationChanges } from '../support/stations';

type Properties = Readonly<Record<string, unknown>>;

const ORDER = "UNA:+.? 'UNB+UNOC:3+ALICE+BOB+261122:0900+1'UNZ+0+1'";

/** Alice's as2-out with these properties, and Bob's as2-in. */
async function withLoop(
  out: Properties,
  work: (flow: RunningFlow) => Promise<void>,
  more: readonly FlowNode[] = [],
  changes: StationChanges = {},
): Promise<void> {
  await withFlow(async (url) => {
    const { nodes, credentials } = await aliceAndBob(`${url}/as2`, changes);
    const flow = onTab(
      { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']], ...out },
      { id: 'sent', type: 'helper' },
      { id: 'in', type: 'as2-in', path: '/as2', wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    return { nodes: [...nodes, ...more, ...flow], credentials };
  }, work);
}

describe('as2-out', () => {
  describe('takes as payload', () => {
    const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);
    const payloads: {
      what: string;
      payload: (directory: string) => unknown;
      expected: Buffer;
      out?: Properties;
    }[] = [
      { what: 'a text, as UTF-8', payload: () => 'Größe 5 €', expected: Buffer.from('Größe 5 €', 'utf8') },
      { what: 'a Buffer', payload: () => bytes, expected: bytes },
      { what: 'a Uint8Array', payload: () => new Uint8Array(bytes), expected: bytes },
      { what: 'an empty Buffer', payload: () => Buffer.alloc(0), expected: Buffer.alloc(0) },
      {
        what: 'a readable stream',
        payload: () => Readable.from([bytes, 'abc']),
        expected: Buffer.concat([bytes, Buffer.from('abc')]),
      },
      {
        what: 'an object with the path of a file',
        payload: (directory) => ({ path: join(directory, 'some.bin') }),
        expected: bytes,
      },
      {
        what: 'the path of a file, when told so',
        payload: (directory) => join(directory, 'some.bin'),
        expected: bytes,
        out: { source: 'file' },
      },
    ];
    for (const { what, payload, expected, out = {} } of payloads) {
      it(what, async () => {
        await withLoop(out, async (flow) => {
          await writeFile(join(flow.userDir, 'some.bin'), bytes);
          flow.send('out', { payload: payload(flow.userDir) });
          const received = await flow.next('received');
          assert.deepEqual(received.payload, expected);
          const sent = await flow.next('sent');
          assert.equal(sent.as2.receipt?.micMatches, true);
        });
      });
    }
  });

  it('gives the message on as it was, with what became of it', async () => {
    await withLoop({}, async (flow) => {
      flow.send('out', {
        payload: ORDER,
        filename: '/outbox/orders 1.edi',
        topic: 'untouched',
        _msgid: 'm1',
      });
      const sent = await flow.next('sent');
      const { receipt, messageId, exchange, sentAt, mic, ...plain } = sent.as2;
      assert.deepEqual(
        [sent.payload, sent.filename, sent.topic, sent._msgid],
        [ORDER, '/outbox/orders 1.edi', 'untouched', 'm1'],
      );
      assert.deepEqual(plain, {
        partner: 'Bob',
        from: 'Alice',
        to: 'Bob B',
        subject: 'orders 1.edi',
        contentType: 'application/EDIFACT',
        filename: 'orders 1.edi',
        size: Buffer.byteLength(ORDER),
        signed: true,
        encrypted: true,
        attempts: 1,
        httpStatus: 200,
      });
      assert.match(messageId ?? '', /^<.+@.+>$/);
      assert.equal(typeof exchange, 'string');
      assert.ok(Date.parse(sentAt ?? '') > Date.now() - 60_000);
      assert.match(mic ?? '', /^[A-Za-z0-9+/]{43}=, sha-?256$/);
      assert.equal(receipt?.disposition, 'automatic-action/MDN-sent-automatically; processed');
      assert.equal(receipt?.mic, mic);
      assert.equal(receipt?.signed, true);
      assert.equal(receipt?.signer?.subject, 'CN=Bob');
      assert.deepEqual(JSON.parse(JSON.stringify(sent.as2)), sent.as2);
      await flow.statusTextBecomes('out', 'as2-out.status.processed');
      assert.ok(flow.isSilent('caught'));
    });
  });

  it('sends many messages at once, and every one gets its own receipt', async () => {
    await withLoop({}, async (flow) => {
      const count = 30;
      for (let index = 0; index < count; index++) flow.send('out', { payload: `order ${index}`, index });
      const received = new Set<string>();
      const sent = new Map<unknown, string | undefined>();
      for (let index = 0; index < count; index++) {
        received.add(String((await flow.next('received')).payload));
        const { as2, payload, index: own } = await flow.next('sent');
        assert.equal(payload, `order ${String(own)}`);
        assert.equal(as2.receipt?.micMatches, true);
        sent.set(own, as2.messageId);
      }
      assert.deepEqual([received.size, new Set(sent.values()).size], [count, count]);
    });
  });

  it('is content without a receipt when none is asked for', async () => {
    await withLoop(
      {},
      async (flow) => {
        flow.send('out', { payload: ORDER });
        const { as2 } = await flow.next('sent');
        assert.deepEqual([as2.receipt, as2.error, as2.httpStatus], [undefined, undefined, 200]);
        await flow.statusTextBecomes('out', 'as2-out.status.sent');
      },
      [],
      { bob: { receipt: 'none' } },
    );
  });

  describe('tells the kind of document', () => {
    const cases: {
      what: string;
      message: { payload: string; filename?: string };
      out?: Properties;
      expected: string;
    }[] = [
      {
        what: 'by the name of the file',
        message: { payload: 'a,b', filename: 'x.csv' },
        expected: 'text/csv',
      },
      {
        what: 'by its first bytes, without a name',
        message: { payload: ORDER },
        expected: 'application/EDIFACT',
      },
      {
        what: 'by its first bytes, when the name only says text',
        message: { payload: 'ISA*00*', filename: 'x.txt' },
        expected: 'application/EDI-X12',
      },
      { what: 'as XML', message: { payload: '<?xml version="1.0"?><a/>' }, expected: 'application/xml' },
      { what: 'as PDF', message: { payload: '%PDF-1.7' }, expected: 'application/pdf' },
      {
        what: 'as bytes, when nothing helps',
        message: { payload: 'hello' },
        expected: 'application/octet-stream',
      },
      {
        what: 'as the user says',
        message: { payload: ORDER },
        out: { contentType: 'application/x-own', contentTypeType: 'str' },
        expected: 'application/x-own',
      },
    ];
    for (const { what, message, out = {}, expected } of cases) {
      it(what, async () => {
        await withLoop(out, async (flow) => {
          flow.send('out', { ...message });
          assert.equal((await flow.next('sent')).as2.contentType, expected);
          assert.equal((await flow.next('received')).as2.contentType, expected);
        });
      });
    }
  });

  it('takes everything from where the user says', async () => {
    const out = {
      partner: '',
      partnerFrom: 'order.to',
      partnerFromType: 'msg',
      payload: '$uppercase(order.text)',
      payloadType: 'jsonata',
      filename: 'order.name',
      filenameType: 'msg',
      subject: 'Order for you',
      subjectType: 'str',
    };
    await withLoop(out, async (flow) => {
      flow.send('out', { order: { to: 'Bob B', text: 'abc', name: 'A.TXT' } });
      const received = await flow.next('received');
      assert.deepEqual(
        [String(received.payload), received.filename, received.as2.subject],
        ['ABC', 'A.TXT', 'Order for you'],
      );
    });
  });

  describe('gives to a Catch node', () => {
    const cases: {
      what: string;
      code: string;
      sentence: RegExp;
      message: (flow: RunningFlow) => NodeMessage;
      out?: Properties;
    }[] = [
      {
        what: 'a message without payload',
        code: 'payload-missing',
        sentence: /^The message has no payload\./,
        message: () => ({}),
      },
      {
        what: 'a payload that is a number',
        code: 'payload-unsupported',
        sentence: /kind number cannot be sent/,
        message: () => ({ payload: 5 }),
      },
      {
        what: 'a payload that is an object',
        code: 'payload-unsupported',
        sentence: /kind object cannot be sent/,
        message: () => ({ payload: { a: 1 } }),
      },
      {
        what: 'a payload that is an array',
        code: 'payload-unsupported',
        sentence: /kind array cannot be sent/,
        message: () => ({ payload: ['a'] }),
      },
      {
        what: 'a payload that is a switch',
        code: 'payload-unsupported',
        sentence: /kind boolean cannot be sent/,
        message: () => ({ payload: true }),
      },
      {
        what: 'a path that is no text',
        code: 'payload-unsupported',
        sentence: /kind number/,
        message: () => ({ payload: 5 }),
        out: { source: 'file' },
      },
      {
        what: 'a file that does not exist',
        code: 'payload-file-unreadable',
        sentence: /^The file .*nothing\.edi cannot be read: ENOENT/,
        message: (flow) => ({ payload: { path: join(flow.userDir, 'nothing.edi') } }),
      },
      {
        what: 'a folder in place of a file',
        code: 'payload-file-unreadable',
        sentence: /it is not a file/,
        message: (flow) => ({ payload: { path: flow.userDir } }),
      },
      {
        what: 'a stream that was read before',
        code: 'payload-stream-used',
        sentence: /^The stream in the payload was read before/,
        message: () => ({ payload: Readable.from(['a']).destroy() }),
      },
      {
        what: 'a stream that breaks before it is read',
        code: 'payload-unreadable',
        sentence: /^The payload could not be read to its end: ENOENT/,
        message: (flow) => ({ payload: createReadStream(join(flow.userDir, 'nothing.edi')) }),
      },
      {
        what: 'a node without partner',
        code: 'partner-missing',
        sentence: /^No partner is chosen\./,
        message: () => ({ payload: 'a' }),
        out: { partner: '' },
      },
      {
        what: 'a partner that does not exist',
        code: 'partner-not-found',
        sentence: /^There is no partner called "Carol"\..* There are: .*Bob/,
        message: () => ({ payload: 'a', to: 'Carol' }),
        out: { partnerFrom: 'to', partnerFromType: 'msg' },
      },
      {
        what: 'an expression that fails',
        code: 'property-unreadable',
        sentence: /^The setting "subject" could not be read/,
        message: () => ({ payload: 'a' }),
        out: { subject: '$number("x")', subjectType: 'jsonata' },
      },
      {
        what: 'a file name that is an object',
        code: 'property-unreadable',
        sentence: /a text was expected/,
        message: () => ({ payload: 'a', filename: {} }),
      },
    ];
    for (const { what, code, sentence, message, out = {} } of cases) {
      it(what, async () => {
        await withLoop(out, async (flow) => {
          flow.send('out', message(flow));
          const { error, as2 } = await flow.next('caught');
          assert.equal(error?.code, code);
          assert.match(error?.message ?? '', sentence);
          assert.equal(error?.source.id, 'out');
          assert.deepEqual([as2.error?.code, as2.error?.message], [code, error?.message]);
          assert.deepEqual(flow.status('out'), {
            fill: 'red',
            shape: 'ring',
            text: code.replaceAll('-', ' '),
          });
          assert.ok(flow.isSilent('sent'));
        });
      });
    }

    it('a name that several partners have', async () => {
      const { nodes } = await aliceAndBob('http://127.0.0.1:1/');
      const twin = { ...nodes[2], id: 'twin' } as FlowNode;
      const out = { partnerFrom: 'to', partnerFromType: 'msg' };
      await withLoop(
        out,
        async (flow) => {
          flow.send('out', { payload: 'a', to: 'Bob' });
          const { error } = await flow.next('caught');
          assert.equal(error?.code, 'partner-ambiguous');
          assert.match(error?.message ?? '', /^2 partners are called "Bob"/);
        },
        [twin],
      );
    });
  });
});
