import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { WholeStation } from '../partner/whole-station';
import { assertArrived, assertRefused, originOf, trusting, withCertificate, withStations } from './stations';
import { withNginx } from './tools/nginx';
import { type Issued, TlsAuthority } from './tools/tls-authority';

/** More than one buffer of nginx, and than what a socket takes at once. */
const LARGE = randomBytes(5 * 1024 * 1024);

describe('transfer: nginx', () => {
  describe('speaks TLS for a station', () => {
    it('TLS-02: with receipts in the answers', async () => {
      await withCertificate(async ({ root, shows }) => {
        await withStations(async (stations) => {
          await withNginx({ tls: shows, upstream: originOf(stations.station.url) }, async (nginx) => {
            await assertArrived(stations, await stations.send(nginx.url, trusting(root)));
            const [request] = await nginx.requests(1);
            assert.deepEqual([request?.status, request?.tls], [200, 'TLSv1.3']);
          });
        });
      });
    });

    it('TLS-02, MDN-14: with receipts that come later, which go to an nginx with TLS as well', async () => {
      await withCertificate(async ({ root, shows }) => {
        const alpha = await WholeStation.start();
        try {
          await withNginx({ tls: shows, upstream: originOf(alpha.url) }, async (ours) => {
            const partner = { receiptHosts: [`localhost:${ours.port}`], connection: trusting(root) };
            await withStations(
              async ({ station }) => {
                await withNginx({ tls: shows, upstream: originOf(station.url) }, async (theirs) => {
                  alpha.configure({
                    url: `${theirs.url}/as2`,
                    connection: trusting(root),
                    sending: { receiptDelivery: 'async', receiptUrl: `${ours.url}/as2` },
                  });
                  const outcome = await alpha.send(LARGE);
                  assert.ok(outcome.ok, outcome.error?.message);
                  assert.deepEqual([outcome.receipt?.signed, outcome.receipt?.micMatches], [true, true]);
                  assert.ok((await station.messages[0]?.payload.read())?.equals(LARGE));
                  const [receipt] = await ours.requests(1);
                  assert.deepEqual([receipt?.tls, (receipt?.status ?? 500) < 300], ['TLSv1.3', true]);
                });
              },
              { partner },
            );
          });
        } finally {
          await alpha.stop();
        }
      });
    });

    for (const [what, location] of [
      ['that keeps requests until they are whole', ['proxy_request_buffering on;']],
      ['that passes requests on as they come', ['proxy_request_buffering off;', 'proxy_http_version 1.1;']],
      ['that keeps answers until they are whole', ['proxy_buffering on;', 'proxy_http_version 1.1;']],
      ['that passes answers on as they come', ['proxy_buffering off;']],
      ['that speaks HTTP/1.0 to the station', ['proxy_http_version 1.0;']],
      ['that speaks HTTP/1.1 to the station', ['proxy_http_version 1.1;', 'proxy_set_header Connection "";']],
    ] as const) {
      for (const chunked of [false, true]) {
        it(`${what}, ${chunked ? 'in chunks' : 'with a length'}`, async () => {
          await withCertificate(async ({ root, shows }) => {
            await withStations(async (stations) => {
              const upstream = originOf(stations.station.url);
              await withNginx({ tls: shows, upstream, location }, async (nginx) => {
                const connection = { ...trusting(root), chunked };
                const outcome = await stations.send(nginx.url, connection, { payload: LARGE });
                await assertArrived(stations, outcome, LARGE);
              });
            });
          });
        });
      }
    }

    it('HTTP-02: without naming any host to the station', async () => {
      await withStations(async (stations) => {
        const upstream = originOf(stations.station.url);
        const location = ['proxy_set_header Host "";', 'proxy_http_version 1.0;'];
        await withNginx({ upstream, location }, async (nginx) => {
          await assertArrived(stations, await stations.send(nginx.url));
        });
      });
    });
  });

  describe('TLS-05: wants a client certificate', () => {
    const demanding = (client: Issued): string[] => [
      'ssl_verify_client on;',
      `ssl_client_certificate ${client.certificateFile};`,
    ];

    for (const [who, showing, code] of [
      ['the right one is let in', 'right', undefined],
      ['one of another authority is refused', 'wrong', 'http-refused'],
      ['one for servers is refused', 'server', 'http-refused'],
      ['one that has expired is refused', 'expired', 'http-refused'],
      ['none is refused', 'none', 'http-refused'],
    ] as const) {
      for (const version of ['TLSv1.2', 'TLSv1.3']) {
        it(`${who}, with ${version}`, async () => {
          await withCertificate(async ({ authority, root, shows, directory }) => {
            const other = await TlsAuthority.open(join(directory, 'other')).then((another) =>
              another.issue('alpha', { usage: 'clientAuth' }),
            );
            const certificates = {
              right: await authority.issue('alpha', { usage: 'clientAuth' }),
              wrong: other,
              server: await authority.issue('alpha'),
              expired: await authority.issue('alpha', { usage: 'clientAuth', fromDay: -20, untilDay: -2 }),
              none: undefined,
            };
            await withStations(async (stations) => {
              const upstream = originOf(stations.station.url);
              const server = [...demanding(root), `ssl_protocols ${version};`];
              await withNginx({ tls: shows, upstream, server }, async (nginx) => {
                const outcome = await stations.send(nginx.url, trusting(root, certificates[showing]));
                if (code === undefined) {
                  await assertArrived(stations, outcome);
                  return;
                }
                const error = assertRefused(stations, outcome);
                assert.equal(error.code, code);
                // It says so with a page, not with an alert.
                assert.match(error.message, /certificate/i);
              });
            });
          });
        });
      }
    }
  });

  describe('refuses', () => {
    for (const [what, payload] of [
      ['a message', randomBytes(200_000)],
      ['a large message, of which it reads nothing more', LARGE],
    ] as const) {
      for (const chunked of [false, true]) {
        it(`HTTP-13: ${what} beyond its limit with 413, ${chunked ? 'in chunks' : 'with a length'}`, async () => {
          await withStations(async (stations) => {
            const upstream = originOf(stations.station.url);
            await withNginx({ upstream, server: ['client_max_body_size 100k;'] }, async (nginx) => {
              const error = assertRefused(stations, await stations.send(nginx.url, { chunked }, { payload }));
              assert.equal(error.code, 'http-too-large');
            });
          });
        });
      }
    }

    for (const [answer, code] of [
      ['return 444;', 'http-connection-lost'],
      ['return 403;', 'http-forbidden'],
      ['return 404;', 'http-not-found'],
      ['limit_except GET { deny all; }', 'http-forbidden'],
      ['return 503;', 'http-busy'],
      ['proxy_pass http://127.0.0.1:9;', 'http-server-error'],
    ] as const) {
      it(`HTTP-13: a message with “${answer}”, before or after it is there: ${code}`, async () => {
        await withCertificate(async ({ root, shows }) => {
          await withStations(async (stations) => {
            await withNginx({ tls: shows, location: [answer] }, async (nginx) => {
              for (const payload of [Buffer.from('small'), LARGE]) {
                const error = assertRefused(
                  stations,
                  await stations.send(nginx.url, trusting(root), { payload }),
                );
                assert.equal(error.code, code, error.message);
              }
            });
          });
        });
      });
    }
  });
});
