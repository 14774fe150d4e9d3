import assert from 'node:assert/strict';
import type { ConnectionSettings } from '../../src/http';
import { freePort } from '../support/free-port';
import {
  assertArrived,
  assertRefused,
  keyOf,
  originOf,
  type Stations,
  trusting,
  withCertificate,
  withOwnPort,
  withStations,
} from './stations';
import { type ProxyLogin, withProxy } from './tools/proxies';

const LOGIN: ProxyLogin = { username: 'alpha', password: 'right' };

for (const kind of ['squid', 'tinyproxy'] as const) {
  describe(`transfer: ${kind}`, () => {
    it('TLS-09: leads to a station with TLS and sees nothing of what is said', async () => {
      await behindTls(async (stations, url, trust) => {
        await withProxy(kind, {}, async (proxy) => {
          await assertArrived(stations, await stations.send(url, { ...trust, proxy: { url: proxy.url } }));
          await proxy.isAskedFor(new URL(url).host);
        });
      });
    });

    it('TLS-09: leads several messages through, large ones, too', async () => {
      await behindTls(async (stations, url, trust) => {
        await withProxy(kind, {}, async (proxy) => {
          const connection: ConnectionSettings = { ...trust, proxy: { url: proxy.url } };
          for (const payload of [
            Buffer.from('small'),
            Buffer.alloc(3_000_000, 'large'),
            Buffer.from('again'),
          ]) {
            await assertArrived(stations, await stations.send(url, connection, { payload }), payload);
          }
        });
      });
    });

    it('TLS-03: leads to a server that is not the right one, which is refused all the same', async () => {
      await withCertificate(async ({ authority, root }) => {
        const other = await authority.issue('other', { hosts: ['other.example'] });
        await withStations(async (stations) => {
          await withOwnPort(stations.station, { tls: { options: keyOf(other) } }, async ({ port }) => {
            await withProxy(kind, {}, async (proxy) => {
              const connection = { ...trusting(root), proxy: { url: proxy.url } };
              const outcome = await stations.send(`https://localhost:${port}`, connection);
              assert.equal(assertRefused(stations, outcome).code, 'tls-wrong-name');
            });
          });
        });
      });
    });

    it('passes messages on to a station without TLS', async () => {
      await withStations(async (stations) => {
        const url = originOf(stations.station.url);
        await withProxy(kind, {}, async (proxy) => {
          for (const chunked of [false, true]) {
            const connection = { proxy: { url: proxy.url }, chunked };
            await assertArrived(stations, await stations.send(url, connection));
          }
          await proxy.isAskedFor(new URL(url).port);
        });
      });
    });

    for (const tls of [true, false]) {
      describe(`wants a user name and a password on the way to a station ${tls ? 'with' : 'without'} TLS:`, () => {
        for (const [what, login, code] of [
          ['the right ones', LOGIN, undefined],
          // tinyproxy asks again as a server would, which cannot be told apart when it reads what is said.
          [
            'a wrong password',
            { ...LOGIN, password: 'wrong' },
            kind === 'tinyproxy' && !tls ? 'http-unauthorized' : 'proxy-unauthorized',
          ],
          ['none', {}, 'proxy-unauthorized'],
        ] as const) {
          it(`TLS-09: ${what}: ${code ?? 'the message arrives'}`, async () => {
            await reachable(tls, async (stations, url, trust) => {
              await withProxy(kind, { login: LOGIN }, async (proxy) => {
                const connection = { ...trust, proxy: { url: proxy.url, ...login } };
                const outcome = await stations.send(url, connection);
                if (code === undefined) await assertArrived(stations, outcome);
                else assert.equal(assertRefused(stations, outcome).code, code);
              });
            });
          });
        }

        it('TLS-09: the right ones in its address', async () => {
          await reachable(tls, async (stations, url, trust) => {
            await withProxy(kind, { login: LOGIN }, async (proxy) => {
              const address = proxy.url.replace('//', '//alpha:right@');
              await assertArrived(stations, await stations.send(url, { ...trust, proxy: { url: address } }));
            });
          });
        });
      });

      for (const [exceptions, direct] of [
        [['localhost', '127.0.0.1'], true],
        [['*'], true],
        [['partner.example', '10.0.0.0/8'], false],
      ] as const) {
        it(`TLS-09: is ${direct ? 'left out' : 'used'} ${tls ? 'with' : 'without'} TLS when ${exceptions.join(' and ')} ${exceptions.length > 1 ? 'are' : 'is'} excepted`, async () => {
          await reachable(tls, async (stations, url, trust) => {
            await withProxy(kind, {}, async (proxy) => {
              const connection = { ...trust, proxy: { url: proxy.url, exceptions } };
              await assertArrived(stations, await stations.send(url, connection));
              if (direct) assert.equal(await proxy.wasAskedFor(new URL(url).port), false);
              else await proxy.isAskedFor(new URL(url).port);
            });
          });
        });
      }
    }

    it('TLS-09: is told by the environment', async () => {
      await behindTls(async (stations, url, trust) => {
        await withProxy(kind, {}, async (proxy) => {
          await withEnvironment({ HTTPS_PROXY: proxy.url, NO_PROXY: 'partner.example' }, async () => {
            await assertArrived(stations, await stations.send(url, { ...trust, proxy: 'environment' }));
            await proxy.isAskedFor(new URL(url).host);
          });
        });
      });
    });

    it('TLS-09: does not let us connect with a port: proxy-refused', async () => {
      await behindTls(async (stations, url, trust) => {
        await withProxy(kind, { closedPort: Number(new URL(url).port) }, async (proxy) => {
          const outcome = await stations.send(url, { ...trust, proxy: { url: proxy.url } });
          assert.equal(assertRefused(stations, outcome).code, 'proxy-refused');
        });
      });
    });

    it('TLS-09: does not reach the station: proxy-cannot-reach', async () => {
      await withStations(async (stations) => {
        await withProxy(kind, {}, async (proxy) => {
          const url = `https://localhost:${await freePort()}`;
          const outcome = await stations.send(url, { proxy: { url: proxy.url } });
          assert.equal(assertRefused(stations, outcome).code, 'proxy-cannot-reach');
        });
      });
    });
  });
}

describe('transfer: a proxy that is not there', () => {
  it('TLS-09: proxy-unreachable, and nothing goes past it', async () => {
    await behindTls(async (stations, url, trust) => {
      const proxy = { url: `http://127.0.0.1:${await freePort()}` };
      const outcome = await stations.send(url, { ...trust, proxy });
      assert.equal(assertRefused(stations, outcome).code, 'proxy-unreachable');
    });
  });
});

type WithStation = (stations: Stations, url: string, trust: ConnectionSettings) => Promise<void>;

async function reachable(tls: boolean, work: WithStation): Promise<void> {
  if (tls) await behindTls(work);
  else await withStations(async (stations) => work(stations, originOf(stations.station.url), {}));
}

async function behindTls(work: WithStation): Promise<void> {
  await withCertificate(async ({ root, shows }) => {
    await withStations(async (stations) => {
      await withOwnPort(stations.station, { tls: { options: keyOf(shows) } }, async ({ port }) =>
        work(stations, `https://localhost:${port}`, trusting(root)),
      );
    });
  });
}

async function withEnvironment(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<void> {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) {
    if (/^(?:https?|all|no)_proxy$/i.test(name)) delete process.env[name];
  }
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    process.env = before;
  }
}
