import assert from 'node:assert/strict';
import { type ConnectionDef, type ConnectionNodes, readConnection } from '../../nodes/shared/connection';
import { readDelivery } from '../../nodes/shared/delivery';
import { As2Error, type As2ErrorCode } from '../../src/errors';
import { withHttpProxy } from '../support/http-proxy';
import { testKeyPair } from '../support/keys';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';
import { aliceAndBob } from '../support/stations';
import { type TlsFront, withTlsInFront } from '../support/tls-front';

const URL_OF_PARTNER = 'https://as2.partner.example/as2';
const PIN = 'ab'.repeat(32);

describe('connection settings of the partner node', () => {
  it('a partner of an older flow, without any of them, connects as before', () => {
    assert.deepEqual(readConnection({}, undefined, {}, URL_OF_PARTNER), {
      connection: { connectTimeoutMs: 30_000, responseTimeoutMs: 300_000, redirects: 'no', chunked: false },
    });
  });

  it('everything that can be set is understood', async () => {
    const { certificatePem: ca } = await testKeyPair('localhost');
    const def: ConnectionDef = {
      ca,
      onlyOwnCa: true,
      pins: `${PIN}, sha256/${Buffer.from(PIN, 'hex').toString('base64')}`,
      servername: 'other.example',
      leastTls: '1.3',
      proxyUse: 'environment',
      urls: 'https://second.example/as2 https://third.example/as2',
      redirects: 'same-host',
      chunked: 'true',
    };
    const credentials = {
      token: 'abc',
      headers: 'X-Key: a:b\n\nX-Other:c',
      receiptUser: 'r',
      receiptPassword: 's',
    };
    const { connection, receiptConnection, urls } = readConnection(def, credentials, {}, URL_OF_PARTNER);
    assert.deepEqual(connection.credentials, { bearer: 'abc' });
    assert.deepEqual(connection.headers, { 'X-Key': 'a:b', 'X-Other': 'c' });
    assert.deepEqual(receiptConnection?.credentials, { username: 'r', password: 's' });
    assert.deepEqual(urls, ['https://second.example/as2', 'https://third.example/as2']);
    assert.deepEqual(
      [connection.proxy, connection.redirects, connection.chunked],
      ['environment', 'same-host', true],
    );
    const { pins, ...tls } = connection.tls ?? {};
    assert.deepEqual(tls, {
      ca: ca.trim(),
      onlyOwnCa: true,
      servername: 'other.example',
      minVersion: 'TLSv1.3',
    });
    assert.equal(pins?.length, 2);
  });

  it('HTTP-14: user name and password with every message, or only when they are asked for', () => {
    const login = { user: 'us', password: 'secret' };
    const sent = (def: ConnectionDef) =>
      readConnection(def, login, {}, URL_OF_PARTNER).connection.credentials;
    assert.deepEqual(sent({}), { username: 'us', password: 'secret' });
    assert.deepEqual(sent({ loginWhenAsked: true }), {
      username: 'us',
      password: 'secret',
      send: 'when-asked',
    });
  });

  it('REL-03: statuses after which a message is sent again', () => {
    assert.deepEqual(readDelivery({}).retry, { attempts: 10 });
    assert.deepEqual(readDelivery({ alsoStatuses: '404, 409;301' }).retry, {
      attempts: 10,
      alsoStatuses: [404, 409, 301],
    });
    for (const alsoStatuses of ['200', '4040', 'never']) {
      assert.throws(() => readDelivery({ alsoStatuses }), { code: 'setting-invalid' });
    }
  });

  it('Node-RED’s own config nodes: http proxy and TLS configuration', () => {
    const nodes = {
      proxy: {
        url: 'http://proxy.example:3128',
        noproxy: ['localhost'],
        credentials: { username: 'u', password: 'p' },
      },
      tls: { valid: true, addTLSOptions: () => ({ servername: 'x.example', rejectUnauthorized: true }) },
    } as unknown as ConnectionNodes;
    const { connection } = readConnection({ proxyUse: 'node', tls: 'id' }, {}, nodes, URL_OF_PARTNER);
    assert.deepEqual(connection.proxy, {
      url: 'http://proxy.example:3128',
      username: 'u',
      password: 'p',
      exceptions: ['localhost'],
    });
    assert.equal(connection.tls?.options?.servername, 'x.example');
  });

  const careless = { addTLSOptions: () => ({ rejectUnauthorized: false }) };
  const broken = { valid: false, addTLSOptions: () => ({}) };
  const wrong: readonly (readonly [string, As2ErrorCode, ConnectionDef, object?, object?])[] = [
    [
      'a TLS configuration that verifies nothing',
      'tls-verification-off',
      { tls: 'id' },
      {},
      { tls: careless },
    ],
    [
      'a TLS configuration that is not in order',
      'tls-options-unreadable',
      { tls: 'id' },
      {},
      { tls: broken },
    ],
    ['a TLS configuration that is gone', 'tls-options-unreadable', { tls: 'id' }],
    ['a fingerprint that is none', 'tls-pin-unreadable', { pins: '12:34' }],
    ['own authority without one', 'tls-options-unreadable', { onlyOwnCa: true }],
    ['a version that is not spoken', 'setting-invalid', { leastTls: '1.1' }],
    ['a proxy that is not chosen', 'proxy-url-invalid', { proxyUse: 'node' }],
    ['a password and a token', 'setting-invalid', {}, { user: 'a', token: 'b' }],
    ['a header of AS2', 'http-header-not-allowed', {}, { headers: 'AS2-From: x' }],
    ['a header without a value', 'setting-invalid', {}, { headers: 'canary' }],
    ['another address that is none', 'http-url-invalid', { urls: 'ftp://x.example' }],
    ['a variable that is not set', 'environment-missing', { pins: '${NOT_SET}' }],
  ];
  for (const [title, code, def, credentials = {}, nodes = {}] of wrong) {
    it(`${title}: ${code}`, () => {
      assert.throws(
        () => readConnection(def, credentials, nodes, URL_OF_PARTNER),
        (error) => error instanceof As2Error && error.code === code && !error.message.includes('canary'),
      );
    });
  }
});

