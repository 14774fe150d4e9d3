import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { bufferSource } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import {
  type ConnectionSettings,
  createHttpClient,
  type HttpClient,
  type PostResponse,
} from '../../src/http';
import { Headers } from '../../src/mime';
import { type Listener, withHttpServer, withHttpsServer } from '../partner/servers';
import { testKeyPair } from '../support/keys';

const RIGHT = `Basic ${Buffer.from('us:pä:ss').toString('base64')}`;
const credentials = { username: 'us', password: 'pä:ss', send: 'when-asked' } as const;

interface Seen {
  readonly login: string;
  readonly messageId: string;
  readonly body: string;
}

describe('http: login at a partner’s server', () => {
  it('HTTP-14: a Basic challenge is answered once, with the same Message-ID and the identical body', () =>
    withGuarded(RIGHT, async (client, url, seen) => {
      assert.equal((await client.post(requestTo(url))).status, 200);
      const message = { messageId: '<1@us>', body: 'the body' };
      assert.deepEqual(seen, [
        { login: 'none', ...message },
        { login: RIGHT, ...message },
      ]);
      // From then on it is known that the server asks.
      assert.equal((await client.post(requestTo(url))).status, 200);
      assert.equal(seen.length, 3);
    }));

  it('HTTP-14: the second 401 is the answer, and another kind of challenge is not answered', async () => {
    await withGuarded('Basic another', async (client, url, seen) => {
      assert.equal((await client.post(requestTo(url))).status, 401);
      assert.equal(seen.length, 2);
    });
    const other = { challenge: 'Negotiate' };
    await withGuarded(
      RIGHT,
      async (client, url, seen) => {
        assert.equal((await client.post(requestTo(url))).status, 401);
        assert.deepEqual(
          seen.map(({ login }) => login),
          ['none'],
        );
      },
      other,
    );
  });

  it('TLS-06: at once, when nothing else is set: a large message does not travel twice', () =>
    withGuarded(
      RIGHT,
      async (client, url, seen) => {
        assert.equal((await client.post(requestTo(url))).status, 200);
        assert.equal(seen.length, 1);
      },
      { settings: { credentials: { username: 'us', password: 'pä:ss' } } },
    ));

  it('TLS-06: a bearer token and own header fields', () =>
    withGuarded(
      'Bearer abc.DEF-1_2~3+4/5==',
      async (client, url, seen) => {
        assert.equal((await client.post(requestTo(url))).status, 200);
        assert.deepEqual(seen[0]?.login, 'Bearer abc.DEF-1_2~3+4/5==');
      },
      { settings: { credentials: { bearer: ' abc.DEF-1_2~3+4/5== ' }, headers: { 'X-Api-Key': 'k' } } },
    ));

  const refused: readonly (readonly [string, string])[] = [
    ['Connection', 'close'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '1'],
    ['Host', 'evil.example'],
    ['Expect', '100-continue'],
    ['Proxy-Authorization', 'x'],
    ['AS2-From', 'someone else'],
    ['message-id', '<2@us>'],
    ['Content-Type', 'text/plain'],
    ['Disposition-Notification-To', 'x'],
    ['Receipt-Delivery-Option', 'http://x/'],
    ['X Y', 'z'],
    ['X-Break', 'a\r\nAS2-From: b'],
  ];
  for (const [name, value] of refused) {
    it(`a header field of one’s own must not be ${JSON.stringify(name)}: ${JSON.stringify(value)}`, () =>
      withGuarded(
        RIGHT,
        async (client, url, seen) => {
          const error = await client.post(requestTo(url)).catch((reason: unknown) => reason);
          assert.ok(error instanceof As2Error, String(error));
          assert.equal(error.code, 'http-header-not-allowed');
          assert.equal(seen.length, 0);
        },
        { settings: { headers: { [name]: value } } },
      ));
  }

  it('TLS-06: neither token nor Authorization go over http', () =>
    withHttpServer(
      () => assert.fail('nothing is sent'),
      async (url) => {
        for (const settings of [
          { credentials: { bearer: 'abc' } },
          { headers: { Authorization: 'Token abc' } },
        ] satisfies ConnectionSettings[]) {
          const client = createHttpClient(settings);
          const error = await client.post(requestTo(url)).catch((reason: unknown) => reason);
          client.close();
          assert.ok(error instanceof As2Error && error.code === 'http-credentials-need-tls', String(error));
        }
      },
    ));
});

