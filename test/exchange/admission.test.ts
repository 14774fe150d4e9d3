import assert from 'node:assert/strict';
import type { InboundSettings, ReceiveOptions } from '../../src/exchange';
import { alphaAndBeta, relationshipOf } from '../partner/parties';
import { type Station, withStation } from '../partner/station';
import { composeWire, postWire, type WireAnswer, withHeaders } from '../partner/wire-message';
import { testKeyPair } from '../support/keys';
import { SimulatedClock } from '../support/simulated-clock';

type Fields = Readonly<Record<string, string>>;

interface Door {
  readonly station: Station;
  /** A message of Alpha with these header fields beside its own, from this address of this machine. */
  post(fields?: Fields, localAddress?: string): Promise<WireAnswer>;
}

async function withDoor(
  options: Partial<ReceiveOptions> & { readonly inbound?: InboundSettings },
  work: (door: Door) => Promise<void>,
): Promise<void> {
  const { inbound, ...rest } = options;
  const { alpha, beta } = await alphaAndBeta();
  const relationships = [relationshipOf(beta, alpha, inbound ? { inbound } : {})];
  await withStation({ relationships, ...rest }, async (station) => {
    await work({
      station,
      async post(fields = {}, localAddress = '127.0.0.1') {
        const message = withHeaders(await composeWire(alpha, beta), fields);
        return postWire(station.url, { ...message, localAddress });
      },
    });
  });
}

/** Nothing was read, nothing was stored, nobody was told anything but the event. */
async function assertUntouched({ messages, spool, events }: Station, code: string): Promise<void> {
  assert.equal(messages.length, 0);
  assert.deepEqual(await spool.list({ limit: 10 }), []);
  assert.deepEqual([events.at(-1)?.type, events.at(-1)?.error?.code], ['request-refused', code]);
}

function basic(username: string, password: string, encoding: BufferEncoding = 'utf8'): Fields {
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`, encoding).toString('base64')}` };
}

const LOCAL = { trustedProxies: { addresses: ['127.0.0.1'] } };
const BY_TLS = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '192.0.2.7' };
const credentials = { username: 'älpha', password: 'pass:wörd' };

