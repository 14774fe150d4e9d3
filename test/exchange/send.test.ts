import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processedError, processedWarning } from '../../src/as2';
import { bufferSource, fileSource } from '../../src/bytes';
import type { As2ErrorCode } from '../../src/errors';
import type { SendOptions, SendOutcome } from '../../src/exchange';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from '../partner/parties';
import { type Sender, withSender } from '../partner/sender';
import {
  type Answer,
  type Script,
  type TradingPartner,
  withTradingPartner,
} from '../partner/trading-partner';
import { withHttpServer } from '../partner/servers';
import { testKeyPair } from '../support/keys';
import { withTempDirectory } from '../support/temp';

describe('exchange: sending', () => {
  it('asks for nothing but what is configured, and names itself', async () => {
    await sending({}, undefined, async ({ send, partner }) => {
      await send();
      const [message] = partner.arrived;
      assert.ok(message);
      assert.equal(message.request.receipt?.deliveryUrl, undefined);
      assert.deepEqual(message.request.receipt?.micalg?.values, ['sha-256']);
      assert.match(message.request.userAgent ?? '', /^node-red-contrib-as2\/\d/);
      assert.match(message.request.messageId ?? '', /^<[0-9a-f-]{36}\.as2@alpha\.example>$/);
      assert.equal(message.request.toField, '"Beta Corp"');
      assert.equal(message.headers.get('Content-Length'), String(message.body.length));
      assert.equal(message.headers.has('Transfer-Encoding'), false);
    });
  });

  it('takes a warning for a success', async () => {
    const script: Script = (arrived, partner) =>
      partner.receipt(arrived, { disposition: processedWarning('duplicate-document') });
    await sending({}, script, async ({ send }) => {
      const outcome = await send();
      assert.equal(outcome.error, undefined);
      assert.match(outcome.receipt?.disposition ?? '', /processed\/warning: duplicate-document/);
    });
  });

  it('HTTP-20: a receipt nobody asked for changes nothing', async () => {
    const script: Script = (arrived, partner) =>
      partner.receipt(arrived, { disposition: processedError('unexpected-processing-error') });
    await sending({ sending: { receipt: 'none' } }, script, async ({ send, sender }) => {
      const outcome = await send();
      assert.equal(outcome.ok, true);
      assert.equal(outcome.receipt, undefined);
      assert.ok(sender.events.some(({ type }) => type === 'receipt-unexpected'));
    });
  });

  it('of several addresses takes the first one with which there is a connection', async () => {
    const none = await unusedUrl();
    await sending({}, undefined, async ({ sender, partner }) => {
      const { alpha, beta } = await alphaAndBeta();
      const to = (url: string, urls: readonly string[]) =>
        sender.send(relationshipOf(alpha, beta, { url, urls }));
      assert.equal((await to(none, [none, partner.url])).ok, true);
      assert.equal((await to(partner.url, [none])).ok, true);
      assert.equal(partner.arrived.length, 2);
      assertFailure(await to(none, [none]), 'http-connection-refused');
    });
  });

  it('of several addresses takes no other one when the first has answered, or broke in the middle', async () => {
    for (const [script, code] of [
      [() => ({ status: 500, headers: [], body: '' }), 'http-server-error'],
      [() => 'reset', 'http-connection-lost'],
    ] satisfies [Script, As2ErrorCode][]) {
      await sending({}, script, async ({ sender, partner }) => {
        const { alpha, beta } = await alphaAndBeta();
        const changes = { url: partner.url, urls: [`${partner.url}/other`] };
        assertFailure(await sender.send(relationshipOf(alpha, beta, changes)), code);
        assert.equal(partner.arrived.length, 1);
      });
    }
  });

  it('takes any success of HTTP when no receipt was asked for', async () => {
    for (const status of [200, 202, 204]) {
      const script: Script = () => ({ status, headers: [], body: status === 204 ? '' : '<html>ok</html>' });
      await sending({ sending: { receipt: 'none' } }, script, async ({ send }) => {
        const outcome = await send();
        assert.equal(outcome.ok, true);
        assert.equal(outcome.httpStatus, status);
      });
    }
  });

  describe('configuration with which nothing can be sent', () => {
    const cases: readonly (readonly [string, PartnerChanges, As2ErrorCode])[] = [
      ['no URL', { url: undefined }, 'partner-url-missing'],
      ['a URL that is none', { url: 'beta.example/as2' }, 'http-url-invalid'],
      ['no key to sign with', { identity: { keyPairs: [] } }, 'identity-keys-missing'],
      [
        'no certificate to encrypt for',
        { encryptionCertificate: undefined, signingCertificates: [] },
        'partner-certificate-missing',
      ],
      ['no certificate to check receipts with', { signingCertificates: [] }, 'partner-certificate-missing'],
    ];
    for (const [title, changes, code] of cases) {
      it(`${title}: ${code}`, async () => {
        await sending(changes, undefined, async ({ send, partner, sender }) => {
          const outcome = await send();
          assertFailure(outcome, code);
          assert.equal(partner.arrived.length, 0);
          assert.equal(outcome.exchangeId, undefined);
          assert.deepEqual(await readdir(sender.spool.spill.directory), []);
        });
      });
    }

    it('certificates outside their validity, ours and the partner’s, with the dates', async () => {
      const past = { notBefore: new Date(Date.now() - 20 * DAY_MS), validDays: 5 };
      const future = { notBefore: new Date(Date.now() + 20 * DAY_MS) };
      const [expired, early] = [await testKeyPair('Expired', past), await testKeyPair('Early', future)];
      const cases: readonly (readonly [PartnerChanges, As2ErrorCode])[] = [
        [{ encryptionCertificate: expired.certificate }, 'certificate-expired'],
        [{ encryptionCertificate: early.certificate }, 'certificate-not-yet-valid'],
        [{ identity: { keyPairs: [expired] } }, 'certificate-expired'],
        [{ identity: { keyPairs: [early] } }, 'certificate-not-yet-valid'],
      ];
      for (const [changes, code] of cases) {
        await sending(changes, undefined, async ({ send, partner }) => {
          assertFailure(await send(), code);
          assert.equal(partner.arrived.length, 0);
        });
      }
    });

    it('an AS2 name that is none', async () => {
      await sending({ as2Name: 'Bêta' }, undefined, async ({ send }) => {
        assertFailure(await send(), 'as2-name-invalid');
      });
    });
  });

  describe('payloads', () => {
    it('one that cannot be read: nothing is sent, nothing is left', async () => {
      await sending({}, undefined, async ({ send, partner, sender }) => {
        const content = {
          async *open() {
            yield Buffer.alloc(100_000);
            throw new Error('EIO: i/o error, read');
          },
        };
        const outcome = await send({ payload: { content, contentType: 'text/plain' } });
        assertFailure(outcome, 'payload-unreadable');
        assert.match(outcome.error?.message ?? '', /i\/o error/);
        assert.equal(partner.arrived.length, 0);
        assert.deepEqual(await readdir(sender.spool.spill.directory), []);
      });
    });

    it('a file that grows, shrinks or goes while it is read', async () => {
      await withTempDirectory(async (directory) => {
        const path = join(directory, 'file');
        for (const [now, code] of [
          [Buffer.alloc(1000), 'payload-length-changed'],
          [undefined, 'payload-unreadable'],
        ] as const) {
          await writeFile(path, Buffer.alloc(5000));
          const content = await fileSource(path);
          const later = {
            ...content,
            async *open() {
              await (now ? writeFile(path, now) : rm(path));
              yield* content.open();
            },
          };
          await sending({}, undefined, async ({ send, partner }) => {
            assertFailure(await send({ payload: { content: later, contentType: 'text/plain' } }), code);
            assert.equal(partner.arrived.length, 0);
          });
        }
      });
    });

    it('of unknown length and of none at all', async () => {
      await sending({}, undefined, async ({ send, partner }) => {
        const source = bufferSource(Buffer.alloc(200_000, 'x'));
        for (const content of [{ open: () => source.open() }, bufferSource(Buffer.alloc(0))]) {
          const outcome = await send({ payload: { content, contentType: 'text/plain' } });
          assert.equal(outcome.error, undefined);
        }
        assert.equal(partner.arrived.length, 2);
        // HTTP-03: the length is always stated, because the request lies on the disk before it is sent.
        assert.ok(
          partner.arrived.every(({ headers, body }) => headers.get('Content-Length') === String(body.length)),
        );
      });
    });

    it('REL-02: a Message-ID that was used before is refused, a malformed one too', async () => {
      await sending({}, undefined, async ({ send, partner }) => {
        const messageId = '<order-4711@alpha.example>';
        assert.equal((await send({ messageId })).error, undefined);
        assertFailure(await send({ messageId }), 'message-id-taken');
        assertFailure(await send({ messageId: 'order 4711' }), 'message-id-invalid');
        assert.equal(partner.arrived.length, 1);
      });
    });

    it('header injection through what the user sets', async () => {
      await sending({}, undefined, async ({ send, partner }) => {
        const content = bufferSource(Buffer.from('x'));
        const outcome = await send({ payload: { content, contentType: 'text/plain\r\nX-Evil: 1' } });
        assertFailure(outcome, 'header-injection');
        const subject = 'a\r\nX-Evil: 1';
        await send({ subject });
        assert.ok(partner.arrived.every(({ headers }) => !headers.has('X-Evil')));
      });
    });
  });

  describe('answers that are no good receipt', () => {
    const html: Answer = {
      status: 200,
      headers: [['Content-Type', 'text/html']],
      body: '<html><title>Welcome</title></html>',
    };
    const cases: readonly (readonly [string, Script, As2ErrorCode, Partial<Expected>?])[] = [
      ['an HTML page', () => html, 'receipt-missing', { says: /Welcome/ }],
      ['an empty answer', () => ({ ...html, headers: [], body: '' }), 'receipt-missing'],
      [
        'a receipt for another message',
        (arrived, partner) => partner.receipt(arrived, { messageId: '<other@x>' }),
        'receipt-other-message',
        { signed: true },
      ],
      [
        'a wrong MIC',
        (arrived, partner) =>
          partner.receipt(arrived, {
            mic: { value: Buffer.alloc(32).toString('base64'), algorithm: 'sha-256' },
          }),
        'receipt-mic-mismatch',
        {
          signed: true,
          micMatches: false,
          disposition: 'automatic-action/MDN-sent-automatically; processed',
        },
      ],
      [
        'no MIC',
        (arrived, partner) => partner.receipt(arrived, { mic: 'none' }),
        'receipt-mic-missing',
        { signed: true },
      ],
      [
        'a rejection',
        (arrived, partner) =>
          partner.receipt(arrived, { disposition: processedError('decryption-failed'), text: 'wrong key' }),
        'receipt-negative',
        { signed: true, says: /decryption-failed.*wrong key/s },
      ],
      [
        'no signature',
        (arrived, partner) => partner.receipt(arrived, { signer: 'nobody' }),
        'receipt-unsigned',
        { signed: false },
      ],
      [
        'a receipt that was changed',
        async (arrived, partner) => {
          const answer = await partner.receipt(arrived);
          return { ...answer, body: String(answer.body).replace('Thank you.', 'Thank you!') };
        },
        'receipt-altered',
        { signed: false },
      ],
      [
        'a receipt in a refusal of HTTP',
        async (arrived, partner) => ({
          ...(await partner.receipt(arrived, {
            signer: 'nobody',
            disposition: processedError('authentication-failed'),
          })),
          status: 500,
        }),
        'http-server-error',
        { disposition: 'automatic-action/MDN-sent-automatically; processed/error: authentication-failed' },
      ],
      ['404', () => ({ status: 404, headers: [], body: '' }), 'http-not-found'],
      [
        '401',
        () => ({ status: 401, headers: [['WWW-Authenticate', 'Basic']], body: '' }),
        'http-unauthorized',
      ],
      [
        'a redirect',
        () => ({ status: 307, headers: [['Location', 'http://elsewhere/']], body: '' }),
        'http-redirected',
      ],
      ['a broken connection', () => 'reset', 'http-connection-lost'],
    ];
    for (const [title, script, code, expected = {}] of cases) {
      it(`${title}: ${code}`, async () => {
        await sending({}, script, async ({ send, partner, sender }) => {
          const outcome = await send();
          assertFailure(outcome, code);
          assert.equal(partner.arrived.length, 1, 'one attempt');
          if (expected.says) assert.match(outcome.error?.message ?? '', expected.says);
          if (expected.signed !== undefined) assert.equal(outcome.receipt?.signed, expected.signed);
          if (expected.micMatches !== undefined)
            assert.equal(outcome.receipt?.micMatches, expected.micMatches);
          if (expected.disposition) assert.equal(outcome.receipt?.disposition, expected.disposition);
          assert.ok(outcome.mic && outcome.sizeBytes && outcome.exchangeId);
          const key = { from: 'ALPHA', to: 'Beta Corp', messageId: outcome.messageId.slice(1, -1) };
          const record = (await sender.spool.find<{ error?: { code: string } }>('out', key))?.record;
          assert.equal(record?.state, 'failed');
          assert.equal(record?.facts.error?.code, code);
          assert.equal(sender.events.at(-1)?.type, 'send-failed');
          assert.equal(sender.events.at(-1)?.error, outcome.error);
        });
      });
    }

    it('SEC-12: a receipt signed by somebody else', async () => {
      const mallory: Party = { as2Name: 'Beta Corp', keyPair: await testKeyPair('Mallory') };
      const script: Script = (arrived, partner) => partner.receipt(arrived, { signer: mallory });
      await sending({}, script, async ({ send }) => {
        const outcome = await send();
        assertFailure(outcome, 'receipt-signer-unknown');
        assert.equal(outcome.receipt?.signed, false);
        assert.equal(outcome.receipt?.signer, undefined);
      });
    });

    it('RCV-02: an unsigned receipt from another station', async () => {
      const script: Script = (arrived, partner) => partner.receipt(arrived, { from: 'GAMMA' });
      await sending({ sending: { receipt: 'unsigned' } }, script, async ({ send }) => {
        assertFailure(await send(), 'receipt-other-partner');
      });
    });
  });

  it('a host that cannot be reached', async () => {
    await sending({}, undefined, async ({ send, partner }) => {
      const { port } = new URL(partner.url);
      const { alpha, beta } = await alphaAndBeta();
      const nowhere = relationshipOf(alpha, beta, { url: 'http://beta.invalid/as2' });
      assertFailure(await send({ partner: nowhere.partner }), 'http-host-unknown');
      const other = relationshipOf(alpha, beta, { url: `https://127.0.0.1:${port}/as2` });
      assertFailure(await send({ partner: other.partner }), 'tls-failed');
    });
  });

  it('a partner that takes too long', async () => {
    const script: Script = async (arrived, partner) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return partner.receipt(arrived);
    };
    await sending({ connection: { responseTimeoutMs: 60 } }, script, async ({ send }) => {
      assertFailure(await send(), 'http-response-timeout');
    });
  });

  it('can be stopped, before and while it is sent', async () => {
    const script: Script = async (arrived, partner) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return partner.receipt(arrived);
    };
    await sending({}, script, async ({ send, partner }) => {
      assertFailure(await send({ signal: AbortSignal.abort() }), 'send-aborted');
      assert.equal(partner.arrived.length, 0);
      const controller = new AbortController();
      const outcome = send({ signal: controller.signal });
      while (partner.arrived.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      controller.abort();
      assertFailure(await outcome, 'send-aborted');
    });
  });

  it('says when the spool cannot be written, and sends nothing', async () => {
    await sending({}, undefined, async ({ send, partner, sender }) => {
      const { directory } = sender.spool.spill;
      await rm(directory, { recursive: true });
      await writeFile(directory, 'a file where the directory was');
      const content = bufferSource(Buffer.alloc(100_000));
      const outcome = await send({ payload: { content, contentType: 'application/octet-stream' } });
      assertFailure(outcome, 'store-unavailable');
      assert.equal(partner.arrived.length, 0);
    });
  });
});