describe('http: redirects, where the settings allow them', () => {
  it('HTTP-15: 307 and 308 to the same host: the same headers and the identical body', () =>
    withRoutes({ '/': [308, '/new'], '/new': [307, '/newer'] }, async (url, seen, post) => {
      const { status, body } = await post(`${url}/`, { redirects: 'same-host' });
      assert.deepEqual([status, body.toString()], [200, 'the body']);
      assert.deepEqual(
        seen.map(({ method, url: path, headers }) => [method, path, headers['message-id']]),
        ['/', '/new', '/newer'].map((path) => ['POST', path, '<1@us>']),
      );
    }));

  it('HTTP-15: at most three', () =>
    withRoutes({ '/': [307, '/'] }, async (url, seen, post) => {
      const error = await post(`${url}/`, { redirects: 'same-host' }).catch((reason: unknown) => reason);
      assert.ok(error instanceof As2Error && error.code === 'http-redirects-too-many', String(error));
      assert.equal(seen.length, 4);
    }));

  for (const [title, location] of [
    ['another host', 'https://other.example/'],
    ['a name that only begins alike', 'https://localhost.evil.example/'],
    ['http', 'http://localhost:9/'],
    ['another protocol', 'ftp://localhost/'],
    ['an address with a login', 'https://a:b@localhost/'],
    ['nowhere', ''],
  ] as const) {
    it(`HTTP-15: not to ${title}`, () =>
      withRoutes({ '/': [307, location] }, async (url, seen, post) => {
        const { status } = await post(`${url}/`, { redirects: 'same-host' });
        assert.deepEqual([status, seen.length], [307, 1]);
      }));
  }

  it('HTTP-15: not for 301, 302 and 303, and never without the setting', async () => {
    for (const status of [301, 302, 303]) {
      await withRoutes({ '/': [status, '/new'] }, async (url, seen, post) => {
        assert.equal((await post(`${url}/`, { redirects: 'same-host' })).status, status);
        assert.equal(seen.length, 1);
      });
    }
    await withRoutes({ '/': [307, '/new'] }, async (url, seen, post) => {
      assert.equal((await post(`${url}/`, {})).status, 307);
      assert.equal(seen.length, 1);
    });
  });

  it('HTTP-15: the login is not shown at another port of the host', () =>
    withRoutes({}, (other, seenThere) =>
      withRoutes({ '/': [307, `${other}/there`] }, async (url, seenHere, post) => {
        const settings = { credentials: { bearer: 'abc' }, headers: { 'X-Key': 'k' } };
        assert.equal((await post(`${url}/`, { redirects: 'same-host', ...settings })).status, 200);
        const shown = ({ headers }: IncomingMessage) => [headers.authorization, headers['x-key']];
        assert.deepEqual(seenHere.map(shown), [['Bearer abc', 'k']]);
        assert.deepEqual(seenThere.map(shown), [[undefined, undefined]]);
      }),
    ));

  it('HTTP-15: a login in the URL goes with it on the same server, whether the new address is whole or not', () =>
    withRoutes({ '/': [307, '/new'], '/new': [308, 'WHOLE'] }, async (url, seen, post) => {
      const { status } = await post(`${url.replace('://', '://us:er@')}/`, { redirects: 'same-host' });
      assert.equal(status, 200);
      assert.deepEqual(
        seen.map(({ headers }) => headers.authorization),
        Array(3).fill(`Basic ${Buffer.from('us:er').toString('base64')}`),
      );
    }));

  it('TLS-05: nor is the client certificate, however it was configured', async () => {
    const own = await testKeyPair('sender');
    const { certificatePem: cert, privateKeyPem: key } = own;
    const server = await testKeyPair('localhost');
    const shown: string[] = [];
    const see: Listener = (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      shown.push(`${request.url} ${String(subject?.CN ?? 'nobody')}`);
      request.resume();
      const location = request.url === '/' ? there : '';
      response.writeHead(location === '' ? 200 : 307, location === '' ? {} : { Location: location }).end();
    };
    const asking = {
      key: server.privateKeyPem,
      cert: server.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
    };
    let there = '';
    for (const tls of [{ cert, key }, { options: { cert, key } }]) {
      await withHttpsServer(asking, see, async (other) =>
        withHttpsServer(asking, see, async (url) => {
          there = `${other}/there`;
          const client = createHttpClient({
            redirects: 'same-host',
            tls: { ca: server.certificatePem, ...tls },
          });
          await client.post(requestTo(`${url}/`)).finally(() => client.close());
        }),
      );
    }
    assert.deepEqual(shown, ['/ sender', '/there nobody', '/ sender', '/there nobody']);
  });
});

