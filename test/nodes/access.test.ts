import assert from 'node:assert/strict';
import { bufferSource } from '../../src/bytes';
import { type ConnectionSettings, createHttpClient } from '../../src/http';
import { postWire, withHeaders } from '../partner/wire-message';
import { messageOfAlice } from '../support/alice';
import { withBob } from '../support/bob';
import { type ListenerPlan, withBobOnListener } from '../support/bob-on-listener';
import { testKeyPair } from '../support/keys';

type Fields = Readonly<Record<string, string>>;

const LISTENING = { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' } as const;
const login: Fields = { Authorization: `Basic ${Buffer.from('alice:s3cret').toString('base64')}` };

/** What Alice gets at Bob's port, by TLS. */
async function statusOfAlice(
  plan: ListenerPlan,
  connection: ConnectionSettings = {},
): Promise<number | string> {
  const { certificatePem: ca } = await testKeyPair('localhost');
  let status: number | string = 'nothing';
  await withBobOnListener({ tls: true, ...plan }, async ({ flow, url }) => {
    await flow.statusBecomes('in', LISTENING);
    const { headers, body } = await messageOfAlice();
    const client = createHttpClient({ ...connection, tls: { ca, ...connection.tls } });
    try {
      ({ status } = await client.post({ url: `${url}/as2`, headers, body: bufferSource(body) }));
    } catch (error) {
      ({ code: status } = error as { code: string });
    } finally {
      client.close();
    }
    assert.equal(flow.isSilent('received'), status !== 200);
  });
  return status;
}

describe('who may come to an as2-in', () => {
  describe('TLS-06: with the login', () => {
    const credentials = { username: 'alice', password: 's3cret' };
    const logins: readonly (readonly [string, NonNullable<ListenerPlan['credentials']>])[] = [
      ['of the as2-in', { in: { user: 'alice', password: 's3cret' } }],
      ['of the partner', { 'from-alice': { inboundUser: 'alice', inboundPassword: 's3cret' } }],
    ];
    for (const [where, stored] of logins) {
      it(`${where}: 200 with it, 401 with a wrong one and without`, async () => {
        const plan = { credentials: stored };
        assert.equal(await statusOfAlice(plan, { credentials }), 200);
        assert.equal(await statusOfAlice(plan, { credentials: { ...credentials, password: 'secret' } }), 401);
        assert.equal(await statusOfAlice(plan), 401);
      });
    }

    it('behind a proxy that settings.js trusts, on Node-RED’s own server', async () => {
      const settings = { as2: { trustedProxies: ['127.0.0.1'] } };
      const alice = { inboundFrom: '192.0.2.0/24' };
      const fields = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https' };
      await withBob(
        {},
        async (flow) => {
          const message = await messageOfAlice();
          assert.equal((await postWire(`${flow.url}/as2`, withHeaders(message, fields))).status, 200);
          assert.equal((await postWire(`${flow.url}/as2`, message)).status, 403);
        },
        { alice },
        settings,
      );
    });

    it('not over plain HTTP', async () => {
      await withBobOnListener(
        { credentials: { in: { user: 'alice', password: 's3cret' } } },
        async (running) => {
          const { flow, url } = running;
          await flow.statusBecomes('in', LISTENING);
          const answer = await postWire(`${url}/as2`, withHeaders(await messageOfAlice(), login));
          assert.equal(answer.status, 403);
          const { error } = await flow.next('caught');
          assert.equal(error?.code, 'request-login-needs-tls');
        },
      );
    });
  });

  it('from its addresses alone', async () => {
    assert.equal(await statusOfAlice({ as2In: { allowFrom: '192.0.2.0/24, 127.0.0.1' } }), 200);
    assert.equal(await statusOfAlice({ as2In: { allowFrom: '192.0.2.0/24' } }), 403);
    assert.equal(await statusOfAlice({ changes: { alice: { inboundFrom: '192.0.2.0/24' } } }), 403);
  });

  it('as often and as large as its partner’s settings say', async () => {
    await withBobOnListener({ changes: { alice: { inboundRate: '1' } } }, async ({ flow, url }) => {
      await flow.statusBecomes('in', LISTENING);
      assert.equal((await postWire(`${url}/as2`, await messageOfAlice())).status, 200);
      assert.equal((await postWire(`${url}/as2`, await messageOfAlice())).status, 429);
    });
    assert.equal(await statusOfAlice({ changes: { alice: { inboundMaxSize: '0.0001' } } }), 413);
  });

  describe('TLS-05: with the client certificate of its partner', () => {
    async function shown(name: string | undefined, mode: string): Promise<number | string> {
      const expected = await testKeyPair('sender');
      const other = await testKeyPair('another sender');
      const own = name === undefined ? undefined : await testKeyPair(name);
      return statusOfAlice(
        {
          listener: { clientCertificate: mode, clientCa: other.certificatePem },
          changes: { alice: { inboundCertificate: expected.certificatePem } },
        },
        own ? { tls: { options: { key: own.privateKeyPem, cert: own.certificatePem } } } : {},
      );
    }

    it('the right one is let in, where one is required and where it is wanted', async () => {
      assert.equal(await shown('sender', 'required'), 200);
      assert.equal(await shown('sender', 'wanted'), 200);
    });

    it('that of another partner is not', async () => {
      assert.equal(await shown('another sender', 'required'), 403);
      assert.equal(await shown('another sender', 'wanted'), 403);
    });

    it('a foreign one and none have no connection where one is required', async () => {
      assert.match(String(await shown('stranger', 'required')), /^tls-|^http-connection-lost$/);
      assert.match(String(await shown(undefined, 'required')), /^tls-|^http-connection-lost$/);
      assert.equal(await shown(undefined, 'wanted'), 403);
      assert.equal(await shown(undefined, 'off'), 403);
    });

    it('handed on by a proxy of the listener', async () => {
      const { certificatePem } = await testKeyPair('sender');
      const listener = { proxies: '127.0.0.1', proxyCertificate: 'X-Client-Cert' };
      const changes = { alice: { inboundCertificate: certificatePem } };
      await withBobOnListener({ listener, changes }, async ({ flow, url }) => {
        await flow.statusBecomes('in', LISTENING);
        const message = await messageOfAlice();
        const fields = { 'X-Client-Cert': encodeURIComponent(certificatePem) };
        assert.equal((await postWire(`${url}/as2`, message)).status, 403);
        assert.equal((await postWire(`${url}/as2`, withHeaders(message, fields))).status, 200);
      });
    });
  });

  for (const [what, as2In, settings, status] of [
    ['addresses that are none', { allowFrom: 'alice.example' }, {}, 'address range invalid'],
    ['proxies that are no list', {}, { as2: { trustedProxies: '127.0.0.1' } }, 'setting invalid'],
    ['proxies that are no addresses', {}, { as2: { trustedProxies: ['proxy'] } }, 'address range invalid'],
  ] as const) {
    it(`nobody, with ${what}: the node says so`, async () => {
      await withBob(
        as2In,
        async (flow) => flow.statusBecomes('in', { fill: 'red', shape: 'ring', text: status }),
        {},
        settings,
      );
    });
  }
});
