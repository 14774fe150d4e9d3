import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { formatDisposition, type Receipt } from '../../src/as2';
import { As2Error, type As2ErrorCode } from '../../src/errors';
import { Headers } from '../../src/mime';
import type { Party, PartnerChanges } from '../partner/parties';
import { receiving } from '../partner/receiving';
import type { Station, StationOptions } from '../partner/station';
import {
  composeWire,
  ORDER,
  receiptIn,
  type WireMessage,
  type WireOptions,
  withHeaders,
} from '../partner/wire-message';
import { testKeyPair } from '../support/keys';

const MODES = 'automatic-action/MDN-sent-automatically; ';

describe('exchange: receiving', () => {
  it('HDR-11, MDN-09: answers with the names and the Message-ID as the partner wrote them', async () => {
    await receiving({}, async ({ station, alpha, beta, post }) => {
      const message = await composeWire(alpha, beta);
      const { status, headers, body } = await post(
        withHeaders(message, { 'AS2-From': '"ALPHA"', 'Message-ID': 'no-brackets@x' }),
      );
      assert.equal(status, 200);
      assert.equal(headers.get('AS2-From'), '"Beta Corp"');
      assert.equal(headers.get('AS2-To'), '"ALPHA"');
      assert.equal(headers.get('Content-Length'), String(body.length));
      const receipt = await receiptIn({ status, headers, body }, beta.keyPair.certificate);
      assert.equal(receipt.originalMessageId, 'no-brackets@x');
      assert.equal(receipt.signature?.status, 'verified');
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.equal(station.messages[0]?.messageId, 'no-brackets@x');
    });
  });

  it('law 2, REL-10: raw message, payload and record are durable before the flow sees the message', async () => {
    const seen: unknown[] = [];
    const handOver: StationOptions['handOver'] = async (message) => {
      const folder = await station?.spool.get(message.exchangeId);
      assert.ok(folder);
      seen.push(folder.record.claimed, folder.record.state);
      for (const name of ['request.raw', 'request-headers.json', 'payload'] as const) {
        seen.push(await folder.has(name));
      }
      seen.push(await folder.has('receipt'));
      assert.ok((await message.payload.read()).equals(ORDER));
      assert.ok((await readFile(await message.payload.file())).equals(ORDER));
      return { accept: true };
    };
    let station: Station | undefined;
    await receiving({ handOver }, async (o) => {
      ({ station } = o);
      await o.post(await composeWire(o.alpha, o.beta));
      assert.deepEqual(seen, [true, 'taken', true, true, true, false]);
    });
  });

  it('HDR-07: unquoted names with blanks, whole or before the blank', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta, { receipt: 'none' });
      const whole = { 'AS2-To': 'Beta Corp', 'Message-ID': '<1@x>' };
      assert.equal((await post(withHeaders(message, whole))).status, 200);
      const before = { 'AS2-From': 'ALPHA (test system)', 'Message-ID': '<2@x>' };
      assert.equal((await post(withHeaders(message, before))).status, 200);
      assert.equal(station.messages.length, 2);
    });
  });

  it('HTTP-11, REQ-02: no receipt asked, none given', async () => {
    await receiving({}, async ({ alpha, beta, post }) => {
      const message = await composeWire(alpha, beta, { receipt: 'none' });
      const options =
        'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256';
      const answer = await post(withHeaders(message, { 'Disposition-Notification-Options': options }));
      assert.equal(answer.status, 200);
      assert.equal(answer.body.length, 0);
    });
  });

  it('REQ-06: a receipt in a signature format we do not have is unsigned, and says why', async () => {
    const options =
      'signed-receipt-protocol=optional, pgp-signature; signed-receipt-micalg=optional, sha-256';
    const handOver =
      (text?: string): StationOptions['handOver'] =>
      () => ({ accept: true, ...(text ? { text } : {}) });
    for (const [remark, expected] of [
      [undefined, /not signed|unsigned/],
      ['Order 4711 is booked.', /Order 4711 is booked\./],
    ] as const) {
      await receiving({ handOver: handOver(remark) }, async ({ alpha, beta, post }) => {
        const message = withHeaders(await composeWire(alpha, beta), {
          'Disposition-Notification-Options': options,
        });
        const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
        assert.equal(receipt.signed, false);
        assert.match(receipt.text, expected);
      });
    }
  });

  it('SEC-10: a file name that would lead elsewhere is made safe', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      await post(await composeWire(alpha, beta, { filename: '../../etc/passwd' }));
      assert.equal(station.messages[0]?.filename, 'passwd');
      const path = await station.messages[0]?.payload.file();
      assert.ok(path?.startsWith(station.spool.directory));
    });
  });

  it('SEC-13: user names and passwords in the request are not kept', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const secrets = { Authorization: 'Basic canary', Cookie: 'canary', 'Proxy-Authorization': 'canary' };
      await post(withHeaders(await composeWire(alpha, beta), secrets));
      await station.event('receipt-sent');
      const folder = await station.spool.get(station.messages[0]?.exchangeId ?? '');
      assert.ok(folder);
      for (const name of ['request.raw', 'request-headers.json', 'receipt'] as const) {
        assert.doesNotMatch((await folder.read(name)).toString('latin1'), /canary/, name);
      }
      assert.doesNotMatch(JSON.stringify(folder.record), /canary/);
      assert.match((await folder.read('request-headers.json')).toString(), /"AS2-From",\s+"ALPHA"/);
    });
  });

  it('takes a message without a Message-ID, and names none in the receipt', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const message = withHeaders(await composeWire(alpha, beta), { 'Message-ID': undefined });
      for (const expected of [1, 2]) {
        const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
        assert.equal(receipt.originalMessageId, undefined);
        assert.equal(station.messages.length, expected);
      }
    });
  });

  describe('refuses with an error receipt in a 200 (HTTP-10, MIC-12), signed as asked (REQ-08), and the flow sees nothing', () => {
    interface Case {
      readonly title: string;
      readonly code: As2ErrorCode;
      readonly disposition: string;
      readonly make: (o: { alpha: Party; beta: Party; mallory: Party }) => Promise<WireMessage>;
      readonly partner?: PartnerChanges;
      /** Whether the content could be read, so that the receipt has a MIC (MIC-12). */
      readonly mic?: boolean;
      readonly says?: RegExp;
    }
    const compose =
      (
        options: WireOptions,
        change: (message: WireMessage) => WireMessage = (message) => message,
      ): Case['make'] =>
      async ({ alpha, beta }) =>
        change(await composeWire(alpha, beta, options));
    const flipped = (from: number) => (message: WireMessage) => {
      const body = Buffer.from(message.body);
      const at = from < 0 ? body.length + from : from;
      body[at] = (body[at] ?? 0) ^ 1;
      return { ...message, body };
    };
    const cases: readonly Case[] = [
      {
        title: 'DSP-04: encrypted for somebody else',
        code: 'decryption-no-key',
        disposition: 'processed/error: decryption-failed',
        make: async ({ alpha, beta, mallory }) =>
          composeWire(alpha, beta, {
            encrypt: { recipients: [mallory.keyPair.certificate], cipher: 'aes-256-cbc' },
          }),
        says: /Mallory/,
      },
      {
        title: 'SEC-03: ciphertext that was tampered with',
        code: 'decryption-failed',
        disposition: 'processed/error: decryption-failed',
        make: compose({}, flipped(-1)),
      },
      {
        title: 'a ciphertext that was cut off',
        code: 'decryption-failed',
        disposition: 'processed/error: decryption-failed',
        make: compose({}, (message) => ({ ...message, body: message.body.subarray(0, -200) })),
      },
      {
        title: 'DSP-06: signed content that was tampered with',
        code: 'signature-content-altered',
        disposition: 'processed/error: integrity-check-failed',
        make: compose({ protection: 'signed' }, (message) =>
          flipped(message.body.indexOf('UNA') + 3)(message),
        ),
        partner: { requires: { requireSigned: true } },
        mic: true,
      },
      {
        title: 'a signed message that was cut off',
        code: 'mime-multipart-truncated',
        disposition: 'processed/error: unexpected-processing-error',
        make: compose({ protection: 'signed' }, (message) => ({
          ...message,
          body: message.body.subarray(0, -60),
        })),
        partner: { requires: { requireSigned: true } },
      },
      {
        title: 'DSP-05, SEC-01: signed by somebody else who uses the partner’s name',
        code: 'signature-signer-unknown',
        disposition: 'processed/error: authentication-failed',
        make: async ({ alpha, beta, mallory }) =>
          composeWire(alpha, beta, { sign: { keyPair: mallory.keyPair, digest: 'sha-256' } }),
        mic: true,
        says: /Mallory.*Alpha/s,
      },
      {
        title: 'DSP-08: not signed, although agreed',
        code: 'message-not-signed',
        disposition: 'processed/error: insufficient-message-security',
        make: compose({ protection: 'encrypted' }),
        mic: true,
      },
      {
        title: 'DSP-08: not encrypted, although agreed',
        code: 'message-not-encrypted',
        disposition: 'processed/error: insufficient-message-security',
        make: compose({ protection: 'signed' }),
        mic: true,
      },
      {
        title: 'DSP-08: neither signed nor encrypted',
        code: 'message-not-signed',
        disposition: 'processed/error: insufficient-message-security',
        make: compose({ protection: 'none' }),
        mic: true,
      },
      {
        title: 'REQ-07: a receipt with digests nobody has',
        code: 'mic-algorithms-unsupported',
        disposition: 'failed/failure: unsupported MIC-algorithms',
        make: compose({}, (message) =>
          withHeaders(message, {
            'Disposition-Notification-Options':
              'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, whirlpool',
          }),
        ),
      },
    ];
    for (const { title, code, disposition, make, partner, mic, says } of cases) {
      it(`${title}: ${code}`, async () => {
        const mallory: Party = { as2Name: 'ALPHA', keyPair: await testKeyPair('Mallory') };
        await receiving({ partner: partner ?? {} }, async ({ alpha, beta, post, station }) => {
          const answer = await post(await make({ alpha, beta, mallory }));
          // HTTP-10: what is wrong with the message is not wrong with HTTP.
          assert.equal(answer.status, 200);
          const receipt = await receiptIn(answer, beta.keyPair.certificate);
          assert.equal(receipt.dispositionText, MODES + disposition);
          assert.equal(receipt.signature?.status, 'verified');
          assert.equal(receipt.mic !== undefined, mic ?? false, 'MIC');
          assertSaysLittle(receipt);

          const event = await station.event('message-rejected');
          assert.equal(event.error?.code, code, event.error?.message);
          assert.equal(event.disposition, receipt.dispositionText);
          if (says) assert.match(event.error?.message ?? '', says);
          await station.event('receipt-sent');
          assert.equal(station.messages.length, 0);
          const [refused] = await station.spool.list({ direction: 'in', limit: 10 });
          assert.equal(refused?.claimed, false);
          const folder = await station.spool.get(refused.id);
          for (const name of ['receipt', 'request-headers.json', 'request.raw', 'payload'] as const) {
            assert.equal(await folder?.has(name), name !== 'payload', `${name}: evidence, without plaintext`);
          }
          assert.deepEqual(await readdir(station.spool.spill.directory), []);
        });
      });
    }

    it('SEC-03: every way to fail to decrypt looks the same to the partner', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        const texts = new Set<string>();
        // In the last block, in the one before it, in the encrypted key (whose place shifts a little with the names).
        for (const at of [-1, -20, 300]) {
          const message = withHeaders(await composeWire(alpha, beta), {
            'Message-ID': '<same@x>',
            Date: 'x',
          });
          const answer = await post(flipped(at)(message));
          const receipt = await receiptIn(answer, beta.keyPair.certificate);
          texts.add(JSON.stringify([receipt.dispositionText, receipt.text, receipt.mic]));
        }
        assert.equal(texts.size, 1, [...texts].join('\n'));
        assert.equal(station.messages.length, 0);
      });
    });

    it('without a receipt, when none was asked for', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        const answer = await post(await composeWire(alpha, beta, { receipt: 'none', protection: 'none' }));
        assert.deepEqual([answer.status, answer.body.length], [200, 0]);
        assert.equal((await station.event('message-rejected')).error?.code, 'message-not-signed');
      });
    });

    it('unsigned, when an unsigned one was asked for', async () => {
      await receiving({}, async ({ alpha, beta, post }) => {
        const answer = await post(
          await composeWire(alpha, beta, { receipt: { signed: false }, protection: 'none' }),
        );
        const receipt = await receiptIn(answer, beta.keyPair.certificate);
        assert.equal(receipt.signed, false);
        assert.equal(receipt.dispositionText, `${MODES}processed/error: insufficient-message-security`);
      });
    });
  });

  describe('stations nobody knows (HDR-12)', () => {
    it('get an unsigned receipt, and our user both names', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta);
        for (const [header, value] of [
          ['AS2-From', 'alpha'],
          ['AS2-To', 'GAMMA'],
        ] as const) {
          const answer = await post(withHeaders(message, { [header]: value }));
          assert.equal(answer.status, 200);
          const receipt = await receiptIn(answer);
          assert.equal(receipt.signed, false);
          assert.equal(receipt.dispositionText, `${MODES}processed/error: unknown-trading-relationship`);
          assert.equal(answer.headers.get(header === 'AS2-From' ? 'AS2-To' : 'AS2-From'), value);
          const { error } = await station.event('request-refused');
          assert.equal(error?.code, 'stations-unknown');
          assert.ok(error?.message.includes(`"${value}"`));
        }
        await assertNothingStored(station);
      });
    });

    it('get 403 when they ask for no receipt, or for one at an address, or when so configured', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        const gamma = { 'AS2-From': 'GAMMA' };
        const none = withHeaders(await composeWire(alpha, beta, { receipt: 'none' }), gamma);
        assert.equal((await post(none)).status, 403);
        const receipt = { signed: true, deliveryUrl: 'http://127.0.0.1:9/' };
        const asynchronous = withHeaders(await composeWire(alpha, beta, { receipt }), gamma);
        assert.equal((await post(asynchronous)).status, 403);
        await assertNothingStored(station);
      });
      await receiving({ unknownStations: 'forbidden' }, async ({ alpha, beta, post }) => {
        const answer = await post(withHeaders(await composeWire(alpha, beta), { 'AS2-From': 'GAMMA' }));
        assert.equal(answer.status, 403);
        assert.match(answer.body.toString(), /No exchange is agreed/);
      });
    });
  });

  describe('requests that are no messages', () => {
    it('HTTP-01, HDR-06: other methods, missing and bad names', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        const got = await fetch(station.url);
        assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
        assert.equal((await station.event('request-refused')).from, undefined);
        const message = await composeWire(alpha, beta);
        for (const [changes, code] of [
          [{ 'AS2-To': undefined }, 'as2-header-missing'],
          [{ 'AS2-From': undefined }, 'as2-header-missing'],
          [{ 'AS2-From': 'x'.repeat(300) }, 'as2-name-malformed'],
        ] as const) {
          const answer = await post(withHeaders(message, changes));
          assert.equal(answer.status, 400);
          assert.equal(answer.headers.get('Content-Type'), 'text/plain; charset=utf-8');
          assert.equal((await station.event('request-refused')).error?.code, code);
        }
        await assertNothingStored(station);
      });
    });

    it('HTTP-09: larger than the limit: 413 and an event with the limit', async () => {
      await receiving({ maxMessageBytes: 1000 }, async ({ alpha, beta, post, station }) => {
        const answer = await post(await composeWire(alpha, beta));
        assert.equal(answer.status, 413);
        const { error } = await station.event('request-refused');
        assert.equal(error?.code, 'request-too-large');
        assert.equal(error?.facts.limitBytes, 1000);
        await assertNothingStored(station);
      });
    });

    it('HTTP-03: cut off in the body: nothing is processed, and the repeat is taken', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta, { payload: Buffer.alloc(200_000) });
        const socket = connect(Number(new URL(station.url).port), '127.0.0.1');
        const head = [...message.headers.entries(), ['Content-Length', String(message.body.length)]];
        socket.write(
          `POST /as2 HTTP/1.1\r\nHost: x\r\n${head.map((field) => field.join(': ')).join('\r\n')}\r\n\r\n`,
        );
        socket.write(message.body.subarray(0, 150_000), () => setTimeout(() => socket.destroy(), 20));
        const { error, partner } = await station.event('request-refused');
        assert.equal(error?.code, 'request-cut-off');
        assert.equal(partner, 'alpha');
        await assertNothingStored(station);
        const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
        assert.equal(receipt.dispositionText, `${MODES}processed`);
        assert.equal(station.messages.length, 1);
      });
    });

    it('HTTP-19: a sender that stands still gets 408', async () => {
      await receiving({ idleTimeoutMs: 60 }, async ({ station }) => {
        const socket = connect(Number(new URL(station.url).port), '127.0.0.1');
        socket.setTimeout(40_000, () => socket.end());
        socket.write(
          'POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: ALPHA\r\nAS2-To: "Beta Corp"\r\nContent-Length: 9\r\n\r\nx',
        );
        assert.match(await text(socket), /^HTTP\/1\.1 408 /);
        assert.equal((await station.event('request-refused')).error?.code, 'request-timeout');
      });
    });

    it('RCV-02: a receipt nobody waits for gets 200, and changes nothing', async () => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        for (const signed of [false, true]) {
          const first = await post(await composeWire(alpha, beta, { receipt: { signed } }));
          await station.event('receipt-sent');
          const headers = Headers.fromPairs(
            first.headers
              .entries()
              .filter(
                ([name]) => !/^(AS2-From|AS2-To|Date|Connection|Keep-Alive|Content-Length)$/i.test(name),
              ),
          );
          const receipt = withHeaders(
            { headers, body: first.body },
            { 'AS2-From': 'ALPHA', 'AS2-To': '"Beta Corp"' },
          );
          const answer = await post(receipt);
          assert.deepEqual([answer.status, answer.body.length], [200, 0]);
          const event = await station.event('receipt-unexpected');
          assert.equal(event.error?.code, 'receipt-unexpected');
        }
        assert.equal(station.messages.length, 2, 'only the messages');
        assert.deepEqual(await readdir(station.spool.spill.directory), []);
      });
    });

    it('our own station not in order: 503, no receipt', async () => {
      const directory: StationOptions['directory'] = {
        find() {
          throw new As2Error('identity-key-missing', { identity: 'Beta' });
        },
      };
      await receiving({ directory }, async ({ alpha, beta, post, station }) => {
        const answer = await post(await composeWire(alpha, beta));
        assert.equal(answer.status, 503);
        assert.equal(answer.headers.get('Retry-After'), '60');
        const event = await station.event('request-refused');
        assert.equal(event.error?.code, 'identity-key-missing');
        assert.equal(event.from, 'ALPHA');
      });
    });
  });
});

/** SEC-03, SEC-13: the partner learns neither keys nor causes nor paths. */
function assertSaysLittle({ text: words, disposition }: Receipt): void {
  assert.doesNotMatch(
    `${words} ${formatDisposition(disposition)}`,
    /CN=|openssl|padding|serial|\/tmp|Mallory/i,
  );
}

async function assertNothingStored({ spool }: Station): Promise<void> {
  assert.deepEqual(await readdir(spool.spill.directory), []);
  assert.deepEqual(await spool.list({ limit: 10 }), []);
}
