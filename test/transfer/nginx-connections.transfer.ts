import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionSettings } from '../../src/http';
import { assertArrived, assertRefused, originOf, trusting, withCertificate, withStations } from './stations';
import { withNginx } from './tools/nginx';
import { fingerprintOf, TlsAuthority } from './tools/tls-authority';

describe('transfer: nginx and connections', () => {
  it('HTTP-17: messages one after the other share a connection', async () => {
    await withCertificate(async ({ root, shows }) => {
      await withStations(async (stations) => {
        await withNginx({ tls: shows, upstream: originOf(stations.station.url) }, async (nginx) => {
          const connection = trusting(root);
          for (let count = 0; count < 8; count++) {
            await assertArrived(stations, await stations.send(nginx.url, connection));
          }
          const requests = await nginx.requests(8);
          assert.equal(new Set(requests.map((request) => request.connection)).size, 1);
        });
      });
    });
  });

  for (const [what, directive, connections] of [
    ['HTTP-17: a server that closes after three messages loses none', 'keepalive_requests 3;', 4],
    ['HTTP-17: a server that closes after each message loses none', 'keepalive_timeout 0;', 12],
  ] as const) {
    it(what, async () => {
      await withCertificate(async ({ root, shows }) => {
        await withStations(async (stations) => {
          const upstream = originOf(stations.station.url);
          await withNginx({ tls: shows, upstream, server: [directive] }, async (nginx) => {
            const connection = trusting(root);
            for (let count = 0; count < 12; count++) {
              await assertArrived(stations, await stations.send(nginx.url, connection));
            }
            const requests = await nginx.requests(12);
            assert.deepEqual(
              requests.map(({ status }) => status),
              Array.from({ length: 12 }, () => 200),
            );
            assert.equal(new Set(requests.map((request) => request.connection)).size, connections);
          });
        });
      });
    });
  }

  it('HTTP-17: a server that is restarted between two messages', async () => {
    await withCertificate(async ({ root, shows }) => {
      await withStations(async (stations) => {
        await withNginx({ tls: shows, upstream: originOf(stations.station.url) }, async (nginx) => {
          const connection = trusting(root);
          for (let count = 0; count < 3; count++) {
            await assertArrived(stations, await stations.send(nginx.url, connection));
            await nginx.reload(shows);
          }
        });
      });
    });
  });

  describe('a certificate that is rotated while the server runs', () => {
    it('TLS-03: is trusted when the same authority issued it', async () => {
      await withCertificate(async ({ authority, root, shows }) => {
        await withStations(async (stations) => {
          await withNginx({ tls: shows, upstream: originOf(stations.station.url) }, async (nginx) => {
            const connection = trusting(root);
            await assertArrived(stations, await stations.send(nginx.url, connection));
            await nginx.reload(await authority.replace(shows, await authority.issue('localhost')));
            await assertArrived(stations, await stations.send(nginx.url, connection));
          });
        });
      });
    });

    it('TLS-03: is refused when another authority issued it, also by a sender with connections', async () => {
      await withCertificate(async ({ authority, root, shows, directory }) => {
        const another = await TlsAuthority.open(join(directory, 'another'));
        await withStations(async (stations) => {
          await withNginx({ tls: shows, upstream: originOf(stations.station.url) }, async (nginx) => {
            const connection = trusting(root);
            await assertArrived(stations, await stations.send(nginx.url, connection));
            await nginx.reload(await authority.replace(shows, await another.issue('localhost')));
            const kept = await stations.send(nginx.url, connection);
            assert.match(kept.error?.code ?? '', /^tls-(?:untrusted|chain-incomplete)$/);
            const fresh = await stations.send(nginx.url, trusting(root));
            assert.match(fresh.error?.code ?? '', /^tls-(?:untrusted|chain-incomplete)$/);
          });
        });
      });
    });

    it('TLS-04: is refused when the old one is pinned, until the new one is pinned beside it', async () => {
      await withCertificate(async ({ authority, shows }) => {
        const next = await authority.issue('localhost');
        const old = pin(fingerprintOf(shows));
        const both: ConnectionSettings = { tls: { pins: [fingerprintOf(shows), fingerprintOf(next)] } };
        await withStations(async (stations) => {
          await withNginx({ tls: shows, upstream: originOf(stations.station.url) }, async (nginx) => {
            await assertArrived(stations, await stations.send(nginx.url, pin(fingerprintOf(shows))));
            await assertArrived(stations, await stations.send(nginx.url, both));
            await nginx.reload(await authority.replace(shows, next));
            assert.equal((await stations.send(nginx.url, old)).error?.code, 'tls-pin-differs');
            await assertArrived(stations, await stations.send(nginx.url, { ...both }));
          });
        });
      });
    });
  });

  describe('asks for a user name and a password', () => {
    const login = { username: 'alpha', password: 's3 cr%et' };
    for (const [what, credentials, code] of [
      ['HTTP-14: and gets them with the first request', login, undefined],
      ['HTTP-14: and gets them after it has asked', { ...login, send: 'when-asked' }, undefined],
      ['HTTP-14: and does not get the right ones', { ...login, password: 'other' }, 'http-unauthorized'],
      [
        'HTTP-14: and does not get the right ones after it has asked',
        { ...login, password: 'other', send: 'when-asked' },
        'http-unauthorized',
      ],
      ['HTTP-14: and gets none', undefined, 'http-unauthorized'],
    ] as const) {
      it(what, async () => {
        await withCertificate(async ({ root, shows, directory }) => {
          const passwords = join(directory, 'passwords');
          await writeFile(passwords, `${login.username}:{PLAIN}${login.password}\n`);
          await withStations(async (stations) => {
            const server = ['auth_basic "as2";', `auth_basic_user_file ${passwords};`];
            const upstream = originOf(stations.station.url);
            await withNginx({ tls: shows, upstream, server }, async (nginx) => {
              const connection = { ...trusting(root), ...(credentials ? { credentials } : {}) };
              const outcome = await stations.send(nginx.url, connection);
              if (code === undefined) await assertArrived(stations, outcome);
              else assert.equal(assertRefused(stations, outcome).code, code);
            });
          });
        });
      });
    }

    it('TLS-06: which do not travel without TLS', async () => {
      await withStations(async (stations) => {
        await withNginx({ upstream: originOf(stations.station.url) }, async (nginx) => {
          const error = assertRefused(stations, await stations.send(nginx.url, { credentials: login }));
          assert.equal(error.code, 'http-credentials-need-tls');
        });
      });
    });
  });

  describe('sends us elsewhere', () => {
    for (const [status, redirects, arrives] of [
      [307, 'same-host', true],
      [308, 'same-host', true],
      [307, 'no', false],
      [301, 'same-host', false],
      [302, 'same-host', false],
      [303, 'same-host', false],
    ] as const) {
      it(`HTTP-15: with ${status} to another path, when the setting says ${redirects}`, async () => {
        await withCertificate(async ({ root, shows }) => {
          await withStations(async (stations) => {
            const upstream = originOf(stations.station.url);
            const server = [`location = /as2 { return ${status} /new/as2; }`];
            const location = ['rewrite ^/new(/.*)$ $1 break;'];
            await withNginx({ tls: shows, upstream, server, location }, async (nginx) => {
              const outcome = await stations.send(nginx.url, { ...trusting(root), redirects });
              if (arrives) await assertArrived(stations, outcome);
              else assert.equal(assertRefused(stations, outcome).code, 'http-redirected');
            });
          });
        });
      });
    }

    it('HTTP-15: from https to http, which is not followed', async () => {
      await withCertificate(async ({ root, shows }) => {
        await withStations(async (stations) => {
          await withNginx({ upstream: originOf(stations.station.url) }, async (plain) => {
            const location = [`return 307 ${plain.url}/as2;`];
            await withNginx({ tls: shows, location }, async (nginx) => {
              const connection: ConnectionSettings = { ...trusting(root), redirects: 'same-host' };
              const error = assertRefused(stations, await stations.send(nginx.url, connection));
              assert.equal(error.code, 'http-redirected');
            });
          });
        });
      });
    });
  });

  it('HTTP-13: custom header fields reach a gateway that wants them', async () => {
    await withStations(async (stations) => {
      const location = ['if ($http_x_api_key != "k-17") { return 403; }'];
      await withNginx({ upstream: originOf(stations.station.url), location }, async (nginx) => {
        assert.equal(assertRefused(stations, await stations.send(nginx.url)).code, 'http-forbidden');
        const connection = { headers: { 'X-Api-Key': 'k-17' } };
        await assertArrived(stations, await stations.send(nginx.url, connection));
      });
    });
  });
});

function pin(fingerprint: string): ConnectionSettings {
  return { tls: { pins: [fingerprint] } };
}
