import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { As2ErrorCode } from '../../src/errors';
import type { TlsSettings } from '../../src/http';
import {
  assertArrived,
  assertRefused,
  type Certified,
  originOf,
  type Stations,
  trusting,
  withCertificate,
  withStations,
} from './stations';
import { type OpensslServer, withOpensslServer } from './tools/openssl-server';
import { fingerprintOf, type Issued, TlsAuthority } from './tools/tls-authority';

/** What a server shows and what the sender knows of it. */
type Case = (certified: Certified) => Promise<{ readonly shows: Issued; readonly tls: TlsSettings }>;

const CASES: readonly (readonly [title: string, code: As2ErrorCode | undefined, make: Case])[] = [
  [
    'TLS-03: one of an authority of its own, which is trusted',
    undefined,
    async ({ root, shows }) => ({ shows, tls: { ca: root.certificate } }),
  ],
  [
    'TLS-03: one of an authority of its own, which alone is trusted',
    undefined,
    async ({ root, shows }) => ({ shows, tls: { ca: root.certificate, onlyOwnCa: true } }),
  ],
  [
    'TLS-03: one of an authority nobody knows',
    'tls-chain-incomplete',
    async ({ shows }) => ({ shows, tls: {} }),
  ],
  [
    'TLS-03: one of an authority nobody knows, with the whole chain',
    'tls-untrusted',
    async ({ authority, root, shows }) => ({ shows: await authority.withChain(shows, root), tls: {} }),
  ],
  [
    'TLS-03: one that is trusted for itself, without its authority',
    undefined,
    async ({ shows }) => ({ shows, tls: { ca: shows.certificate } }),
  ],
  [
    'TLS-03: a self-signed one that nobody knows',
    'tls-untrusted',
    async ({ authority }) => ({ shows: await authority.issue('localhost', { by: 'self' }), tls: {} }),
  ],
  [
    'TLS-03: a self-signed one that is trusted',
    undefined,
    async ({ authority }) => {
      const shows = await authority.issue('localhost', { by: 'self' });
      return { shows, tls: { ca: shows.certificate } };
    },
  ],
  [
    'TLS-04: a self-signed one that is pinned',
    undefined,
    async ({ authority }) => {
      const shows = await authority.issue('localhost', { by: 'self' });
      return { shows, tls: { pins: [fingerprintOf(shows)] } };
    },
  ],
  [
    'TLS-04: one whose public key is pinned',
    undefined,
    async ({ shows }) => ({ shows, tls: { pins: [`sha256/${keyDigest(shows)}`] } }),
  ],
  [
    'TLS-04: one for another name that is pinned',
    undefined,
    async ({ authority }) => {
      const shows = await authority.issue('other', { hosts: ['other.example'] });
      return { shows, tls: { pins: [fingerprintOf(shows)] } };
    },
  ],
  [
    'TLS-04: a good one, but another one is pinned',
    'tls-pin-differs',
    async ({ authority, root, shows }) => {
      const other = await authority.issue('localhost');
      return { shows, tls: { ca: root.certificate, pins: [fingerprintOf(other)] } };
    },
  ],
  [
    'TLS-04: the certificate of its authority is pinned, which is not its own',
    'tls-pin-differs',
    async ({ authority, root, shows }) => ({
      shows: await authority.withChain(shows, root),
      tls: { pins: [fingerprintOf(root)] },
    }),
  ],
  [
    'TLS-04: an expired one',
    'tls-expired',
    async ({ authority, root }) => ({
      shows: await authority.issue('localhost', { fromDay: -30, untilDay: -1 }),
      tls: { ca: root.certificate },
    }),
  ],
  [
    'TLS-04: one that is not yet valid',
    'tls-not-yet-valid',
    async ({ authority, root }) => ({
      shows: await authority.issue('localhost', { fromDay: 1 }),
      tls: { ca: root.certificate },
    }),
  ],
  [
    'TLS-04: one for another name',
    'tls-wrong-name',
    async ({ authority, root }) => ({
      shows: await authority.issue('other', { hosts: ['other.example', '10.1.2.3'] }),
      tls: { ca: root.certificate },
    }),
  ],
  [
    'TLS-04: one whose common name alone would fit',
    'tls-wrong-name',
    async ({ authority, root }) => ({
      shows: await authority.issue('localhost', { hosts: ['other.example'] }),
      tls: { ca: root.certificate },
    }),
  ],
  [
    'TLS-04: one for another name, which is the name that is expected',
    undefined,
    async ({ authority, root }) => ({
      shows: await authority.issue('other', { hosts: ['as2.partner.example'] }),
      tls: { ca: root.certificate, servername: 'as2.partner.example' },
    }),
  ],
  [
    'TLS-04: one for clients',
    'tls-wrong-purpose',
    async ({ authority, root }) => ({
      shows: await authority.issue('localhost', { usage: 'clientAuth' }),
      tls: { ca: root.certificate },
    }),
  ],
  [
    'TLS-04: one that another one issued which is no authority',
    'tls-issuer-no-authority',
    async ({ authority, root, shows }) => {
      const false_ = await authority.issue('localhost', { by: shows });
      return { shows: await authority.withChain(false_, shows), tls: { ca: root.certificate } };
    },
  ],
  [
    'TLS-03: one of an intermediate authority, with the whole chain',
    undefined,
    async (certified) => {
      const { own, between } = await withIntermediate(certified);
      const shows = await certified.authority.withChain(own, between);
      return { shows, tls: { ca: certified.root.certificate } };
    },
  ],
  [
    'TLS-03: one of an intermediate authority, which it does not send',
    'tls-chain-incomplete',
    async (certified) => {
      const { own } = await withIntermediate(certified);
      return { shows: own, tls: { ca: certified.root.certificate } };
    },
  ],
  [
    'TLS-03: one of an intermediate authority, which it does not send, but which is trusted',
    undefined,
    async (certified) => {
      const { own, between } = await withIntermediate(certified);
      return { shows: own, tls: { ca: between.certificate } };
    },
  ],
  [
    'TLS-03: one of an authority with the same name as the trusted one',
    'tls-untrusted',
    async ({ root, directory }) => {
      const impostor = await TlsAuthority.open(join(directory, 'impostor'));
      const shows = await impostor.withChain(await impostor.issue('localhost'), impostor.root);
      return { shows, tls: { ca: root.certificate } };
    },
  ],
];

