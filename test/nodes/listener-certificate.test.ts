import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type RunningListener, withBobOnListener } from '../support/bob-on-listener';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { withTempDirectory } from '../support/temp';

const LISTENING = { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' } as const;

/** The certificate that a new connection is shown. */
async function shownBy({ port }: RunningListener): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

interface Files {
  readonly directory: string;
  readonly tlsConfig: Readonly<Record<string, string>>;
  put(keyPair: Pick<TestKeyPair, 'certificatePem' | 'privateKeyPem'>): Promise<void>;
}

/** A certificate and its key in files, as programs leave them that renew certificates. */
async function withFiles(work: (files: Files) => Promise<void>): Promise<void> {
  await withTempDirectory(async (directory) => {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    await work({
      directory,
      tlsConfig: { certType: 'files', cert, key },
      async put({ certificatePem, privateKeyPem }) {
        await Promise.all([writeFile(cert, certificatePem), writeFile(key, privateKeyPem)]);
      },
    });
  });
}

describe('as2-listener: certificates rotated while running', () => {
  let now: TestKeyPair;
  let next: TestKeyPair;
  before(async () => {
    now = await testKeyPair('localhost');
    next = await testKeyPair('localhost', { validDays: 90 });
  });

  it('another one in the files of the tls-config is shown to new connections, without a deploy of the listener', () =>
    withFiles(async ({ tlsConfig, put }) => {
      await put(now);
      await withBobOnListener({ tls: true, tlsConfig }, async (running) => {
        const { flow, deploy } = running;
        await flow.statusBecomes('in', LISTENING);
        const open = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false });
        await once(open, 'secureConnect');
        assert.equal(await shownBy(running), now.certificate.x509.fingerprint256);
        await put(next);
        // It is looked at every 15 seconds, and whenever flows start.
        await deploy({ tls: true, tlsConfig, as2In: { name: 'deployed' } });
        await flow.logs('info', /as2-listener\.log\.renewed/);
        assert.equal(await shownBy(running), next.certificate.x509.fingerprint256);
        open.write('GET /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        const [answer] = (await once(open, 'data')) as [Buffer];
        assert.match(answer.toString('latin1'), /^HTTP\/1\.1 405 /, 'a connection of before still works');
        open.destroy();
      });
    }));

  it('a certificate without its key is told once, and the one of before is shown until they fit', () =>
    withFiles(async ({ tlsConfig, put }) => {
      await put(now);
      await withBobOnListener({ tls: true, tlsConfig }, async (running) => {
        const { flow, deploy } = running;
        await flow.statusBecomes('in', LISTENING);
        await put({ ...now, certificatePem: next.certificatePem });
        await deploy({ tls: true, tlsConfig, as2In: { name: 'deployed' } });
        await flow.logs('error', /^The listener cannot use its TLS configuration/);
        assert.equal(await shownBy(running), now.certificate.x509.fingerprint256);
        await flow.statusBecomes('in', LISTENING);
        await put(next);
        await deploy({ tls: true, tlsConfig, as2In: { name: 'deployed again' } });
        await flow.logs('info', /as2-listener\.log\.renewed/);
        assert.equal(await shownBy(running), next.certificate.x509.fingerprint256);
        assert.equal(flow.logged('error').length, 1);
      });
    }));

  it('another one that is deployed with the tls-config is shown', async () => {
    await withBobOnListener({ tls: true }, async (running) => {
      const { flow, deploy } = running;
      await flow.statusBecomes('in', LISTENING);
      assert.equal(await shownBy(running), now.certificate.x509.fingerprint256);
      const { certificatePem: certdata, privateKeyPem: keydata } = next;
      await deploy({
        tls: true,
        tlsConfig: { name: 'of this year' },
        credentials: { tls: { certdata, keydata } },
      });
      await flow.statusBecomes('in', LISTENING);
      assert.equal(await shownBy(running), next.certificate.x509.fingerprint256);
    });
  });
});