describe('http: chunked transfer, where a partner wants it', () => {
  it('HTTP-03: small and large bodies, without a Content-Length', async () => {
    const listener: Listener = async (request, response) => {
      const { 'transfer-encoding': coding, 'content-length': length } = request.headers;
      const body = await buffer(request);
      response.end(JSON.stringify([coding, length, body.length]));
    };
    await withHttpServer(listener, async (url) => {
      const client = createHttpClient({ chunked: true });
      try {
        for (const size of [0, 10, 3 * 1024 * 1024]) {
          const body = bufferSource(Buffer.alloc(size, 1));
          const answer = await client.post({ ...requestTo(url), body });
          assert.deepEqual(JSON.parse(answer.body.toString()), ['chunked', null, size]);
        }
      } finally {
        client.close();
      }
    });
  });
});

async function withGuarded(
  expected: string,
  work: (client: HttpClient, url: string, seen: Seen[]) => Promise<void>,
  {
    challenge = 'Digest realm="x", Basic realm="as2"',
    settings,
  }: {
    readonly challenge?: string;
    readonly settings?: ConnectionSettings;
  } = {},
): Promise<void> {
  const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('localhost');
  const seen: Seen[] = [];
  const listener: Listener = async (request, response) => {
    const { authorization: login = 'none', 'message-id': messageId = '' } = request.headers;
    seen.push({ login, messageId: String(messageId), body: (await buffer(request)).toString() });
    if (login === expected) response.end();
    else response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
  };
  await withHttpsServer({ key, cert }, listener, async (url) => {
    const client = createHttpClient({ tls: { ca: cert }, credentials, ...settings });
    try {
      await work(client, url, seen);
    } finally {
      client.close();
    }
  });
}

type Post = (url: string, settings: ConnectionSettings) => Promise<PostResponse>;

/** A server with redirects at some paths, which gives back the body at all others. */
async function withRoutes(
  routes: Readonly<Record<string, readonly [number, string]>>,
  work: (url: string, seen: IncomingMessage[], post: Post) => Promise<void>,
): Promise<void> {
  const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('localhost');
  const seen: IncomingMessage[] = [];
  const listener: Listener = async (request, response) => {
    seen.push(request);
    const body = await buffer(request);
    const [status, route] = routes[request.url ?? ''] ?? [200, ''];
    const location = route === 'WHOLE' ? `https://${request.headers.host}/whole` : route;
    response.writeHead(status, location === '' ? {} : { Location: location }).end(body);
  };
  await withHttpsServer({ key, cert }, listener, (url) =>
    work(url, seen, async (address, settings) => {
      const client = createHttpClient({ ...settings, tls: { ca: cert } });
      try {
        return await client.post(requestTo(address));
      } finally {
        client.close();
      }
    }),
  );
}

function requestTo(url: string) {
  return {
    url,
    headers: Headers.fromPairs([['Message-ID', '<1@us>']]),
    body: bufferSource(Buffer.from('the body')),
  };
}
