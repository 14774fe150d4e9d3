import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { bufferSource, type SizedSource } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import {
  type ConnectionSettings,
  createHttpClient,
  type PostRequest,
  type PostResponse,
} from '../../src/http';
import { Headers } from '../../src/mime';
import { onRawRequest, withHttpServer, withRawServer } from '../partner/servers';
import { patiently } from '../support/patiently';

describe('http: client', () => {
  const connections = new Set<Socket>();

  it('HTTP-02, HTTP-03: posts with one Host and the exact Content-Length, for bodies of any size', async () => {
    const sizes = [0, 1, 5 * 1024 * 1024];
    await withHttpServer(
      async (request, response) => {
        const body = await buffer(request);
        const { host, 'content-length': length, 'transfer-encoding': coding } = request.headers;
        const hosts = request.rawHeaders.filter((name) => name.toLowerCase() === 'host').length;
        response.end(
          JSON.stringify({
            method: request.method,
            url: request.url,
            hosts,
            host,
            length,
            coding,
            size: body.length,
          }),
        );
      },
      async (url) => {
        for (const size of sizes) {
          const { status, body } = await post({
            url: `${url}/as2?x=1`,
            body: bufferSource(Buffer.alloc(size, 1)),
          });
          assert.equal(status, 200);
          assert.deepEqual(JSON.parse(body.toString()), {
            method: 'POST',
            url: '/as2?x=1',
            hosts: 1,
            host: new URL(url).host,
            length: String(size),
            size,
          });
        }
      },
    );
  });

  it('sends header fields as they are written, and gives those of the answer as they came', async () => {
    await withHttpServer(
      (request, response) => {
        response.writeHead(200, ['AS2-From', '"B b"', 'X-Name', 'caf\u00e9']);
        response.end(JSON.stringify(request.rawHeaders.slice(2, 6)));
      },
      async (url) => {
        const headers = Headers.fromPairs([
          ['AS2-From', '"A\\"a"'],
          ['Subject', 'Stra\u00dfe'],
        ]);
        const { headers: answered, body } = await post({ url, headers });
        assert.deepEqual(JSON.parse(body.toString()), ['AS2-From', '"A\\"a"', 'Subject', 'Stra\u00dfe']);
        assert.equal(answered.get('as2-from'), '"B b"');
        assert.equal(answered.get('X-Name'), 'caf\u00e9');
      },
    );
  });

  it('HTTP-15: follows no redirect', async () => {
    let requests = 0;
    await withHttpServer(
      (request, response) => {
        requests++;
        request.resume();
        response.writeHead(302, { Location: '/elsewhere' }).end();
      },
      async (url) => {
        const { status, headers } = await post({ url });
        assert.equal(status, 302);
        assert.equal(headers.get('Location'), '/elsewhere');
        assert.equal(requests, 1);
      },
    );
  });

  it('HTTP-16: skips interim answers', async () => {
    await withRawServer(
      (socket) =>
        onRawRequest(socket, () => {
          for (let i = 0; i < 3; i++) socket.write('HTTP/1.1 102 Processing\r\n\r\n');
          socket.write('HTTP/1.1 100 Continue\r\n\r\n');
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
        }),
      async (url) => {
        const { status, body } = await post({ url });
        assert.equal(status, 200);
        assert.equal(body.toString(), 'done');
      },
    );
  });

  it('REL-03: a connection that breaks in the middle of the body is the failure, whenever that is', async () => {
    let connections = 0;
    await withRawServer(
      (socket) => {
        // Sometimes before, sometimes while something is written to it.
        const chunks = ++connections % 5;
        let read = 0;
        socket.on('data', () => {
          if (read++ < chunks) return;
          socket.pause();
          socket.write('HTTP/1.1 204 No Content\r\n\r\n', () => socket.resetAndDestroy());
        });
      },
      async (url) => {
        const part = Buffer.alloc(64 * 1024);
        const body: SizedSource = {
          length: 256 * part.length,
          async *open() {
            for (let count = 0; count < 256; count++) yield part;
          },
        };
        for (let attempt = 0; attempt < 40; attempt++) {
          // Both are tried again.
          await assert.rejects(post({ url, body }), {
            code: /^http-(?:connection-lost|response-truncated)$/,
          });
        }
      },
    );
  });

  it('HTTP-06: reads an answer with folded header fields', async () => {
    await withRawServer(
      (socket) =>
        onRawRequest(socket, () => {
          socket.write(
            'HTTP/1.1 200 OK\r\nContent-Type: multipart/report;\r\n\tboundary="x";\r\n  report-type=y\r\n',
          );
          socket.write('Content-Length: 2\r\n\r\nok');
        }),
      async (url) => {
        const { headers } = await post({ url });
        const type = headers.get('Content-Type')?.replace(/\s+/g, ' ');
        assert.equal(type, 'multipart/report; boundary="x"; report-type=y');
      },
    );
  });

  it('HTTP-04, HTTP-17: reads chunked answers, and answers that end with the connection', async () => {
    const answers = [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc',
      'HTTP/1.0 200 OK\r\n\r\nabc',
    ];
    for (const answer of answers) {
      await withRawServer(
        (socket) =>
          onRawRequest(socket, () =>
            answer.includes('chunked') ? socket.write(answer) : socket.end(answer),
          ),
        async (url) => {
          const { body } = await post({ url });
          assert.equal(body.toString(), 'abc');
        },
      );
    }
  });

  it('keeps a connection for the next message, and repeats on a fresh one when the kept one is dead', async () => {
    let connections = 0;
    await withRawServer(
      (socket) => {
        connections++;
        let requests = 0;
        onRawRequest(socket, () => {
          requests++;
          // The third request on a connection meets a server that has just given it up.
          if (requests === 3) socket.destroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        });
      },
      async (url) => {
        const client = createHttpClient();
        try {
          for (const expected of [1, 1, 2]) {
            const { status } = await client.post(requestTo({ url }));
            assert.equal(status, 200);
            assert.equal(connections, expected);
          }
        } finally {
          client.close();
        }
      },
    );
  });

  it('more requests at once than connections wait for one; the time for connecting is not for waiting', () =>
    patiently((factor) =>
      withHttpServer(
        (request, response) => {
          connections.add(request.socket);
          request.resume();
          setTimeout(() => response.end(), 120 * factor);
        },
        async (url) => {
          connections.clear();
          const client = createHttpClient({ connectTimeoutMs: 80 * factor });
          try {
            const answers = await Promise.all(
              Array.from({ length: 20 }, () => client.post(requestTo({ url }))),
            );
            assert.ok(answers.every(({ status }) => status === 200));
            assert.ok(connections.size <= 16, `${connections.size} connections`);
          } finally {
            client.close();
          }
        },
      ),
    ));

  it('takes a refusal that comes before everything is sent', async () => {
    let given = 0;
    const endless: SizedSource = {
      length: 1024 ** 4,
      async *open() {
        for (;;) {
          given += 65_536;
          yield Buffer.alloc(65_536);
        }
      },
    };
    await withHttpServer(
      (request, response) => {
        request.once('data', () => {
          request.resume();
          response.writeHead(413).end('too large');
        });
      },
      async (url) => {
        const { status, body } = await post({ url, body: endless });
        assert.equal(status, 413);
        assert.equal(body.toString(), 'too large');
        const before = given;
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(given, before, 'sending has stopped');
      },
    );
  });

  it('refuses user name and password over http (TLS-06), and never shows them (SEC-13)', async () => {
    const settings = { credentials: { username: 'u', password: 'canary-secret' } };
    const errors = [
      await failure({ url: 'http://127.0.0.1:9/' }, settings),
      await failure({ url: 'http://u:canary-secret@127.0.0.1:9/' }),
      await failure({ url: 'http//u:canary-secret@' }),
      await failure({ url: 'ftp://u:canary-secret@host/' }),
      await failure({ url: 'https:u:canary-secret@127.0.0.1:9/' }),
    ];
    assert.deepEqual(
      errors.map(({ code }) => code),
      [
        'http-credentials-need-tls',
        'http-credentials-need-tls',
        'http-url-invalid',
        'http-url-invalid',
        'http-connection-refused',
      ],
    );
    for (const error of errors)
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error.facts)}`, /canary/);
  });
});

describe('http: failures of the client', () => {
  it('unknown host', async () => {
    // RFC 6761 §6.4: this name never exists.
    const error = await failure({ url: 'http://as2.partner.invalid/' });
    assert.equal(error.code, 'http-host-unknown');
    assert.match(error.message, /as2\.partner\.invalid is not known.*Check the URL/);
  });

  it('connection refused', async () => {
    const url = await withHttpServer(
      (_request, response) => void response.end(),
      async (open) => open,
    );
    const error = await failure({ url });
    assert.equal(error.code, 'http-connection-refused');
    assert.equal(error.facts.port, Number(new URL(url).port));
  });

  it('a host that does not get the connection ready in time', async () => {
    await withRawServer(
      // It never takes part in the TLS handshake.
      () => undefined,
      async (url) => {
        const error = await failure({ url: url.replace('http:', 'https:') }, { connectTimeoutMs: 80 });
        assert.equal(error.code, 'http-connect-timeout');
        assert.match(error.message, /within 0.08 seconds/);
      },
    );
  });

  it('a server that takes the connection and breaks it', async () => {
    await withRawServer(
      (socket) => onRawRequest(socket, () => socket.resetAndDestroy()),
      async (url) => {
        const error = await failure({ url, body: bufferSource(Buffer.alloc(10)) });
        assert.equal(error.code, 'http-connection-lost');
        assert.equal(error.facts.totalBytes, 10);
        assert.match(error.message, /same Message-ID/);
      },
    );
  });

  it('HTTP-17: a server that never answers', async () => {
    await withRawServer(
      () => undefined,
      async (url) => {
        const error = await failure({ url }, { responseTimeoutMs: 80 });
        assert.equal(error.code, 'http-response-timeout');
        assert.match(error.message, /within 0.08 seconds/);
      },
    );
  });

  it('a server that stops in the middle of its answer', async () => {
    await withRawServer(
      (socket) =>
        onRawRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc')),
      async (url) => {
        assert.equal((await failure({ url }, { responseTimeoutMs: 80 })).code, 'http-response-timeout');
      },
    );
    await withRawServer(
      (socket) => onRawRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc')),
      async (url) => {
        assert.equal((await failure({ url })).code, 'http-response-truncated');
      },
    );
  });

  it('an answer without end', async () => {
    await withHttpServer(
      (_request, response) => {
        const write = (): void => void response.write(Buffer.alloc(65_536), (error) => !error && write());
        write();
      },
      async (url) => {
        const error = await failure({ url, responseLimitBytes: 1_000_000 });
        assert.equal(error.code, 'http-response-too-large');
        assert.equal(error.facts.limitBytes, 1_000_000);
      },
    );
  });

  it('an answer that is not HTTP, or states its length in two ways', async () => {
    const answers = [
      'SSH-2.0-OpenSSH_9.2\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    ];
    for (const answer of answers) {
      await withRawServer(
        (socket) => onRawRequest(socket, () => socket.write(answer)),
        async (url) => assert.equal((await failure({ url })).code, 'http-response-malformed', answer),
      );
    }
  });

  it('a body that is shorter than announced is not sent as if it were whole', async () => {
    let complete: boolean | undefined;
    await withHttpServer(
      (request) => {
        request.resume();
        request.on('close', () => (complete = request.complete));
      },
      async (url) => {
        const body: SizedSource = { ...bufferSource(Buffer.alloc(10)), length: 20 };
        assert.equal((await failure({ url, body })).code, 'truncated');
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.notEqual(complete, true);
      },
    );
  });

  it('a failure of the source of the body', async () => {
    await withHttpServer(
      (request) => void request.resume().on('error', () => undefined),
      async (url) => {
        const body: SizedSource = {
          length: 10,
          // oxlint-disable-next-line require-yield -- it fails before the first byte
          async *open() {
            throw new As2Error('store-full', { path: '/spool' });
          },
        };
        assert.equal((await failure({ url, body })).code, 'store-full');
      },
    );
  });

  it('ends when it is told to, before and during the transfer', async () => {
    await withRawServer(
      () => undefined,
      async (url) => {
        assert.equal((await failure({ url, signal: AbortSignal.abort() })).code, 'http-aborted');
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 30);
        assert.equal((await failure({ url, signal: controller.signal })).code, 'http-aborted');
        // While the connection is still being made: this server takes no part in a TLS handshake.
        const early = new AbortController();
        setTimeout(() => early.abort(), 30);
        const secure = { url: url.replace('http:', 'https:'), signal: early.signal };
        assert.equal((await failure(secure)).code, 'http-aborted');
      },
    );
  });
});

async function post(request: Partial<PostRequest> & { url: string }): Promise<PostResponse> {
  const client = createHttpClient();
  try {
    return await client.post(requestTo(request));
  } finally {
    client.close();
  }
}

async function failure(
  request: Partial<PostRequest> & { url: string },
  settings?: ConnectionSettings,
): Promise<As2Error> {
  const client = createHttpClient(settings);
  try {
    const response = await client.post(requestTo(request));
    return assert.fail(`no error but status ${response.status}`);
  } catch (error) {
    assert.ok(error instanceof As2Error, String(error));
    return error;
  } finally {
    client.close();
  }
}

function requestTo(request: Partial<PostRequest> & { url: string }): PostRequest {
  return { headers: Headers.fromPairs([]), body: bufferSource(Buffer.from('body')), ...request };
}
