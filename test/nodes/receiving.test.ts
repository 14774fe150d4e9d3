import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { formatDisposition } from '../../src/as2';
import { postWire, type WireMessage } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from '../support/alice';
import { AUTOMATIC, isStillThere, PROCESSED, withBob } from '../support/bob';
import { testKeyPair } from '../support/keys';
import type { StationChanges } from '../support/stations';
import { withTempDirectory } from '../support/temp';

type Properties = Readonly<Record<string, unknown>>;

describe('as2-in', () => {
  describe('gives to the flow', () => {
    it('the payload and what is known about it, and nothing that other nodes act upon', async () => {
      await withBob({}, async (flow) => {
        const request = await messageOfAlice({
          subject: 'Order 5',
          payload: Buffer.from("UNB+UNOC:3+A+B'"),
          contentType: 'application/EDIFACT; charset=iso-8859-1',
          filename: '../../etc/orders.edi',
        });
        const response = await postWire(`${flow.url}/as2`, request);
        const receipt = await receiptOfBob(response);
        const received = await flow.next('received');

        assert.deepEqual(Object.keys(received).toSorted(), ['_msgid', 'as2', 'filename', 'payload', 'topic']);
        assert.deepEqual(received.payload, Buffer.from("UNB+UNOC:3+A+B'"));
        assert.equal(received.filename, 'orders.edi');
        assert.equal(received.topic, 'Alice');
        const { exchange, receivedAt, signer, ...known } = received.as2;
        assert.deepEqual(known, {
          messageId: request.headers.get('Message-ID'),
          from: 'Alice',
          to: 'Bob B',
          partner: 'Alice',
          subject: 'Order 5',
          contentType: 'application/EDIFACT; charset=iso-8859-1',
          charset: 'iso-8859-1',
          filename: 'orders.edi',
          size: 15,
          signed: true,
          encrypted: true,
          compressed: false,
          algorithms: { digest: 'sha-256', signature: 'rsa-pkcs1', cipher: 'aes-256-cbc' },
          mic: receipt.fields.get('received-content-mic'),
          receipt: { requested: 'signed', delivery: 'sync', mode: 'automatic' },
          redelivered: false,
        });
        assert.equal(typeof exchange, 'string');
        assert.ok(Date.parse(String(receivedAt)) > Date.now() - 60_000);
        const { certificate } = await testKeyPair('Alice');
        const { subject, serialNumber, fingerprintSha256 } = certificate;
        assert.deepEqual(signer, { subject, serialNumber, fingerprintSha256 });
        assert.deepEqual(JSON.parse(JSON.stringify(received.as2)), received.as2);
      });
    });

    const outputs: {
      what: string;
      as2In: Properties;
      content: Buffer;
      contentType: string;
      expected: unknown;
    }[] = [
      {
        what: 'text in the declared character set',
        as2In: { output: 'text' },
        content: Buffer.from('Gr\u00f6\u00dfe', 'latin1'),
        contentType: 'text/plain; charset=iso-8859-1',
        expected: 'Größe',
      },
      {
        what: 'text in UTF-8 when none is declared',
        as2In: { output: 'text' },
        content: Buffer.from('Größe'),
        contentType: 'text/plain',
        expected: 'Größe',
      },
      {
        what: 'text in Latin-1 when it is not UTF-8',
        as2In: { output: 'text' },
        content: Buffer.from('Gr\u00f6\u00dfe', 'latin1'),
        contentType: 'application/EDIFACT',
        expected: 'Größe',
      },
      {
        what: 'text in a character set that nobody knows',
        as2In: { output: 'text' },
        content: Buffer.from('abc'),
        contentType: 'text/plain; charset=x-unknown',
        expected: 'abc',
      },
      {
        what: 'a Buffer up to the limit',
        as2In: { output: 'auto', maxBuffer: '0.001' },
        content: Buffer.alloc(1048, 1),
        contentType: 'text/plain',
        expected: Buffer.alloc(1048, 1),
      },
    ];
    for (const { what, as2In, content, contentType, expected } of outputs) {
      it(what, async () => {
        await withBob(as2In, async (flow) => {
          await postWire(`${flow.url}/as2`, await messageOfAlice({ payload: content, contentType }));
          assert.deepEqual((await flow.next('received')).payload, expected);
        });
      });
    }

    for (const as2In of [{ output: 'file' }, { output: 'auto', maxBuffer: '0.001' }]) {
      it(`the path of a file: ${JSON.stringify(as2In)}`, async () => {
        await withBob(as2In, async (flow) => {
          const content = Buffer.alloc(1049, 7);
          await postWire(`${flow.url}/as2`, await messageOfAlice({ payload: content }));
          const received = await flow.next('received');
          assert.equal(received.payload, received.as2.file);
          assert.ok(String(received.payload).startsWith(flow.userDir));
          assert.deepEqual(await readFile(String(received.payload)), content);
        });
      });
    }

    it('a JSON payload without signature and encryption, byte for byte', async () => {
      const alice = { requireSigned: false, requireEncrypted: false };
      await withBob(
        {},
        async (flow) => {
          const content = '{ "order" :  1 }';
          const request = await messageOfAlice({
            protection: 'none',
            payload: Buffer.from(content),
            contentType: 'application/json',
          });
          const response = await postWire(`${flow.url}/as2`, request);
          assert.equal(formatDisposition((await receiptOfBob(response)).disposition), PROCESSED);
          assert.deepEqual((await flow.next('received')).payload, Buffer.from(content));
        },
        { alice },
      );
    });

    it('files of the spool directory that settings.js names', async () => {
      await withTempDirectory(async (spoolDirectory) => {
        await withBob(
          { output: 'file' },
          async (flow) => {
            await postWire(`${flow.url}/as2`, await messageOfAlice());
            const { payload } = await flow.next('received');
            assert.ok(String(payload).startsWith(join(spoolDirectory, 'in')), String(payload));
          },
          {},
          { as2: { spoolDirectory } },
        );
      });
    });

    it('a repeated message only once', async () => {
      await withBob({}, async (flow) => {
        const request = await messageOfAlice();
        const first = await postWire(`${flow.url}/as2`, request);
        const second = await postWire(`${flow.url}/as2`, request);
        assert.deepEqual(second.body, first.body);
        await flow.next('received');
        assert.ok(flow.isSilent('received'));
        assert.ok(flow.isSilent('caught'));
      });
    });
  });

  describe('answers a bad message with a negative receipt and tells a Catch node', () => {
    interface Case {
      readonly what: string;
      readonly code: string;
      readonly sentence: RegExp;
      readonly disposition: string;
      readonly changes?: StationChanges;
      request(): Promise<WireMessage>;
    }
    const cases: Case[] = [
      {
        what: 'SEC-03: encrypted bytes that were changed on their way',
        code: 'decryption-failed',
        sentence: /could not be decrypted/,
        disposition: 'processed/error: decryption-failed',
        request: async () => {
          const request = await messageOfAlice();
          request.body[request.body.length - 1] = (request.body.at(-1) ?? 0) ^ 1;
          return request;
        },
      },
      {
        what: 'signed content that was changed on its way',
        code: 'signature-content-altered',
        sentence: /was changed on its way/,
        disposition: 'processed/error: integrity-check-failed',
        changes: { alice: { requireEncrypted: false } },
        request: async () => {
          const { headers, body } = await messageOfAlice({ protection: 'signed' });
          return {
            headers,
            body: Buffer.from(body.toString('latin1').replace('ALPHA', 'ALICE'), 'latin1'),
          };
        },
      },
      {
        what: 'SEC-01: a signature of somebody else',
        code: 'signature-signer-unknown',
        sentence: /Mallory/,
        disposition: 'processed/error: authentication-failed',
        request: async () =>
          messageOfAlice({ sign: { keyPair: await testKeyPair('Mallory'), digest: 'sha-256' } }),
      },
      {
        what: 'a message encrypted for somebody else',
        code: 'decryption-no-key',
        sentence: /is encrypted for .*Carol.* the keys held here are for .*Bob/,
        disposition: 'processed/error: decryption-failed',
        request: async () => {
          const { certificate } = await testKeyPair('Carol');
          return messageOfAlice({ encrypt: { recipients: [certificate], cipher: 'aes-256-cbc' } });
        },
      },
      {
        what: 'SEC-02: a message without the signature that is required',
        code: 'message-not-signed',
        sentence: /^The message came without a signature, although/,
        disposition: 'processed/error: insufficient-message-security',
        request: () => messageOfAlice({ protection: 'encrypted' }),
      },
      {
        what: 'a message without the encryption that is required',
        code: 'message-not-encrypted',
        sentence: /^The message came unencrypted, although/,
        disposition: 'processed/error: insufficient-message-security',
        request: () => messageOfAlice({ protection: 'signed' }),
      },
      {
        what: 'a message that was cut off inside',
        code: 'decryption-failed',
        sentence: /could not be decrypted/,
        disposition: 'processed/error: decryption-failed',
        request: async () => {
          const { headers, body } = await messageOfAlice();
          return { headers, body: body.subarray(0, body.length - 100) };
        },
      },
      {
        what: 'HDR-12: a message for a station that is not here',
        code: 'stations-unknown',
        sentence: /Alice.*Carol/,
        disposition: 'processed/error: unknown-trading-relationship',
        request: async () => messageOfAlice({ to: 'Carol' }),
      },
    ];
    for (const { what, code, sentence, disposition, changes, request } of cases) {
      it(what, async () => {
        await withBob(
          {},
          async (flow) => {
            const sent = await request();
            const response = await postWire(`${flow.url}/as2`, sent);
            assert.equal(response.status, 200);
            const receipt = await receiptOfBob(response);
            assert.equal(formatDisposition(receipt.disposition), `${AUTOMATIC}; ${disposition}`);
            assert.equal(receipt.originalMessageId, sent.headers.get('Message-ID'));
            const { error, as2 } = await flow.next('caught');
            assert.equal(error?.code, code);
            assert.match(error?.message ?? '', sentence);
            assert.equal(error?.source.id, 'in');
            assert.deepEqual([as2.error?.code, as2.from], [code, 'Alice']);
            const { layers = [], recipients = [], keys = [], expected = [] } = as2.error?.details ?? {};
            if (code !== 'stations-unknown') assert.ok(layers.length > 0, 'the layers it had');
            if (code.startsWith('decryption-'))
              assert.match(JSON.stringify([recipients, keys]), /rsa-pkcs1.*CN=Bob/);
            if (code.startsWith('signature-')) assert.match(JSON.stringify(expected), /CN=Alice/);
            assert.equal(flow.status('in').fill, 'red');
            await isStillThere(flow);
          },
          changes,
        );
      });
    }
  });
});