const DAY_MS = 24 * 3_600_000;

interface Expected {
  readonly says: RegExp;
  readonly signed: boolean;
  readonly micMatches: boolean;
  readonly disposition: string;
}

interface Sending {
  readonly sender: Sender;
  readonly partner: TradingPartner;
  readonly send: (changes?: Partial<SendOptions>) => Promise<SendOutcome>;
}

/** ALPHA sends to a partner that does what the script says. */
async function sending(
  changes: PartnerChanges,
  script: Script | undefined,
  work: (o: Sending) => Promise<void>,
): Promise<void> {
  const { alpha, beta } = await alphaAndBeta();
  await withTradingPartner(beta, alpha, script, async (partner) => {
    await withSender(async (sender) => {
      const relationship = relationshipOf(alpha, beta, { url: partner.url, ...changes });
      await work({ sender, partner, send: (options) => sender.send(relationship, options) });
    });
  });
}

/** Where nobody listens any more. */
function unusedUrl(): Promise<string> {
  return withHttpServer(
    () => undefined,
    async (url) => url,
  );
}

function assertFailure(outcome: SendOutcome, code: As2ErrorCode): void {
  assert.equal(outcome.error?.code, code, outcome.error?.message);
  assert.equal(outcome.ok, false);
  assert.doesNotMatch(outcome.error?.message ?? '', /\{\w+\}|: \?|undefined/, 'a whole sentence');
}
