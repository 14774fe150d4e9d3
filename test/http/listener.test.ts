import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely, type SecureVersion } from 'node:tls';
import { As2Error } from '../../src/errors';
import { AddressRanges, HttpListener, type Route } from '../../src/http';
import { networkOf } from '../../src/http/listener-connections';
import { listenError } from '../../src/http/listener-errors';
import { exchangeRaw } from '../hostile/raw-connection';
import { testKeyPair } from '../support/keys';
import { type OpenListener, serverKey, withHttpListener } from './listeners';

function requestWith(...lines: string[]): Buffer[] {
  return [Buffer.from(['POST /as2 HTTP/1.1', 'Host: station', ...lines].join('\r\n'), 'latin1')];
}

describe('http: own listener', () => {
  it('brings a request to who handles its path, and tells others that there is nothing', async () => {
    await withHttpListener({}, async ({ url, problems }) => {
      assert.equal(
        await (await fetch(`${url}/as2?x=1`, { method: 'POST', body: 'abc' })).text(),
        '3 bytes\n',
      );
      assert.equal((await fetch(`${url}/other`, { method: 'POST', body: 'abc' })).status, 404);
      assert.deepEqual(
        problems.map(({ code }) => code),
        ['request-path-unknown'],
      );
    });
  });

  it('answers at its health path with nothing secret, when one is set', async () => {
    let isHealthy = true;
    await withHttpListener({ healthPath: '/health', isHealthy: () => isHealthy }, async ({ url }) => {
      const well = await fetch(`${url}/health`);
      assert.deepEqual([well.status, await well.text()], [200, 'ok\n']);
      isHealthy = false;
      assert.equal((await fetch(`${url}/health`, { method: 'HEAD' })).status, 503);
    });
    await withHttpListener({}, async ({ url }) => assert.equal((await fetch(`${url}/health`)).status, 404));
  });

  for (const [problem, options, code] of [
    ['an address that this machine does not have', { host: '192.0.2.1' }, 'listener-address-unavailable'],
    ['TLS without a certificate', { tls: { options: {} } }, 'listener-tls-unusable'],
    ['a certificate that is none', { tls: { options: { cert: 'x', key: 'y' } } }, 'listener-tls-unusable'],
  ] as const) {
    it(`does not open with ${problem}, and says so`, async () => {
      const error = await HttpListener.open({ port: 0, route: () => undefined, ...options }).catch(
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof As2Error, String(error));
      assert.equal(error.code, code);
    });
  }

  it('says why a port cannot be had', () => {
    const codeOf = (code: string): string =>
      listenError(Object.assign(new Error(`listen ${code}`), { code }), '192.0.2.1', 443).code;
    assert.equal(codeOf('EACCES'), 'listener-port-forbidden');
    assert.equal(codeOf('EADDRINUSE'), 'listener-port-taken');
    assert.equal(codeOf('EADDRNOTAVAIL'), 'listener-address-unavailable');
    assert.equal(codeOf('ENOTFOUND'), 'listener-address-unavailable');
    assert.equal(codeOf('EMFILE'), 'listener-failed');
  });

  it('does not open on a port that is in use, and says so', async () => {
    await withHttpListener({}, async ({ listener }) => {
      const again = HttpListener.open({ port: listener.port, host: '127.0.0.1', route: () => undefined });
      await assert.rejects(again, { code: 'listener-port-taken' });
    });
  });

  describe('takes requests apart', () => {
    const ambiguous: readonly (readonly [string, readonly string[]])[] = [
      ['two lengths', ['Content-Length: 2', 'Content-Length: 3', '', 'hi']],
      ['the same length twice', ['Content-Length: 2', 'Content-Length: 2', '', 'hi']],
      ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked', '', '0', '', '']],
      ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 2', '', '0', '', '']],
      ['a length that is no number', ['Content-Length: +2', '', 'hi']],
      ['a blank behind the name of a field', ['Content-Length : 2', '', 'hi']],
      [
        'a carriage return in a value',
        ['X-Field: a\rTransfer-Encoding: chunked', 'Content-Length: 2', '', 'hi'],
      ],
      ['a NUL in a value', ['X-Field: a\0b', 'Content-Length: 2', '', 'hi']],
      ['two hosts', ['Host: another', 'Content-Length: 2', '', 'hi']],
    ];
    for (const tolerant of [false, true]) {
      for (const [what, lines] of ambiguous) {
        it(`HTTP-05: refuses ${what}, ${tolerant ? 'tolerant as it is' : 'strict as it is'}`, async () => {
          let taken = 0;
          const take: Route = (_request, response) => {
            taken++;
            response.end();
          };
          await withHttpListener(
            { tolerant },
            async ({ url }) => {
              const { statuses, closed } = await exchangeRaw(url, requestWith(...lines), { answers: 2 });
              assert.deepEqual([statuses, closed, taken], [[400], true, 0]);
            },
            take,
          );
        });
      }
    }

    const old: readonly (readonly [string, readonly string[]])[] = [
      [
        'HTTP-06: folded header fields',
        ['X-Field: a,', '\tb', 'Content-Length: 2', 'Connection: close', '', 'hi'],
      ],
      [
        'HTTP-04: blanks behind the size of a chunk',
        ['Transfer-Encoding: chunked', '', '2  ', 'hi', '0', '', ''],
      ],
    ];
    for (const [what, lines] of old) {
      it(`${what}: understood when it is to be tolerant, else refused`, async () => {
        for (const [tolerant, expected] of [
          [true, 200],
          [false, 400],
        ] as const) {
          await withHttpListener({ tolerant }, async ({ url }) => {
            const { statuses, closed } = await exchangeRaw(url, requestWith(...lines), { answers: 2 });
            assert.deepEqual([statuses, closed], [[expected], true]);
          });
        }
      });
    }

    it('HTTP-19: long header fields, up to 64 KiB', async () => {
      await withHttpListener({}, async ({ url }) => {
        for (const [length, expected] of [
          [60_000, 200],
          [70_000, 431],
        ] as const) {
          const lines = [`X-Field: ${'a'.repeat(length)}`, 'Content-Length: 0', '', ''];
          assert.deepEqual((await exchangeRaw(url, requestWith(...lines))).statuses, [expected]);
        }
      });
    });
  });

  describe('keeps its places free', () => {
    it('SEC-11: from connections of one address beyond their number, while others come in', async () => {
      await withHttpListener({ maxConnectionsPerAddress: 3 }, async ({ listener }) => {
        const { port } = listener;
        await fill(port, 3, async () => {
          await closed(connect(port, '127.0.0.1'));
          const other = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' });
          other.write(Buffer.concat(requestWith('Content-Length: 0', '', '')));
          const [answer] = (await once(other, 'data')) as [Buffer];
          other.destroy();
          assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
        });
        while (listener.inUse > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        const { statuses } = await exchangeRaw(
          `http://127.0.0.1:${port}`,
          requestWith('Content-Length: 0', '', ''),
        );
        assert.deepEqual(statuses, [200], 'places that were left are free again');
      });
    });

    it('SEC-11: a reverse proxy of ours may have as many as there are', async () => {
      const proxies = AddressRanges.of(['127.0.0.1']);
      const limits = { maxConnectionsPerAddress: 1, maxConnections: 4, proxies };
      await withHttpListener(limits, async ({ listener, url }) => {
        await fill(listener.port, 3, async () => {
          const { statuses } = await exchangeRaw(url, requestWith('Content-Length: 0', '', ''));
          assert.deepEqual(statuses, [200]);
        });
      });
    });

    it('SEC-11: an IPv6 network counts as one address', () => {
      for (const [address, network] of [
        ['192.0.2.7', '192.0.2.7'],
        ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
        ['2001:db8:1:2::6', '2001:db8:1:2'],
        ['2001:db8::6', '2001:db8:0:0'],
        ['::1', '0:0:0:0'],
        ['fe80::1%eth0', 'fe80:0:0:0'],
        ['', ''],
      ] as const) {
        assert.equal(networkOf(address), network, address);
      }
    });

    it('SEC-11: from connections beyond their number in all', async () => {
      await withHttpListener({ maxConnections: 2 }, async ({ listener }) => {
        await fill(listener.port, 2, async () => closed(connect(listener.port, '127.0.0.1')));
      });
    });

    it('SEC-11: from who connects and says nothing', async () => {
      await withHttpListener({ headersTimeoutMs: 50 }, async ({ listener }) => {
        await closed(connect(listener.port, '127.0.0.1'));
      });
    });

    it('SEC-11: from who begins a head and does not end it', async () => {
      await withHttpListener({ headersTimeoutMs: 50 }, async ({ url }) => {
        const { statuses, closed } = await exchangeRaw(url, [Buffer.from('POST /as2 HTTP/1.1\r\nHost: ')], {
          answers: 2,
        });
        assert.deepEqual([statuses, closed], [[408], true]);
      });
    });

    it('from who rests on a connection', async () => {
      await withHttpListener({ keepAliveTimeoutMs: 50 }, async ({ url }) => {
        const bytes = requestWith('Content-Length: 0', '', '');
        const { statuses, closed } = await exchangeRaw(url, bytes, { answers: 2 });
        assert.deepEqual([statuses, closed], [[200], true]);
      });
    });
  });

  describe('closes', () => {
    it('after what is in work: it is finished, and requests that come meanwhile are asked to come again', async () => {
      const arrived = Promise.withResolvers<void>();
      const work = Promise.withResolvers<void>();
      const slow: Route = async (_request, response) => {
        arrived.resolve();
        await work.promise;
        response.end('done');
      };
      await withHttpListener(
        {},
        async ({ listener, url }) => {
          const request = exchangeRaw(url, requestWith('Content-Length: 0', '', ''));
          const kept = connect(listener.port, '127.0.0.1');
          await once(kept, 'connect');
          kept.write('POST /as2 HTTP/1.1\r\nHost: station\r\nContent-Le');
          await arrived.promise;
          const closing = listener.close(60_000);
          kept.write('ngth: 0\r\n\r\n');
          const [answer] = (await once(kept, 'data')) as [Buffer];
          assert.match(answer.toString(), /^HTTP\/1\.1 503 .*^Retry-After: \d+\r$/ms);
          work.resolve();
          assert.match((await request).text, /done$/);
          await closing;
        },
        slow,
      );
    });

    it('in the middle of what takes longer than its patience', async () => {
      const arrived = Promise.withResolvers<void>();
      const endless: Route = async () => {
        arrived.resolve();
        await new Promise(() => undefined);
      };
      await withHttpListener(
        {},
        async ({ listener, url }) => {
          const request = exchangeRaw(url, requestWith('Content-Length: 0', '', ''));
          await arrived.promise;
          await listener.close(20);
          assert.deepEqual(await request, { statuses: [], text: '', closed: true });
        },
        endless,
      );
    });
  });

  it('law 8: a handler that throws is a 503 for the sender and an event for us', async () => {
    const broken: Route = () => {
      throw new Error('broken handler');
    };
    await withHttpListener(
      {},
      async ({ url, problems }) => {
        assert.equal((await fetch(`${url}/as2`, { method: 'POST', body: 'x' })).status, 503);
        assert.match(problems[0]?.message ?? '', /broken handler/);
      },
      broken,
    );
  });

  it('law 8: nor does it end the process when telling us fails', async () => {
    const warned = once(process, 'warning');
    const onProblem = (): never => {
      throw new Error('broken log');
    };
    await withHttpListener({ onProblem }, async ({ url }) => {
      assert.equal((await fetch(`${url}/other`, { method: 'POST', body: 'x' })).status, 404);
      const [{ cause }] = (await warned) as [Error];
      assert.match(String(cause), /broken log/);
    });
  });

  describe('speaks TLS', () => {
    for (const [version, minVersion, isSpoken] of [
      ['TLSv1', undefined, false],
      ['TLSv1.1', undefined, false],
      ['TLSv1.2', undefined, true],
      ['TLSv1.3', undefined, true],
      ['TLSv1.2', 'TLSv1.3', false],
      ['TLSv1.3', 'TLSv1.3', true],
    ] as const) {
      const what = isSpoken ? 'speaks' : 'does not speak';
      it(`TLS-01: ${what} ${version} when ${minVersion ?? 'nothing else'} is the least`, async () => {
        const keyPair = await testKeyPair('localhost');
        const tls = { options: serverKey(keyPair), ...(minVersion ? { minVersion } : {}) };
        await withHttpListener({ tls }, async (open) => {
          const spoken = await protocolOf(open, version, keyPair.certificatePem);
          assert.equal(spoken, isSpoken ? version : undefined);
        });
      });
    }

    it('and lets go of who does not', async () => {
      const keyPair = await testKeyPair('localhost');
      await withHttpListener({ tls: { options: serverKey(keyPair) } }, async ({ listener }) => {
        const { statuses, closed } = await exchangeRaw(
          `http://127.0.0.1:${listener.port}`,
          requestWith('Content-Length: 0', '', ''),
        );
        assert.deepEqual([statuses, closed], [[], true]);
      });
    });
  });
});

async function protocolOf(
  { listener }: OpenListener,
  version: SecureVersion,
  ca: string,
): Promise<string | undefined> {
  const socket = connectSecurely({
    port: listener.port,
    host: '127.0.0.1',
    servername: 'localhost',
    minVersion: version,
    maxVersion: version,
    ciphers: 'ALL:@SECLEVEL=0',
    ca,
  });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol() ?? undefined;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

async function fill(port: number, count: number, work: () => Promise<void>): Promise<void> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map(async (socket) => once(socket, 'connect')));
  try {
    await work();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined).resume();
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}