describe('transfer: openssl s_server', () => {
  describe('shows a certificate:', () => {
    for (const [title, code, make] of CASES) {
      it(`${title}: ${code ?? 'the message arrives'}`, async () => {
        await withCertificate(async (certified) => {
          const { shows, tls } = await make(certified);
          await atServer({ shows }, async (stations, server) => {
            const outcome = await stations.send(server.url, { tls });
            if (code === undefined) {
              await assertArrived(stations, outcome);
              return;
            }
            const error = assertRefused(stations, outcome);
            assert.equal(error.code, code, error.message);
            assert.equal(server.receivedBytes(), 0, 'not a byte goes to a server that is not the right one');
          });
        });
      });
    }
  });

  describe('speaks a version of TLS:', () => {
    const weak = ['-cipher', 'ALL:@SECLEVEL=0'];
    for (const [words, minVersion, works] of [
      [['-tls1', ...weak], undefined, false],
      [['-tls1_1', ...weak], undefined, false],
      [['-tls1_2'], undefined, true],
      [['-tls1_3'], undefined, true],
      [['-tls1_2'], 'TLSv1.3', false],
      [['-tls1_3'], 'TLSv1.3', true],
      [['-tls1_2'], 'TLSv1.2', true],
    ] as const) {
      it(`TLS-01: ${words[0]}, with ${minVersion ?? 'nothing'} as the least in the settings`, async () => {
        await withCertificate(async ({ root, shows }) => {
          await atServer({ shows, words }, async (stations, server) => {
            const tls = { ca: root.certificate, ...(minVersion ? { minVersion } : {}) };
            const outcome = await stations.send(server.url, { tls });
            if (works) await assertArrived(stations, outcome);
            else assert.equal(assertRefused(stations, outcome).code, 'tls-version');
          });
        });
      });
    }
  });

  describe('wants a client certificate:', () => {
    for (const version of ['-tls1_2', '-tls1_3'] as const) {
      for (const [who, code] of [
        ['right', undefined],
        ['wrong', 'tls-client-certificate-refused'],
        ['none', 'tls-client-certificate-required'],
      ] as const) {
        it(`TLS-05: the ${who} one, with ${version}`, async () => {
          await withCertificate(async ({ authority, root, shows, directory }) => {
            const another = await TlsAuthority.open(join(directory, 'another'));
            const own = {
              right: await authority.issue('alpha', { usage: 'clientAuth' }),
              wrong: await another.issue('alpha', { usage: 'clientAuth' }),
              none: undefined,
            }[who];
            const words = ['-Verify', '2', '-verify_return_error', '-CAfile', root.certificateFile, version];
            await atServer({ shows, words }, async (stations, server) => {
              const outcome = await stations.send(server.url, trusting(root, own));
              if (code === undefined) {
                await assertArrived(stations, outcome);
                return;
              }
              const error = assertRefused(stations, outcome);
              // With TLS 1.2 no certificate is a failed handshake; a connection that breaks may say nothing.
              assert.match(error.code, new RegExp(`^(?:${code}|tls-refused|http-connection-lost)$`));
              assert.equal(server.receivedBytes(), 0);
            });
          });
        });
      }
    }

    it('TLS-05: none, and it does without', async () => {
      await withCertificate(async ({ root, shows }) => {
        const words = ['-verify', '2', '-CAfile', root.certificateFile];
        await atServer({ shows, words }, async (stations, server) => {
          await assertArrived(stations, await stations.send(server.url, trusting(root)));
        });
      });
    });
  });

  for (const cipher of [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-SHA256',
  ]) {
    it(`TLS-01: knows ${cipher} only, with TLS 1.2`, async () => {
      await withCertificate(async ({ root, shows }) => {
        await atServer({ shows, words: ['-tls1_2', '-cipher', cipher] }, async (stations, server) => {
          await assertArrived(stations, await stations.send(server.url, trusting(root)));
        });
      });
    });
  }
});

async function atServer(
  options: { readonly shows: Issued; readonly words?: readonly string[] },
  work: (stations: Stations, server: OpensslServer) => Promise<void>,
): Promise<void> {
  await withStations(async (stations) => {
    await withOpensslServer({ upstream: originOf(stations.station.url), ...options }, async (server) =>
      work(stations, server),
    );
  });
}

async function withIntermediate({ authority }: Certified): Promise<{ own: Issued; between: Issued }> {
  const between = await authority.issue('Between', { usage: 'authority' });
  return { between, own: await authority.issue('localhost', { by: between }) };
}

/** SHA-256 of the SubjectPublicKeyInfo, base64. */
function keyDigest({ certificate }: Issued): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}
