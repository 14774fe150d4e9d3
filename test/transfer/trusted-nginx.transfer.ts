import assert from 'node:assert/strict';
import { readCertificates } from '../../src/pki';
import {
  assertArrived,
  assertRefused,
  assertTaken,
  messageByOpenssl,
  originOf,
  trusting,
  withCertificate,
  withStations,
} from './stations';
import { postByCurl } from './tools/curl';
import { withNginx } from './tools/nginx';

const TRUSTED = { addresses: ['127.0.0.1'], certificateHeader: 'X-Client-Cert' };

/** What an nginx passes on about who has come to it. */
const PASSED_ON = [
  'proxy_set_header X-Client-Cert $ssl_client_escaped_cert;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
];

describe('transfer: nginx that is trusted', () => {
  for (const [who, which, arrives] of [
    ['the one of the partner', 'right', true],
    ['that of somebody else', 'other', false],
    ['none', 'none', false],
  ] as const) {
    it(`TLS-05: passes a client certificate on, which is bound to the partner: ${who}`, async () => {
      await withCertificate(async ({ authority, root, shows }) => {
        const certificates = {
          right: await authority.issue('alpha', { usage: 'clientAuth' }),
          other: await authority.issue('gamma', { usage: 'clientAuth' }),
          none: undefined,
        };
        const clientCertificates = readCertificates(certificates.right.certificate);
        await withStations(
          async (stations) => {
            const upstream = originOf(stations.station.url);
            const server = ['ssl_verify_client optional_no_ca;'];
            await withNginx({ tls: shows, upstream, server, location: PASSED_ON }, async (nginx) => {
              const outcome = await stations.send(nginx.url, trusting(root, certificates[which]));
              if (arrives) await assertArrived(stations, outcome);
              else assert.equal(assertRefused(stations, outcome).code, 'http-forbidden');
            });
          },
          { partner: { inbound: { clientCertificates } }, trustedProxies: TRUSTED },
        );
      });
    });
  }

  for (const [what, trustedProxies, status] of [
    ['is believed', TRUSTED, 200],
    ['is not believed when it is another one that is trusted', { ...TRUSTED, addresses: ['10.9.8.7'] }, 403],
  ] as const) {
    it(`TLS-05: the certificate in a header field ${what}`, async () => {
      await withCertificate(async ({ authority }) => {
        const { certificate } = await authority.issue('alpha', { usage: 'clientAuth' });
        const inbound = { clientCertificates: readCertificates(certificate) };
        await withStations(
          async (stations) => {
            const headers = { 'X-Client-Cert': encodeURIComponent(certificate) };
            const message = await messageByOpenssl(stations, { headers });
            const { answer } = await postByCurl(stations.station.url, message);
            if (status === 200) await assertTaken(stations, answer);
            else assert.equal(answer?.status, status);
          },
          { partner: { inbound }, trustedProxies },
        );
      });
    });
  }

  for (const [what, tls, arrives] of [
    ['is let in over TLS', true, true],
    ['is not asked for without TLS', false, false],
  ] as const) {
    it(`TLS-06: a user name and password that nginx passes on ${what}`, async () => {
      await withCertificate(async ({ root, shows }) => {
        const credentials = { username: 'alpha', password: 'right' };
        await withStations(
          async (stations) => {
            const upstream = originOf(stations.station.url);
            await withNginx(
              { ...(tls ? { tls: shows } : {}), upstream, location: PASSED_ON },
              async (nginx) => {
                if (arrives) {
                  await assertArrived(
                    stations,
                    await stations.send(nginx.url, { ...trusting(root), credentials }),
                  );
                  return;
                }
                const fields = ['-u', 'alpha:right'];
                const { answer } = await postByCurl(
                  `${nginx.url}/as2`,
                  await messageByOpenssl(stations),
                  fields,
                );
                assert.equal(answer?.status, 403);
                assert.equal(stations.station.messages.length, 0);
              },
            );
          },
          { partner: { inbound: { credentials } }, trustedProxies: TRUSTED },
        );
      });
    });
  }
});
