import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readCertificates } from '../../src/pki';
import {
  assertTaken,
  type Certified,
  keyOf,
  messageByOpenssl,
  type Stations,
  withCertificate,
  withOwnPort,
  withStations,
} from './stations';
import { postByOpenssl } from './tools/openssl-client';
import { type Issued, TlsAuthority } from './tools/tls-authority';

const WEAK = ['-cipher', 'ALL:@SECLEVEL=0'];

describe('transfer: openssl s_client', () => {
  describe('speaks a version of TLS with an own port:', () => {
    for (const [words, minVersion, works] of [
      [['-tls1', ...WEAK], undefined, false],
      [['-tls1_1', ...WEAK], undefined, false],
      [['-tls1_2'], undefined, true],
      [['-tls1_3'], undefined, true],
      [['-tls1_2'], 'TLSv1.3', false],
      [['-tls1_3'], 'TLSv1.3', true],
    ] as const) {
      it(`TLS-01: ${words[0]}, with ${minVersion ?? 'nothing'} as the least in the settings`, async () => {
        await withCertificate(async ({ root, shows }) => {
          await withStations(async (stations) => {
            const tls = { options: keyOf(shows), ...(minVersion ? { minVersion } : {}) };
            await withOwnPort(stations.station, { tls }, async ({ port }) => {
              const message = await messageByOpenssl(stations);
              const { answer, complaints } = await postByOpenssl(message, { port, trusts: root, words });
              if (works) {
                await assertTaken(stations, answer);
                return;
              }
              assert.equal(answer, undefined);
              assert.match(complaints, /alert protocol version/i);
            });
          });
        });
      });
    }
  });

  describe('TLS-05: shows a client certificate where one is required:', () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      for (const [who, which, comesIn] of [
        ['the one that was imported', 'imported', true],
        ['one of another authority that was imported itself', 'foreign', true],
        ['one of an authority that is trusted', 'issued', true],
        ['one of another authority, of the same name', 'wrong', false],
        ['one of a trusted authority that is for servers', 'server', false],
        ['one that has expired', 'expired', false],
        ['one that is not yet valid', 'future', false],
        ['none', 'none', false],
      ] as const) {
        it(`${who} ${comesIn ? 'is let in' : 'is refused'}, with ${version}`, async () => {
          await withCertificate(async (certified) => {
            const { shows, root } = certified;
            const own = await clientCertificate(certified, which);
            await withStations(async (stations) => {
              const isImported = which === 'imported' || which === 'foreign';
              const ca = isImported && own ? own.certificate : root.certificate;
              const tls = { options: { ...keyOf(shows), ca }, clientCertificate: 'required' } as const;
              await withOwnPort(stations.station, { tls }, async ({ port }) => {
                const { answer } = await posted(stations, { port, root, own, version });
                if (comesIn) await assertTaken(stations, answer);
                else assert.equal(answer, undefined);
                assert.equal(stations.station.messages.length, comesIn ? 1 : 0);
              });
            });
          });
        });
      }
    }

    it('another one counts for new connections when it was exchanged', async () => {
      await withCertificate(async ({ authority, root, shows }) => {
        const [first, second] = [
          await authority.issue('alpha', { usage: 'clientAuth', by: 'self' }),
          await authority.issue('alpha', { usage: 'clientAuth', by: 'self' }),
        ];
        await withStations(async (stations) => {
          const tls = { options: keyOf(shows), clientCertificate: 'required' } as const;
          await withOwnPort(stations.station, { tls }, async (listener) => {
            const { port } = listener;
            const comesIn = async (own: Issued): Promise<boolean> => {
              const { answer } = await posted(stations, { port, root, own, version: '-tls1_3' });
              return answer?.status === 200;
            };
            listener.trustClients([first.certificate]);
            assert.deepEqual([await comesIn(first), await comesIn(second)], [true, false]);
            listener.trustClients([first.certificate, second.certificate]);
            assert.deepEqual([await comesIn(first), await comesIn(second)], [true, true]);
            listener.trustClients([second.certificate]);
            assert.deepEqual([await comesIn(first), await comesIn(second)], [false, true]);
          });
        });
      });
    });
  });

  describe('TLS-05: shows a client certificate that is bound to the partner:', () => {
    for (const [who, which, status] of [
      ['the right one', 'issued', 200],
      ['that of somebody else', 'other', 403],
      ['none', 'none', 403],
    ] as const) {
      it(`${who}: ${status}`, async () => {
        await withCertificate(async (certified) => {
          const { authority, root, shows } = certified;
          const right = await authority.issue('alpha', { usage: 'clientAuth' });
          const own = {
            issued: right,
            other: await authority.issue('gamma', { usage: 'clientAuth' }),
            none: undefined,
          }[which];
          const partner = { inbound: { clientCertificates: readCertificates(right.certificate) } };
          await withStations(
            async (stations) => {
              const options = { ...keyOf(shows), ca: root.certificate };
              const tls = { options, clientCertificate: 'wanted' } as const;
              await withOwnPort(stations.station, { tls }, async ({ port }) => {
                const { answer } = await posted(stations, { port, root, own, version: '-tls1_3' });
                assert.equal(answer?.status, status, answer?.body.toString());
                assert.equal(stations.station.messages.length, status === 200 ? 1 : 0);
              });
            },
            { partner },
          );
        });
      });
    }
  });
});

interface Posting {
  readonly port: number;
  readonly root: Issued;
  readonly own: Issued | undefined;
  readonly version: string;
}

async function posted(stations: Stations, { port, root, own, version }: Posting) {
  const shown = own ? { shows: own } : {};
  return postByOpenssl(await messageByOpenssl(stations), { port, trusts: root, words: [version], ...shown });
}

async function clientCertificate(
  { authority, directory }: Certified,
  which: 'imported' | 'foreign' | 'issued' | 'wrong' | 'server' | 'expired' | 'future' | 'none',
): Promise<Issued | undefined> {
  const usage = 'clientAuth';
  switch (which) {
    case 'imported':
      return authority.issue('alpha', { usage, by: 'self' });
    case 'issued':
      return authority.issue('alpha', { usage });
    case 'foreign':
    case 'wrong': {
      const another = await TlsAuthority.open(join(directory, 'another'));
      return another.issue('alpha', { usage });
    }
    case 'server':
      return authority.issue('alpha', { usage: 'serverAuth' });
    case 'expired':
      return authority.issue('alpha', { usage, fromDay: -20, untilDay: -1 });
    case 'future':
      return authority.issue('alpha', { usage, fromDay: 1 });
    case 'none':
      return undefined;
  }
}
