import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readAll, type SpilledBytes } from '../../src/bytes';
import { As2Error, toAs2Error } from '../../src/errors';
import {
  readRequestBody,
  readRequestHead,
  remoteAddressOf,
  refusalAnswer,
  type RequestLimits,
  sendAnswer,
  textAnswer,
} from '../../src/http';
import { isDripping } from '../../src/http/request';
import type { Headers } from '../../src/mime';
import { withHttpServer } from '../partner/servers';
import { patiently } from '../support/patiently';
import { withTempDirectory } from '../support/temp';

describe('http: requests', () => {
  it('HTTP-03, HTTP-04: reads a body by length and in chunks, small ones in memory and large ones in a file', async () => {
    await withReceiver({}, async ({ url, received, directory }) => {
      for (const size of [0, 1, 900, 200_000]) {
        for (const chunked of [false, true]) {
          const body = Buffer.alloc(size, 'x');
          const answer = await send(url, { body, chunked });
          assert.equal(answer.status, 200);
          const { request } = await received();
          assert.ok(request);
          assert.equal(request.body.length, size);
          assert.equal(request.body.path !== undefined, size > 1000);
          assert.ok((await readAll(request.body.open(), 1_000_000, tooMuch)).equals(body));
          await request.body.dispose();
        }
      }
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('HTTP-04: one byte a chunk, extensions and trailers change nothing', async () => {
    await withReceiver({}, async ({ url, received }) => {
      const chunks = ['a', 'b', 'c'].map((letter) => `1;x="y"\r\n${letter}\r\n`).join('');
      await raw(
        url,
        `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\nT: t\r\n\r\n`,
      );
      const { request } = await received();
      assert.equal(request?.body.buffer?.toString(), 'abc');
    });
  });

  it('HTTP-01, HTTP-03: takes HTTP/1.0 and leading zeros in the length', async () => {
    await withReceiver({}, async ({ url, received }) => {
      const answer = await raw(url, 'POST / HTTP/1.0\r\nContent-Length: 0003\r\n\r\nabc');
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.equal((await received()).request?.body.buffer?.toString(), 'abc');
    });
  });

  it('takes a body that another middleware has read already', async () => {
    await withTempDirectory(async (directory) => {
      await withHttpServer(
        async (request, response) => {
          const body = Buffer.from(await text(request));
          const captured: IncomingMessage = Object.assign(request, { body, _body: true });
          const { body: received } = await receive(captured, LIMITS, {
            directory,
            thresholdBytes: 1000,
          });
          response.end(received.buffer);
        },
        async (url) => {
          assert.equal((await send(url, { body: Buffer.from('captured') })).body, 'captured');
        },
      );
    });
  });

  describe('refuses', () => {
    it('HTTP-01: other methods, with Allow and a friendly word', async () => {
      await withReceiver({}, async ({ url, received }) => {
        for (const method of ['GET', 'HEAD', 'PUT']) {
          const answer = await send(url, { method });
          assert.equal(answer.status, 405);
          assert.equal(answer.headers.allow, 'POST');
          assert.equal(
            answer.body,
            method === 'HEAD'
              ? ''
              : 'This address takes AS2 messages (RFC 4130), which are sent with POST. It is working.\n',
          );
          assert.equal((await received()).error?.code, 'request-method');
        }
      });
    });

    it('HTTP-18: header fields twice with different values, but not the same value twice', async () => {
      await withReceiver({}, async ({ url, received }) => {
        for (const header of [
          'AS2-From',
          'as2-to',
          'Message-ID',
          'Content-Type',
          'Receipt-Delivery-Option',
        ]) {
          const request = (second: string): string =>
            `POST / HTTP/1.1\r\nHost: x\r\n${header}: a\r\n${header}: ${second}\r\nContent-Length: 1\r\n\r\nx`;
          assert.match(await raw(url, request('b')), /^HTTP\/1\.1 400 /, header);
          assert.equal((await received()).error?.code, 'request-header-repeated');
          assert.match(await raw(url, request('a')), /^HTTP\/1\.1 200 /, header);
          await received();
        }
      });
    });

    it('HTTP-05: a length stated in two ways, also behind a tolerant parser', async () => {
      const body = '3\r\nabc\r\n0\r\n\r\n';
      const both = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
      await withReceiver({}, async ({ url }) => {
        assert.match(await raw(url, both), /^HTTP\/1\.1 400 /);
      });
      await withReceiver({ insecureHTTPParser: true }, async ({ url, received }) => {
        assert.match(await raw(url, both), /^HTTP\/1\.1 400 [^]*Connection: close/);
        assert.equal((await received()).error?.code, 'request-length-ambiguous');
      });
    });

    it('a compressed body', async () => {
      await withReceiver({}, async ({ url, received }) => {
        const answer = await send(url, { body: Buffer.alloc(10), headers: { 'Content-Encoding': 'gzip' } });
        assert.equal(answer.status, 415);
        assert.equal((await received()).error?.facts.encoding, 'gzip');
      });
    });

    it('HTTP-09: a length over the limit, before anything of the body is read', async () => {
      await withReceiver({}, async ({ url, received }) => {
        const answer = await raw(
          url,
          `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${LIMITS.limitBytes + 1}\r\n\r\n`,
        );
        assert.match(answer, /^HTTP\/1\.1 413 [^]*Connection: close/);
        assert.equal((await received()).error?.facts.limitBytes, LIMITS.limitBytes);
      });
    });

    it('HTTP-09: a body that grows over the limit: 413, connection closed, nothing left on disk', async () => {
      await withReceiver({}, async ({ url, received, directory }) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        const answer = text(socket);
        socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
        const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
        const timer = setInterval(() => void socket.write(chunk), 1);
        socket.once('data', () => clearInterval(timer)).once('close', () => clearInterval(timer));
        // The sender stops when it sees the answer.
        socket.once('data', () => socket.end());
        assert.match(await answer, /^HTTP\/1\.1 413 [^]*larger than this station accepts/);
        assert.equal((await received()).error?.code, 'request-too-large');
        assert.deepEqual(await readdir(directory), []);
      });
    });

    it('HTTP-19: a sender that stands still', async () => {
      await withReceiver({ idleTimeoutMs: SHORT_MS }, async ({ url, received, directory }) => {
        const answer = await raw(
          url,
          `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(2000)}`,
        );
        assert.match(answer, /^HTTP\/1\.1 408 /);
        const { error } = await received();
        assert.equal(error?.code, 'request-timeout');
        assert.equal(error?.facts.receivedBytes, 2000);
        assert.deepEqual(await readdir(directory), []);
      });
    });

    it('HTTP-19: a sender that is slow, and takes longer than anybody may stand still', () =>
      patiently(async (factor) => {
        const idleTimeoutMs = SHORT_MS * factor;
        await withReceiver({ idleTimeoutMs }, async ({ url, received }) => {
          const socket = connect(Number(new URL(url).port), '127.0.0.1');
          socket.write('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8\r\n\r\n');
          const slow = text(socket);
          for (let i = 0; i < 8; i++) {
            await new Promise((resolve) => setTimeout(resolve, idleTimeoutMs / 4));
            socket.write('x');
          }
          assert.match(await slow, /^HTTP\/1\.1 200 /);
          assert.equal((await received()).request?.body.length, 8);
        });
      }));

    it('SEC-11: a sender that keeps its connection with a byte now and then', () => {
      const minute = 60_000;
      assert.equal(isDripping(9, 9 * minute, minute), false, 'it may only be slow');
      assert.equal(isDripping(11, 11 * minute, minute), true);
      assert.equal(isDripping(100_000, 11 * minute, minute), false, 'a modem');
    });

    it('absurd lengths: 413 or 400, and nothing is read', async () => {
      await withReceiver({}, async ({ url }) => {
        for (const length of [
          '9007199254740993',
          '99999999999999999999999',
          '-1',
          '1e9',
          '0x10',
          '1,1',
          ' ',
        ]) {
          const answer = await raw(url, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nx`);
          assert.match(answer, /^HTTP\/1\.1 4(?:13|00) /, length);
        }
      });
    });

    it('HTTP-19: a header without end: 431', async () => {
      await withReceiver({}, async ({ url }) => {
        const answer = await raw(url, `POST / HTTP/1.1\r\nHost: x\r\nSubject: ${'x'.repeat(20_000)}`);
        assert.match(answer, /^HTTP\/1\.1 431 /);
      });
    });

    it('HTTP-03: a body that is cut off: nothing is left', async () => {
      for (const head of ['Content-Length: 5000\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n7d0\r\n']) {
        await withReceiver({}, async ({ url, received, directory }) => {
          const socket = connect(Number(new URL(url).port), '127.0.0.1');
          socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head}${'x'.repeat(1500)}`, () => socket.destroy());
          const { error, request } = await received();
          assert.equal(request, undefined);
          assert.equal(error?.code, 'request-cut-off');
          assert.equal(error?.facts.receivedBytes, 1500);
          assert.deepEqual(await readdir(directory), []);
        });
      }
    });
  });

  it('answers 503 with Retry-After for what is not the sender’s doing', () => {
    const answer = refusalAnswer(new As2Error('store-full', { path: '/secret/spool' }));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('Retry-After'), '60');
    assert.doesNotMatch(answer.body.toString(), /secret|disk/);
  });

  it('HTTP-17: requests one behind the other on a connection are answered in their order', async () => {
    let release = (): void => undefined;
    const first = new Promise<void>((resolve) => (release = resolve));
    const outcomes: Promise<boolean>[] = [];
    await withHttpServer(
      async (request, response) => {
        const { url = '' } = request;
        if (url === '/slow') await first;
        outcomes.push(sendAnswer(request, response, textAnswer(200, url)));
        if (url === '/last') release();
      },
      async (url) => {
        const heads = ['/slow', '/quick', '/last'].map((path) => `GET ${path} HTTP/1.1\r\nHost: y\r\n`);
        const answers = await raw(url, `${heads.join('\r\n')}Connection: close\r\n\r\n`);
        assert.deepEqual(answers.match(/^\/\w+$/gm), ['/slow', '/quick', '/last']);
        assert.deepEqual(await Promise.all(outcomes), [true, true, true]);
      },
    );
  });

  it('a connection that closes with answers standing in line: none of them waits for ever', async () => {
    const outcomes: Promise<boolean>[] = [];
    let closed = (): void => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    await withHttpServer(
      async (request, response) => {
        if (outcomes.length === 0) request.socket.once('close', closed);
        const first = outcomes.length === 0;
        if (first) outcomes.push(gone.then(async () => sendAnswer(request, response, textAnswer(200, '1'))));
        else outcomes.push(sendAnswer(request, response, textAnswer(200, '2')));
        if (outcomes.length === 3) request.socket.destroy();
      },
      async (url) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
        await gone;
        assert.deepEqual(await Promise.all(outcomes), [false, false, false]);
      },
    );
  });

  it('knows whether an answer reached the network', async () => {
    const arrived = Promise.withResolvers<void>();
    await withHttpServer(
      async (request, response) => {
        request.resume();
        const gone = once(response, 'close');
        if (request.url === '/gone') {
          arrived.resolve();
          await gone;
        }
        const sent = await sendAnswer(request, response, textAnswer(200, 'x'));
        assert.equal(await sendAnswer(request, response, textAnswer(200, 'again')), false);
        outcomes.push(sent);
      },
      async (url) => {
        assert.equal((await send(url, { body: Buffer.alloc(1) })).body, 'x\n');
        const aborted = httpRequest(`${url}/gone`, { method: 'POST' });
        aborted.on('error', () => undefined);
        aborted.end();
        await arrived.promise;
        aborted.destroy();
        while (outcomes.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        assert.deepEqual(outcomes, [true, false]);
      },
    );
  });
});

const outcomes: boolean[] = [];
const LIMITS: RequestLimits = { limitBytes: 1_000_000, idleTimeoutMs: 60_000 };
/** Where the time-out is what is shown. */
const SHORT_MS = 120;

interface Received {
  readonly headers: Headers;
  readonly body: SpilledBytes;
  readonly remoteAddress: string;
}

/** As the receiver does it, without the stations in between. */
async function receive(
  request: IncomingMessage,
  limits: RequestLimits,
  spill: Parameters<typeof readRequestBody>[2],
): Promise<Received> {
  const headers = readRequestHead(request, limits.limitBytes);
  const body = await readRequestBody(request, limits, spill);
  return { headers, body, remoteAddress: remoteAddressOf(request) };
}

interface Result {
  readonly request?: Received;
  readonly error?: As2Error;
}

/** A server that receives every request as the nodes do and keeps what came of it. */
async function withReceiver(
  {
    idleTimeoutMs = LIMITS.idleTimeoutMs,
    ...options
  }: { insecureHTTPParser?: boolean; idleTimeoutMs?: number },
  work: (o: { url: string; directory: string; received: () => Promise<Result> }) => Promise<void>,
): Promise<void> {
  await withTempDirectory(async (temp) => {
    const directory = join(temp, 'spool');
    const results: Result[] = [];
    const spill = { directory, thresholdBytes: 1000 };
    await withHttpServer(
      async (request, response) => {
        try {
          results.push({ request: await receive(request, { ...LIMITS, idleTimeoutMs }, spill) });
          await sendAnswer(request, response, textAnswer(200, 'taken'));
        } catch (error) {
          const refusal = toAs2Error(error);
          await sendAnswer(request, response, refusalAnswer(refusal));
          results.push({ error: refusal });
        }
      },
      async (url) => {
        const received = async (): Promise<Result> => {
          for (let wait = 0; wait < 8000; wait++) {
            const result = results.shift();
            if (result) return result;
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          return assert.fail('no request came');
        };
        await mkdir(directory);
        await work({ url, directory, received });
      },
      options,
    );
  });
}

interface Sending {
  readonly method?: string;
  readonly body?: Buffer;
  readonly chunked?: boolean;
  readonly headers?: Record<string, string>;
}

async function send(
  url: string,
  { method = 'POST', body, chunked, headers = {} }: Sending,
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  const request = httpRequest(url, { method, headers });
  if (body && !chunked) request.setHeader('Content-Length', body.length);
  if (body && chunked) {
    for (let at = 0; at < body.length; at += 50_000) request.write(body.subarray(at, at + 50_000));
  }
  request.end(chunked ? undefined : body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** Sends bytes as they are and waits for the answer until the server, or long silence, ends the connection. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setTimeout(40_000, () => socket.end());
  socket.write(bytes.replace('\r\nHost: x', '\r\nHost: x\r\nConnection: close'), 'latin1');
  return text(socket);
}

function tooMuch(): As2Error {
  return new As2Error('truncated', { expected: 0 });
}
