import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificates } from '../../src/pki';
import { packageRoot } from '../support/paths';
import {
  assertArrived,
  assertRefused,
  assertTaken,
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
import { type ProxyKind, withProxy } from './tools/proxies';

/** The lines of a block of settings in a document, without comments. */
function linesOf(document: string, heading: string, language: string): string[] {
  const text = readFileSync(join(packageRoot, 'docs', document), 'utf8');
  const [, block = ''] =
    new RegExp(`^#+ ${heading}\\n.*?\`\`\`${language}\\n(.*?)\`\`\``, 'ms').exec(text) ?? [];
  const lines = block.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.filter((line) => line !== '');
}

describe('transfer: the settings in docs/listener.md', () => {
  it('for nginx: a client certificate is passed on, and what a sender says itself is not', async () => {
    const lines = linesOf('listener.md', 'Behind a reverse proxy', 'nginx');
    const start = lines.findIndex((line) => line.startsWith('location'));
    const end = lines.indexOf('}', start);
    // Those of the test in their places: port, certificate, and where it leads to.
    const server = lines.slice(1, start).filter((line) => !/^(listen|ssl_certificate)/.test(line));
    const location = lines.slice(start + 1, end).filter((line) => !line.startsWith('proxy_pass'));
    assert.ok(server.length > 0 && location.length > 0);
    await withCertificate(async ({ authority, root, shows }) => {
      const right = await authority.issue('alpha', { usage: 'clientAuth' });
      const other = await authority.issue('gamma', { usage: 'clientAuth' });
      const inbound = {
        clientCertificates: readCertificates(right.certificate),
        addresses: ['127.0.0.0/8'],
      };
      const trustedProxies = { addresses: ['127.0.0.1'], certificateHeader: 'X-Client-Cert' };
      await withStations(
        async (stations) => {
          const upstream = originOf(stations.station.url);
          await withNginx({ tls: shows, upstream, server, location }, async (nginx) => {
            await assertArrived(stations, await stations.send(nginx.url, trusting(root, right)));
            const refused = await stations.send(nginx.url, trusting(root, other));
            assert.equal(refused.error?.code, 'http-forbidden');
            const headers = {
              'X-Client-Cert': encodeURIComponent(right.certificate),
              Forwarded: 'for=192.0.2.1;proto=http',
            };
            const forged = await messageByOpenssl(stations, { headers });
            const { answer } = await postByCurl(`${nginx.url}/as2`, forged, [
              '--cacert',
              root.certificateFile,
            ]);
            assert.equal(answer?.status, 403);
            const shown = [
              '--cacert',
              root.certificateFile,
              '--cert',
              right.certificateFile,
              '--key',
              right.keyFile,
            ];
            const mine = await messageByOpenssl(stations, { headers });
            await assertTaken(stations, (await postByCurl(`${nginx.url}/as2`, mine, shown)).answer);
          });
        },
        { partner: { inbound }, trustedProxies },
      );
    });
  });
});

describe('transfer: the settings in docs/connections.md', () => {
  for (const kind of ['squid', 'tinyproxy'] as const satisfies readonly ProxyKind[]) {
    it(`for ${kind}: it leads to the port that is named, with the login, and to no other one`, async () => {
      const lines = linesOf('connections.md', kind, 'conf');
      assert.ok(lines.length > 0);
      await withCertificate(async ({ root, shows }) => {
        await withStations(async (stations) => {
          await withOwnPort(stations.station, { tls: { options: keyOf(shows) } }, async ({ port }) => {
            await withOwnPort(stations.station, { tls: { options: keyOf(shows) } }, async (closed) => {
              const login = { username: 'we', password: 'secret' };
              const documented = lines.map((line) =>
                line.replace('4080', String(port)).replace('as2.partner.example', 'localhost'),
              );
              await withProxy(kind, { login, documented }, async ({ url }) => {
                const through = (user: string) => ({
                  ...trusting(root),
                  proxy: { url: url.replace('//', `//${user}@`) },
                });
                const here = `https://localhost:${port}`;
                await assertArrived(stations, await stations.send(here, through('we:secret')));
                stations.station.messages.length = 0;
                const wrong = assertRefused(stations, await stations.send(here, through('we:wrong')));
                assert.equal(wrong.code, 'proxy-unauthorized');
                const elsewhere = await stations.send(
                  `https://localhost:${closed.port}`,
                  through('we:secret'),
                );
                assert.equal(assertRefused(stations, elsewhere).code, 'proxy-refused');
              });
            });
          });
        });
      });
    });
  }
});
