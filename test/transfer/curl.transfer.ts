import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { messageByOpenssl, assertTaken, keyOf, withCertificate, withOwnPort, withStations } from './stations';
import { curl, postByCurl } from './tools/curl';

const LARGE = randomBytes(3 * 1024 * 1024);

/** How curl can put a message on the line. */
const WAYS: readonly (readonly [what: string, words: readonly string[]])[] = [
  ['HTTP-03: with a Content-Length', []],
  ['HTTP-04: in chunks', ['-H', 'Transfer-Encoding: chunked']],
  ['HTTP-16: with Expect: 100-continue', ['-H', 'Expect: 100-continue']],
  [
    'HTTP-16: with Expect: 100-continue, in chunks',
    ['-H', 'Expect: 100-continue', '-H', 'Transfer-Encoding: chunked'],
  ],
  ['HTTP-16: without waiting for a leave', ['-H', 'Expect:']],
  ['with HTTP/1.0', ['-0']],
  ['HTTP-02: with HTTP/1.0 and without a Host', ['-0', '-H', 'Host:']],
  ['HTTP-17: and closes the connection', ['-H', 'Connection: close']],
];

describe('transfer: curl', () => {
  for (const [size, payload] of [
    ['a small', undefined],
    ['a large', LARGE],
  ] as const) {
    describe(`posts ${size} message that openssl made to an own port`, () => {
      for (const [what, words] of WAYS) {
        for (const tolerant of [false, true]) {
          it(`${what}${tolerant ? ', which is tolerant' : ''}`, async () => {
            await withStations(async (stations) => {
              const message = await messageByOpenssl(stations, payload ? { payload } : {});
              await withOwnPort(stations.station, { tolerant }, async ({ port }) => {
                const { answer } = await postByCurl(`http://127.0.0.1:${port}/as2`, message, words);
                await assertTaken(stations, answer, payload);
              });
            });
          });
        }
      }
    });
  }

  describe('posts over TLS', () => {
    for (const [what, words] of [
      ['TLS-01: with TLS 1.2', ['--tls-max', '1.2']],
      ['TLS-01: with TLS 1.3', ['--tlsv1.3']],
      ['HTTP-04: in chunks', ['-H', 'Transfer-Encoding: chunked']],
      ['with HTTP/1.0', ['-0']],
      ['and would rather speak HTTP/2', ['--http2']],
    ] as const) {
      it(what, async () => {
        await withCertificate(async ({ root, shows }) => {
          await withStations(async (stations) => {
            const message = await messageByOpenssl(stations, { payload: LARGE });
            await withOwnPort(stations.station, { tls: { options: keyOf(shows) } }, async ({ port }) => {
              const trust = ['--cacert', root.certificateFile];
              const url = `https://localhost:${port}/as2`;
              const { answer } = await postByCurl(url, message, [...trust, ...words]);
              await assertTaken(stations, answer, LARGE);
            });
          });
        });
      });
    }

    for (const [what, words, statuses] of [
      ['TLS-06: with the right user name and password', ['-u', 'alpha:right'], 200],
      ['TLS-06: with a wrong password', ['-u', 'alpha:wrong'], 401],
      ['TLS-06: with none', [], 401],
      ['TLS-06: with them after it was asked', ['--anyauth', '-u', 'alpha:right'], 200],
    ] as const) {
      it(what, async () => {
        await withCertificate(async ({ root, shows }) => {
          const partner = { inbound: { credentials: { username: 'alpha', password: 'right' } } };
          await withStations(
            async (stations) => {
              const message = await messageByOpenssl(stations);
              await withOwnPort(stations.station, { tls: { options: keyOf(shows) } }, async ({ port }) => {
                const url = `https://localhost:${port}/as2`;
                const trust = ['--cacert', root.certificateFile];
                const { answer } = await postByCurl(url, message, [...trust, ...words]);
                assert.equal(answer?.status, statuses, answer?.body.toString());
                assert.equal(stations.station.messages.length, statuses === 200 ? 1 : 0);
                if (statuses === 401) assert.match(answer.headers.get('WWW-Authenticate') ?? '', /^Basic /);
              });
            },
            { partner },
          );
        });
      });
    }
  });

  it('HTTP-09: beyond the limit gets 413, with a length and in chunks', async () => {
    await withStations(
      async (stations) => {
        const message = await messageByOpenssl(stations, { payload: LARGE });
        await withOwnPort(stations.station, {}, async ({ port }) => {
          for (const words of [[], ['-H', 'Transfer-Encoding: chunked']]) {
            const { answer } = await postByCurl(`http://127.0.0.1:${port}/as2`, message, words);
            assert.equal(answer?.status, 413);
          }
        });
        assert.equal(stations.station.messages.length, 0);
      },
      { maxMessageBytes: 1_000_000 },
    );
  });

  it('HTTP-03: gives up in the middle: nothing of it is kept, and the next one comes in', async () => {
    await withStations(async (stations) => {
      const message = await messageByOpenssl(stations, { payload: LARGE });
      await withOwnPort(stations.station, {}, async (listener) => {
        const url = `http://127.0.0.1:${listener.port}/as2`;
        const slowly = ['--limit-rate', '100k', '--max-time', '1', '-H', 'Expect:'];
        const { answer, exitCode } = await postByCurl(url, message, slowly);
        assert.deepEqual([answer, exitCode], [undefined, 28]);
        await stations.station.event('request-refused');
        assert.equal(stations.station.messages.length, 0);
        await assertTaken(stations, (await postByCurl(url, message)).answer, LARGE);
      });
    });
  });

  it('HTTP-01: looks whether somebody is there, with GET and HEAD', async () => {
    await withStations(async ({ station }) => {
      await withOwnPort(station, {}, async ({ port }) => {
        const url = `http://127.0.0.1:${port}`;
        assert.equal((await curl([`${url}/as2`])).answer?.status, 405);
        assert.equal((await curl(['-I', `${url}/as2`])).answer?.status, 405);
        assert.equal((await curl([`${url}/nowhere`])).answer?.status, 404);
      });
    });
  });

  it('HTTP-17: posts three messages on one connection', async () => {
    await withStations(async (stations) => {
      await withOwnPort(stations.station, {}, async ({ port }) => {
        const url = `http://127.0.0.1:${port}/as2`;
        const words = [
          '-H',
          'AS2-From: ALPHA',
          '-H',
          'AS2-To: "Beta Corp"',
          '-H',
          'Content-Type: text/plain',
        ];
        const one = [...words, '--data-binary', 'text', '-w', '%{num_connects} ', '-o', '/dev/null', url];
        const { complaints, exitCode } = await curl([
          ...one,
          '--next',
          '-sS',
          ...one,
          '--next',
          '-sS',
          ...one,
        ]);
        assert.deepEqual([complaints, exitCode], ['', 0]);
      });
    });
  });
});