describe('connection of the partner node in a flow', () => {
  it('TLS-05, TLS-09: through a proxy of Node-RED, to a server with a pinned certificate that wants ours', async () => {
    const client = await testKeyPair('client');
    await withTlsInFront([client.certificatePem], async (front) => {
      await withHttpProxy('we:secret', async (proxy) => {
        await withSender(
          front,
          (pin) => [
            {
              id: 'to-bob-settings',
              type: 'settings',
              proxyUse: 'node',
              proxy: 'proxy',
              tls: 'client',
              pins: pin,
            },
            { id: 'proxy', type: 'http proxy', name: '', url: proxy.url, noproxy: [] },
            {
              id: 'client',
              type: 'tls-config',
              name: '',
              cert: '',
              key: '',
              ca: '',
              servername: '',
              verifyservercert: true,
            },
          ],
          async (flow) => {
            flow.send('out', { payload: 'order' });
            const sent = await flow.next('sent');
            assert.equal(sent.as2.receipt?.micMatches, true);
            assert.equal((await flow.next('received')).payload?.toString(), 'order');
            assert.deepEqual(proxy.asked, [`CONNECT localhost:${front.port}`]);
            assert.ok(flow.isSilent('caught'));
          },
        );
      });
    });
  });
});

async function withSender(
  front: TlsFront,
  settings: (pin: string) => readonly FlowNode[],
  work: (flow: RunningFlow) => Promise<void>,
): Promise<void> {
  const { certificate } = await testKeyPair('some other name');
  const client = await testKeyPair('client');
  const [properties, ...others] = settings(certificate.fingerprintSha256);
  const { id: _id, type: _type, ...bob } = properties ?? { id: '', type: '' };
  await withFlow(async (url) => {
    front.target = url;
    const { nodes, credentials } = await aliceAndBob(`https://localhost:${front.port}/as2`, { bob });
    const flow = onTab(
      { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
      { id: 'sent', type: 'helper' },
      { id: 'in', type: 'as2-in', path: '/as2', wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    return {
      nodes: [...nodes, ...others, ...flow],
      credentials: {
        ...credentials,
        proxy: { username: 'we', password: 'secret' },
        client: { certdata: client.certificatePem, keydata: client.privateKeyPem },
      },
    };
  }, work);
}
