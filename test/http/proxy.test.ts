import assert from 'node:assert/strict';
import { connect, type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createServer } from 'node:tls';
import { bufferSource } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { type ConnectionSettings, createHttpClient, type PostResponse, proxyFor } from '../../src/http';
import { Headers } from '../../src/mime';
import { type Listener, withHttpServer, withHttpsServer } from '../partner/servers';
import { withHttpProxy } from '../support/http-proxy';
import { testKeyPair } from '../support/keys';

const SECRET = 'the very content of the message';

describe('http: proxies', () => {
  it('TLS-09: with https through CONNECT: TLS is between us and the partner, and the proxy sees nothing', () =>
    withPartner(async (url, tls) => {
      await withHttpProxy(undefined, async (proxy) => {
        const { status, body } = await post(url, { tls, proxy: { url: proxy.url } });
        assert.deepEqual([status, body.toString()], [200, SECRET]);
        assert.deepEqual(proxy.asked, [`CONNECT ${new URL(url).host}`]);
        assert.ok(proxy.overheard().length > 100);
        assert.ok(!proxy.overheard().includes(SECRET));
      });
    }));

  it('TLS-09: the server behind a proxy is checked all the same', () =>
    withPartner(async (url) => {
      await withHttpProxy(undefined, async (proxy) => {
        assert.equal((await failure(url, { proxy: { url: proxy.url } })).code, 'tls-untrusted');
        const pins = ['ab'.repeat(32)];
        assert.equal(
          (await failure(url, { proxy: { url: proxy.url }, tls: { pins } })).code,
          'tls-pin-differs',
        );
      });
    }));

  it('TLS-09: with http the proxy is told the whole address (RFC 9112 §3.2.2)', () =>
    withHttpServer(echo, async (url) => {
      await withHttpProxy(undefined, async (proxy) => {
        const { status, body } = await post(`${url}/as2?x=1`, { proxy: { url: proxy.url } });
        assert.deepEqual([status, body.toString()], [200, SECRET]);
        assert.deepEqual(proxy.asked, [`POST ${url}/as2?x=1`]);
      });
    }));

  it('TLS-09: a proxy with user name and password; a wrong one is told, and not shown to the partner', () =>
    withPartner(async (url, tls) => {
      await withHttpServer(echo, async (plain) => {
        await withHttpProxy('we:pass word', async (proxy) => {
          const right = { url: proxy.url, username: 'we', password: 'pass word' };
          const inUrl = { url: proxy.url.replace('//', '//we:pass%20word@') };
          for (const settings of [right, inUrl]) {
            assert.equal((await post(url, { tls, proxy: settings })).status, 200);
            const { status, headers } = await post(plain, { proxy: settings });
            assert.deepEqual([status, headers.get('X-Proxy-Login')], [200, 'none']);
          }
          for (const address of [url, plain]) {
            const error = await failure(address, { tls, proxy: { ...right, password: 'canary' } });
            assert.equal(error.code, 'proxy-unauthorized');
            assert.match(error.message, /user name and password/);
            assert.doesNotMatch(error.message, /canary/);
          }
        });
      });
    }));

  it('TLS-09: a proxy that is spoken to over TLS itself: one handshake inside of the other', async () => {
    const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('localhost');
    await withPartner(async (url, tls) => {
      await withHttpProxy('we:secret', async (proxy) => {
        const front = createServer({ key, cert }, (socket) => {
          const upstream = connect(Number(new URL(proxy.url).port), '127.0.0.1');
          socket.on('error', () => upstream.destroy());
          upstream.on('error', () => socket.destroy());
          socket.pipe(upstream).pipe(socket);
        });
        front.on('tlsClientError', () => undefined);
        await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
        try {
          const address = `https://we:secret@localhost:${(front.address() as AddressInfo).port}`;
          const { status, body } = await post(url, { tls, proxy: { url: address } });
          assert.deepEqual([status, body.toString()], [200, SECRET]);
          assert.equal((await failure(url, { proxy: { url: address } })).code, 'tls-untrusted');
        } finally {
          await new Promise((resolve) => front.close(resolve));
        }
      });
    });
  });

  it('what a proxy refuses, cannot reach, or that it is not there, is told apart from the partner', () =>
    withPartner(async (url, tls) => {
      const gone = await withProxyUrl();
      assert.equal((await failure(url, { tls, proxy: { url: gone } })).code, 'proxy-unreachable');
      await withHttpProxy(undefined, async (proxy) => {
        proxy.refuse = 403;
        assert.equal((await failure(url, { tls, proxy: { url: proxy.url } })).code, 'proxy-refused');
        proxy.refuse = 502;
        assert.equal((await failure(url, { tls, proxy: { url: proxy.url } })).code, 'proxy-cannot-reach');
      });
      const error = await failure(url, { tls, proxy: { url: 'socks5://proxy.example' } });
      assert.equal(error.code, 'proxy-url-invalid');
    }));

  it('exceptions: names with all below them, patterns, ports, addresses and networks', () => {
    const excepted = [
      ['https://as2.partner.example/', 'partner.example'],
      ['https://partner.example/', '.partner.example'],
      ['https://as2.partner.example/', '*.partner.example'],
      ['https://as2.partner.example:4080/', 'as2.partner.example:4080'],
      ['http://10.1.2.3/', '10.0.0.0/8'],
      ['http://10.1.2.3/', '10.1.2.3'],
      ['http://[fd00::7]/', 'fd00::/8'],
      ['http://[::1]:80/', '[::1]:80'],
      ['https://anything.example/', '*'],
    ] as const;
    const proxied = [
      ['https://mypartner.example/', 'partner.example'],
      ['https://as2.partner.example/', 'as2.partner.example:4080'],
      ['http://11.1.2.3/', '10.0.0.0/8'],
      ['http://110.1.2.3/', '10.1.2.3'],
      ['https://as2.partner.example/', ''],
    ] as const;
    const isProxied = (url: string, exception: string): boolean =>
      proxyFor(new URL(url), { url: 'http://proxy.example:3128', exceptions: [exception] }) !== undefined;
    for (const [url, exception] of excepted)
      assert.equal(isProxied(url, exception), false, `${url} ${exception}`);
    for (const [url, exception] of proxied)
      assert.equal(isProxied(url, exception), true, `${url} ${exception}`);
  });

  it('the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, the small letters first', () => {
    const environment = {
      HTTPS_PROXY: 'http://secure.example:1',
      http_proxy: 'plain.example:2',
      HTTP_PROXY: 'http://ignored.example:3',
      NO_PROXY: 'localhost, .internal.example',
    };
    const hostFor = (url: string, from: NodeJS.ProcessEnv): string | undefined =>
      proxyFor(new URL(url), 'environment', from)?.url.host;
    assert.equal(hostFor('https://a.example/', environment), 'secure.example:1');
    assert.equal(hostFor('http://a.example/', environment), 'plain.example:2');
    assert.equal(hostFor('https://as2.internal.example/', environment), undefined);
    assert.equal(hostFor('https://localhost/', environment), undefined);
    assert.equal(hostFor('https://a.example/', { ALL_PROXY: 'http://all.example:4' }), 'all.example:4');
    assert.equal(hostFor('https://a.example/', {}), undefined);
    assert.equal(
      proxyFor(new URL('https://a.example/'), undefined, environment),
      undefined,
      'only when it is set',
    );
  });
});

const echo: Listener = async (request, response) => {
  response.setHeader('X-Proxy-Login', request.headers['proxy-authorization'] ?? 'none');
  response.end(await buffer(request));
};

async function withPartner(work: (url: string, tls: { ca: string }) => Promise<void>): Promise<void> {
  const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('localhost');
  await withHttpsServer({ key, cert }, echo, (url) => work(url, { ca: cert }));
}

/** The address of a proxy that is no longer there. */
async function withProxyUrl(): Promise<string> {
  let url = '';
  await withHttpProxy(undefined, async (proxy) => {
    url = proxy.url;
  });
  return url;
}

async function post(url: string, settings: ConnectionSettings): Promise<PostResponse> {
  const client = createHttpClient(settings);
  try {
    return await client.post({
      url,
      headers: Headers.fromPairs([]),
      body: bufferSource(Buffer.from(SECRET)),
    });
  } finally {
    client.close();
  }
}

async function failure(url: string, settings: ConnectionSettings): Promise<As2Error> {
  const error = await post(url, settings).then(
    ({ status }) => assert.fail(`no error but status ${status}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof As2Error, String(error));
  return error;
}
