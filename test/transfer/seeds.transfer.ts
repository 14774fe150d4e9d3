import assert from 'node:assert/strict';
import { join } from 'node:path';
import { testConnection } from '../../src/exchange';
import { relationshipOf } from '../partner/parties';
import {
  assertArrived,
  assertRefused,
  assertTaken,
  DOCUMENT,
  keyOf,
  messageByOpenssl,
  originOf,
  trusting,
  withCertificate,
  withOwnPort,
  withStations,
} from './stations';
import { postByCurl } from './tools/curl';
import { withNginx } from './tools/nginx';
import { withOpensslServer } from './tools/openssl-server';
import { withRecorder } from './tools/recorder';
import { type Issued, TlsAuthority } from './tools/tls-authority';

/* What the documents say that the project started from, with servers and clients of other makers. */

describe('transfer: AS2 over HTTPS', () => {
  describe('data-in-motion encryption', () => {
    for (const [what, encrypt] of [
      ['in lieu of AS2’s built-in encryption', 'none'],
      ['in tandem with AS2’s built-in encryption: double encrypted', 'aes-256-cbc'],
    ] as const) {
      it(`the EDI documents sent over that connection are protected, ${what}`, async () => {
        await withCertificate(async ({ root, shows }) => {
          await withStations(
            async (stations) => {
              const upstream = originOf(stations.station.url);
              await withNginx({ tls: shows, upstream }, async (nginx) => {
                await withRecorder(nginx.port, async (recorder) => {
                  const partner = { sending: { encrypt } };
                  const url = `https://localhost:${recorder.port}`;
                  await assertArrived(stations, await stations.send(url, trusting(root), { partner }));
                  const line = recorder.bytes();
                  assert.ok(line.length > DOCUMENT.length);
                  for (const secret of [DOCUMENT.toString(), 'AS2-From', 'Message-ID', 'Disposition:']) {
                    assert.equal(line.includes(secret), false, `${secret} is readable on the line`);
                  }
                });
              });
            },
            { partner: { requires: { requireSigned: true, requireEncrypted: false } } },
          );
        });
      });
    }

    it('without HTTPS whoever is on the line reads who writes to whom', async () => {
      await withStations(async (stations) => {
        await withRecorder(Number(new URL(stations.station.url).port), async (recorder) => {
          await assertArrived(stations, await stations.send(`http://127.0.0.1:${recorder.port}`));
          assert.ok(recorder.bytes().includes('AS2-From: ALPHA'));
        });
      });
    });
  });

  describe('server authentication', () => {
    it('the certificate exported from the AS2 receiver is imported into the AS2 sender: connected to the right receiver', async () => {
      await withCertificate(async ({ authority }) => {
        const serverKey = await authority.issue('localhost', { by: 'self' });
        await withStations(async (stations) => {
          const upstream = originOf(stations.station.url);
          await withOpensslServer({ shows: serverKey, upstream }, async (server) => {
            await assertArrived(stations, await stations.send(server.url, trusting(serverKey)));
          });
        });
      });
    });

    it('an impostor spoofs the AS2 server with a certificate of the same name: it gets no byte of a document', async () => {
      await withCertificate(async ({ authority }) => {
        const serverKey = await authority.issue('localhost', { by: 'self' });
        const impostor = await authority.issue('localhost', { by: 'self' });
        await withStations(async (stations) => {
          const upstream = originOf(stations.station.url);
          await withOpensslServer({ shows: impostor, upstream }, async (server) => {
            const error = assertRefused(stations, await stations.send(server.url, trusting(serverKey)));
            assert.equal(error.code, 'tls-untrusted');
            assert.equal(server.receivedBytes(), 0);
          });
        });
      });
    });
  });

  describe('client authentication: HTTPS client certificate required', () => {
    for (const [what, which, comesIn] of [
      [
        'the certificate exported from the AS2 sender is imported into the AS2 receiver: it is let in',
        'right',
        true,
      ],
      ['an impostor with a certificate of the same name is refused', 'wrong', false],
      ['a sender without one is refused', 'none', false],
    ] as const) {
      it(`${what} (curl is the sender)`, async () => {
        await withCertificate(async ({ authority, root, shows }) => {
          const own = await authority.issue('alpha', { by: 'self', usage: 'clientAuth' });
          const impostor = await authority.issue('alpha', { by: 'self', usage: 'clientAuth' });
          const shown = { right: own, wrong: impostor, none: undefined }[which];
          await withStations(async (stations) => {
            const options = { ...keyOf(shows), ca: own.certificate };
            const tls = { options, clientCertificate: 'required' } as const;
            await withOwnPort(stations.station, { tls }, async ({ port }) => {
              const words = ['--cacert', root.certificateFile, ...clientWords(shown)];
              const message = await messageByOpenssl(stations);
              const { answer } = await postByCurl(`https://localhost:${port}/as2`, message, words);
              if (comesIn) await assertTaken(stations, answer);
              else assert.deepEqual([answer, stations.station.messages.length], [undefined, 0]);
            });
          });
        });
      });
    }
  });

  describe('the Test button', () => {
    for (const [what, server, client, failed, code] of [
      ['passes when both certificates are in place', 'right', 'right', undefined, undefined],
      ['fails at an impostor', 'impostor', 'right', 'tls', 'tls-untrusted'],
      ['fails when the client key is a wrong one', 'right', 'wrong', 'http', undefined],
      ['fails when there is no client key', 'right', 'none', 'http', undefined],
    ] as const) {
      it(what, async () => {
        await withCertificate(async ({ authority, root, shows, directory }) => {
          const another = await TlsAuthority.open(join(directory, 'another'));
          const shown = server === 'right' ? shows : await another.issue('localhost');
          const chain = server === 'right' ? shown : await another.withChain(shown, another.root);
          const own = {
            right: await authority.issue('alpha', { usage: 'clientAuth' }),
            wrong: await another.issue('alpha', { usage: 'clientAuth' }),
            none: undefined,
          }[client];
          await withStations(async ({ alpha, beta, station }) => {
            const options = { ...keyOf(chain), ca: root.certificate };
            const tls = { options, clientCertificate: 'required' } as const;
            await withOwnPort(station, { tls }, async ({ port }) => {
              const url = `https://localhost:${port}/as2`;
              const test = await testConnection({
                partner: 'beta',
                relationship: () => relationshipOf(alpha, beta, { url, connection: trusting(root, own) }),
                message: { spool: async () => station.spool },
              });
              const step = test.steps.find(({ state }) => state === 'failed');
              assert.equal(step?.step, failed, JSON.stringify(step));
              if (code !== undefined) {
                assert.equal(step?.state === 'failed' ? step.error?.code : undefined, code);
              }
              assert.equal(station.messages.length, failed === undefined ? 1 : 0);
            });
          });
        });
      });
    }
  });

  it('Transport layer security (TLS): version 1.2 or higher (curl is the sender)', async () => {
    await withCertificate(async ({ root, shows }) => {
      await withStations(async (stations) => {
        await withOwnPort(stations.station, { tls: { options: keyOf(shows) } }, async ({ port }) => {
          for (const [most, comesIn] of [
            ['1.0', false],
            ['1.1', false],
            ['1.2', true],
            ['1.3', true],
          ] as const) {
            const words = ['--cacert', root.certificateFile, '--ciphers', 'ALL:@SECLEVEL=0'];
            const message = await messageByOpenssl(stations);
            const url = `https://localhost:${port}/as2`;
            const { answer } = await postByCurl(url, message, [...words, '--tlsv1.0', '--tls-max', most]);
            assert.equal(answer?.status, comesIn ? 200 : undefined, `TLS ${most}`);
          }
        });
      });
    });
  });
});

function clientWords(shown: Issued | undefined): string[] {
  return shown ? ['--cert', shown.certificateFile, '--key', shown.keyFile] : [];
}