describe('exchange: who may come in', () => {
  for (const [where, settings] of [
    ['everybody', { access: { credentials } }],
    ['a partner', { inbound: { credentials } }],
  ] as const) {
    describe(`TLS-06: user name and password asked of ${where}`, () => {
      it('the right ones come in, in UTF-8 and as old products write them', async () => {
        await withDoor({ ...LOCAL, ...settings }, async ({ post, station }) => {
          for (const encoding of ['utf8', 'latin1'] as const) {
            const fields = { ...BY_TLS, ...basic('älpha', 'pass:wörd', encoding) };
            assert.equal((await post(fields)).status, 200);
          }
          assert.equal(station.messages.length, 2);
        });
      });

      const wrong: readonly (readonly [string, Fields, string])[] = [
        ['none', {}, 'request-login-missing'],
        ['a wrong password', basic('älpha', 'password'), 'request-login-wrong'],
        ['a wrong name', basic('alpha', 'pass:wörd'), 'request-login-wrong'],
        ['the beginning of the password', basic('älpha', 'pass:wör'), 'request-login-wrong'],
        ['a token', { Authorization: 'Bearer pass:wörd'.replace('ö', 'o') }, 'request-login-wrong'],
      ];
      for (const [what, fields, code] of wrong) {
        it(`${what}: 401 with a challenge, and nothing is read`, async () => {
          await withDoor({ ...LOCAL, ...settings }, async ({ post, station }) => {
            const { status, headers } = await post({ ...BY_TLS, ...fields });
            assert.equal(status, 401);
            assert.match(headers.get('WWW-Authenticate') ?? '', /^Basic realm="as2"/);
            assert.equal(headers.get('Connection'), 'close');
            await assertUntouched(station, code);
            assert.doesNotMatch(JSON.stringify(station.events), /pass:w|cGFzczp3/, 'SEC-13');
          });
        });
      }

      it('the right ones without TLS are not looked at', async () => {
        await withDoor({ ...LOCAL, ...settings }, async ({ post, station }) => {
          assert.equal((await post(basic('älpha', 'pass:wörd'))).status, 403);
          await assertUntouched(station, 'request-login-needs-tls');
        });
      });

      it('after many wrong ones also the right ones of that address have to wait', async () => {
        const clock = new SimulatedClock();
        await withDoor({ ...LOCAL, ...settings, clock }, async ({ post }) => {
          for (let count = 0; count < 30; count++) {
            assert.equal((await post({ ...BY_TLS, ...basic('älpha', String(count)) })).status, 401);
          }
          const right = basic('älpha', 'pass:wörd');
          const refused = await post({ ...BY_TLS, ...right });
          assert.equal(refused.status, 429);
          const seconds = Number(refused.headers.get('Retry-After'));
          assert.ok(seconds > 0 && seconds <= 60);
          assert.equal((await post({ ...BY_TLS, ...right, 'X-Forwarded-For': '192.0.2.8' })).status, 200);
          await clock.pass(seconds * 1000);
          assert.equal((await post({ ...BY_TLS, ...right })).status, 200);
        });
      });
    });

    it(`addresses of ${where}: others get 403, and nothing is read`, async () => {
      const addresses = ['127.0.0.8/30', '::1', '2001:db8::/32'];
      const named = 'access' in settings ? { access: { addresses } } : { inbound: { addresses } };
      await withDoor(named, async ({ post, station }) => {
        assert.equal((await post({}, '127.0.0.1')).status, 403);
        await assertUntouched(station, 'request-address-refused');
        assert.equal((await post({ 'X-Forwarded-For': '127.0.0.9' }, '127.0.0.1')).status, 403);
        assert.equal((await post({}, '127.0.0.9')).status, 200);
      });
    });
  }

  it('a header that nobody asked for changes nothing', async () => {
    await withDoor({}, async ({ post }) => assert.equal((await post(basic('some', 'body'))).status, 200));
  });

  describe('behind a reverse proxy', () => {
    const addresses = ['192.0.2.0/24', '2001:db8::/32'];
    const inbound: InboundSettings = { addresses };
    const allowed: readonly (readonly [string, Fields, boolean])[] = [
      ['its X-Forwarded-For', { 'X-Forwarded-For': '192.0.2.7' }, true],
      ['one with a port', { 'X-Forwarded-For': '192.0.2.7:4711' }, true],
      ['what it added to that of the sender', { 'X-Forwarded-For': '203.0.113.5, 192.0.2.7' }, true],
      ['what a sender claims before it', { 'X-Forwarded-For': '192.0.2.7, 203.0.113.5' }, false],
      ['several of our proxies', { 'X-Forwarded-For': '203.0.113.5, 192.0.2.7, 127.0.0.1' }, true],
      ['its Forwarded', { Forwarded: 'for=203.0.113.5, for="[2001:db8::5]:4711";proto=https' }, true],
      [
        'what a sender claims before it, in Forwarded',
        { Forwarded: 'for=192.0.2.7, for=203.0.113.5' },
        false,
      ],
      ['a word', { 'X-Forwarded-For': 'unknown' }, false],
      ['nothing', {}, false],
    ];
    for (const [what, fields, isAllowed] of allowed) {
      it(`${what}: the sender ${isAllowed ? 'counts as known' : 'does not count as known'}`, async () => {
        await withDoor({ ...LOCAL, inbound }, async ({ post }) => {
          assert.equal((await post(fields)).status, isAllowed ? 200 : 403);
        });
      });
    }

    it('two fields that say different things: refused', async () => {
      await withDoor({ ...LOCAL, inbound }, async ({ post, station }) => {
        const fields = { 'X-Forwarded-For': '203.0.113.5', Forwarded: 'for=192.0.2.7' };
        assert.equal((await post(fields)).status, 400);
        await assertUntouched(station, 'request-head-malformed');
      });
    });

    it('TLS-05: what somebody else says than the proxy counts for nothing', async () => {
      const sender = await testKeyPair('sender');
      const trustedProxies = { addresses: ['127.0.0.9'], certificateHeader: 'X-Client-Cert' };
      const settings = { trustedProxies, inbound: { addresses, clientCertificates: [sender.certificate] } };
      const fields = {
        'X-Forwarded-For': '192.0.2.7',
        'X-Client-Cert': encodeURIComponent(sender.certificatePem),
      };
      await withDoor(settings, async ({ post }) => {
        assert.equal((await post(fields, '127.0.0.1')).status, 403);
        assert.equal((await post(fields, '127.0.0.9')).status, 200);
      });
    });

    it('the address in events and records is that of the sender', async () => {
      await withDoor(LOCAL, async ({ post, station }) => {
        await post({ 'X-Forwarded-For': '192.0.2.7' });
        const [record] = await station.spool.list<{ remoteAddress: string }>({ limit: 1 });
        assert.equal(record?.facts.remoteAddress, '192.0.2.7');
      });
    });

    describe('TLS-05: the certificate of the sender', () => {
      const trustedProxies = { addresses: ['127.0.0.1'], certificateHeader: 'X-Client-Cert' };

      async function statusWith(
        value: (pem: string, der: Buffer) => Fields,
        name = 'sender',
      ): Promise<number> {
        const expected = await testKeyPair('sender');
        const { certificatePem, certificate } = await testKeyPair(name);
        let status = 0;
        const inboundSettings = { clientCertificates: [expected.certificate] };
        await withDoor({ trustedProxies, inbound: inboundSettings }, async ({ post }) => {
          ({ status } = await post(value(certificatePem, certificate.der)));
        });
        return status;
      }

      it('in the form of nginx, of RFC 9440, and as bare base64', async () => {
        assert.equal(await statusWith((pem) => ({ 'X-Client-Cert': encodeURIComponent(pem) })), 200);
        const base64 = (der: Buffer): string => der.toString('base64');
        assert.equal(await statusWith((_pem, der) => ({ 'X-Client-Cert': `:${base64(der)}:` })), 200);
        assert.equal(await statusWith((_pem, der) => ({ 'X-Client-Cert': base64(der) })), 200);
      });

      it('another one, none, one in another field: 403; rubbish: 400', async () => {
        const asNginx = (pem: string): Fields => ({ 'X-Client-Cert': encodeURIComponent(pem) });
        assert.equal(await statusWith(asNginx, 'another sender'), 403);
        assert.equal(await statusWith(() => ({})), 403);
        assert.equal(await statusWith(() => ({ 'X-Client-Cert': '' })), 403);
        assert.equal(await statusWith((pem) => ({ 'Client-Cert': encodeURIComponent(pem) })), 403);
        assert.equal(await statusWith(() => ({ 'X-Client-Cert': 'rubbish%' })), 400);
      });
    });
  });

  describe('SEC-11: a partner', () => {
    it('that sends more than it may: 429 with Retry-After, until a minute is over', async () => {
      // The minute of the clock turns between the first two.
      const clock = new SimulatedClock(Date.parse('2026-03-03T10:15:59Z'));
      await withDoor({ inbound: { messagesPerMinute: 2 }, clock }, async ({ post, station }) => {
        assert.equal((await post()).status, 200);
        await clock.pass(2_000);
        assert.equal((await post()).status, 200);
        const { status, headers } = await post();
        assert.equal(status, 429);
        const seconds = Number(headers.get('Retry-After'));
        assert.ok(seconds > 0 && seconds <= 60);
        assert.equal(station.messages.length, 2);
        await clock.pass(seconds * 1000);
        assert.equal((await post()).status, 200);
      });
    });

    it('that sends larger messages than it may: 413', async () => {
      await withDoor({ inbound: { maxMessageBytes: 500 } }, async ({ post, station }) => {
        assert.equal((await post()).status, 413);
        await assertUntouched(station, 'request-too-large');
      });
    });
  });

  it('an address range that is none is not overlooked', async () => {
    for (const range of ['192.0.2.0/33', '192.0.2', 'example.com', '192.0.2.1-9', '::/129', '']) {
      await assert.rejects(
        withDoor({ access: { addresses: [range] } }, async () => undefined),
        { code: 'address-range-invalid' },
        range,
      );
    }
  });
});
