import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { TlsOptions } from 'node:tls';
import { type ConnectionTest, formatConnectionTest } from '../../../src/exchange';
import type { TlsSettings } from '../../../src/http';
import { type Listener, withHttpServer, withHttpsServer } from '../../partner/servers';
import { testKeyPair } from '../../support/keys';
import { OpensslAuthority } from '../../support/openssl-authority';
import { withTempDirectory } from '../../support/temp';
import { done, outline, problems, tested } from './tested';

const DAY_MS = 24 * 3_600_000;
const ok: Listener = (_request, response) => void response.end();

/** What a test of a server with this certificate finds. */
async function against(server: TlsOptions, tls?: TlsSettings): Promise<ConnectionTest> {
  return withHttpsServer(server, ok, async (url) =>
    tested({ url: `${url}/as2`, connection: tls ? { tls } : {} }),
  );
}

async function serverOf(name: string, options = {}): Promise<{ cert: string; key: string }> {
  const { certificatePem, privateKeyPem } = await testKeyPair(name, options);
  return { cert: certificatePem, key: privateKeyPem };
}

function failsAtTls(test: ConnectionTest, code: string): void {
  assert.equal(outline(test), 'settings dns tcp tls! http- message-', formatConnectionTest(test));
  assert.deepEqual(problems(test).tls, [code]);
}

describe('connection test: TLS', () => {
  it("the certificate exported from the server key and imported at the sender makes the test of the trading partner pass; an impostor's does not", async () => {
    const server = await serverOf('localhost');
    const impostor = await serverOf('localhost', { organization: 'Impostor' });
    const imported: TlsSettings = { ca: server.cert, onlyOwnCa: true };
    const test = await against(server, imported);
    assert.equal(test.ok, true, formatConnectionTest(test));
    const { version, trust, certificates } = done(test, 'tls').facts;
    assert.deepEqual([version, trust, certificates?.length], ['TLSv1.3', 'configured', 1]);
    failsAtTls(await against(impostor, imported), 'tls-untrusted');
  });

  it('shows the certificate that is not trusted, so that it can be compared with the partner', async () => {
    const { certificate } = await testKeyPair('localhost');
    const test = await against(await serverOf('localhost'));
    failsAtTls(test, 'tls-untrusted');
    const { certificates, trust } = done(test, 'tls').facts;
    assert.deepEqual(
      certificates?.map((card) => card.fingerprintSha256),
      [certificate.fingerprintSha256],
    );
    assert.equal(trust, undefined);
  });

  it('tells an expired certificate, one that is not yet valid and one of another name apart', async () => {
    const past = { notBefore: new Date(Date.now() - 10 * DAY_MS), validDays: 5 };
    const future = { notBefore: new Date(Date.now() + 2 * DAY_MS), validDays: 5 };
    for (const [name, options, code] of [
      ['localhost', past, 'tls-expired'],
      ['localhost', future, 'tls-not-yet-valid'],
      ['as2.elsewhere.example', {}, 'tls-wrong-name'],
    ] as const) {
      const server = await serverOf(name, options);
      failsAtTls(await against(server, { ca: server.cert }), code);
    }
  });

  it('warns of a certificate that expires soon', async () => {
    const server = await serverOf('localhost', { validDays: 10 });
    const test = await against(server, { ca: server.cert });
    assert.equal(test.ok, true);
    assert.deepEqual(problems(test).tls, ['test-expiry']);
  });

  it('an own CA of OpenSSL: unknown, imported, and with a chain that lacks its middle', async () => {
    await withTempDirectory(async (directory) => {
      const authority = new OpensslAuthority(directory);
      const root = await authority.issueRoot('Test Root');
      const extensions = async (line: string): Promise<string[]> => {
        const file = authority.file('extensions.cnf');
        await writeFile(file, `${line}\n`);
        return ['-extfile', file];
      };
      const isAuthority = await extensions('basicConstraints=critical,CA:true');
      const middle = await authority.issue('Middle', 'Test Root', isAuthority);
      const ofLocalhost = await extensions('subjectAltName=DNS:localhost');
      const own = await authority.issue('localhost', 'Middle', ofLocalhost);
      const key = await authority.privateKey('localhost');

      const complete = await against({ cert: own + middle, key }, { ca: root });
      assert.equal(complete.ok, true, formatConnectionTest(complete));
      const { certificates, names, trust } = done(complete, 'tls').facts;
      assert.deepEqual(
        certificates?.map(({ commonName }) => commonName),
        ['localhost', 'Middle', 'Test Root'],
      );
      assert.deepEqual([names, trust], [['localhost'], 'configured']);
      failsAtTls(await against({ cert: own, key }, { ca: root }), 'tls-chain-incomplete');
      const unknown = await against({ cert: own + middle, key });
      assert.equal(outline(unknown), 'settings dns tcp tls! http- message-');
      assert.equal(done(unknown, 'tls').facts.certificates?.[0]?.commonName, 'localhost');
    });
  });

  it('TLS-04: a pinned certificate passes whatever its name and issuer are; another one does not', async () => {
    const { certificate } = await testKeyPair('as2.elsewhere.example');
    const server = await serverOf('as2.elsewhere.example');
    const test = await against(server, { pins: [certificate.fingerprintSha256] });
    assert.equal(test.ok, true, formatConnectionTest(test));
    assert.equal(done(test, 'tls').facts.trust, 'pin');
    const other = await testKeyPair('other');
    const wrong = await against(server, { pins: [other.certificate.fingerprintSha256] });
    assert.equal(outline(wrong), 'settings dns tcp tls! http- message-');
    assert.equal(
      done(wrong, 'tls').facts.certificates?.[0]?.fingerprintSha256,
      certificate.fingerprintSha256,
    );
  });

  it('client certificate required: the right one passes the test, none and a wrong one fail', async () => {
    const server = await serverOf('localhost');
    const client = await testKeyPair('client');
    const stranger = await testKeyPair('stranger');
    const demanding: TlsOptions = { ...server, requestCert: true, ca: client.certificatePem };
    const showing = ({ certificatePem, privateKeyPem }: typeof client): TlsSettings => ({
      ca: server.cert,
      cert: certificatePem,
      key: privateKeyPem,
    });
    const right = await against(demanding, showing(client));
    assert.equal(right.ok, true, formatConnectionTest(right));
    for (const tls of [{ ca: server.cert }, showing(stranger)]) {
      const test = await against(demanding, tls);
      // With TLS 1.3 the server refuses after the handshake: the first request finds out.
      assert.match(outline(test), /^settings dns tcp (tls! http-|tls http!) message-$/);
    }
  });

  it('fails where the port speaks no TLS', async () => {
    const test = await withHttpServer(ok, async (url) => tested({ url: url.replace('http:', 'https:') }));
    assert.equal(outline(test), 'settings dns tcp tls! http- message-');
    assert.match(problems(test).tls?.[0] ?? '', /^tls-/);
  });
});
