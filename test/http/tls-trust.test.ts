import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { bufferSource } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { createHttpClient, type PostResponse, type TlsSettings } from '../../src/http';
import { Headers } from '../../src/mime';
import { testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { OpensslAuthority } from '../support/openssl-authority';
import { withOpensslServer } from '../support/openssl-server';
import { withTempDirectory } from '../support/temp';

const DAY_MS = 24 * 3_600_000;

describe('http: whom a client trusts (certificates made by OpenSSL)', () => {
  it('TLS-04: a pin of the certificate or of its public key takes the place of name and issuer', () =>
    withAuthority(async (authority) => {
      const cert = await authority.issueRoot('another name');
      const key = await authority.privateKey('another name');
      const { bytes } = await withServer({ key, cert }, async ({ url }) => {
        for (const pin of await pinsOf(cert)) {
          assert.equal((await post(url, { pins: [pin] })).status, 200, pin);
        }
      });
      assert.ok(bytes > 0);
    }));

  it('TLS-04: an impostor is refused: another certificate than the pinned one gets not one byte', () =>
    withAuthority(async (authority) => {
      const pinned = await authority.issueRoot('localhost');
      const { cert, key, root } = await issueFor(authority, 'localhost');
      const seen = await withServer({ key, cert }, async ({ url }) => {
        const pins = await pinsOf(pinned);
        // Also when an authority vouches for it.
        for (const tls of [{ pins }, { pins, ca: root }]) {
          const error = await failure(url, tls);
          assert.equal(error.code, 'tls-pin-differs');
          assert.equal(error.facts.fingerprint, (await fingerprintOf(cert)).split('=')[1]);
          assert.match(error.message, /If the partner confirms this fingerprint, enter it/);
        }
      });
      assert.deepEqual(seen, { requests: 0, bytes: 0 });
    }));

  it('TLS-04: a certificate that was changed while running is refused, until its pin is entered beside the old one', () =>
    withAuthority(async (authority) => {
      const before = await authority.issueRoot('before');
      const after = await authority.issueRoot('after');
      const [old] = await pinsOf(before);
      const [next] = await pinsOf(after);
      assert.ok(old !== undefined && next !== undefined);
      await withServer(
        { key: await authority.privateKey('before'), cert: before },
        async ({ url, server }) => {
          const narrow = createHttpClient({ tls: { pins: [old] } });
          const wide = createHttpClient({ tls: { pins: [old, next] } });
          try {
            assert.equal((await narrow.post(requestTo(url))).status, 200);
            assert.equal((await wide.post(requestTo(url))).status, 200);
            server.setSecureContext({ key: await authority.privateKey('after'), cert: after });
            server.closeAllConnections();
            assert.equal((await failureOf(narrow.post(requestTo(url)))).code, 'tls-pin-differs');
            assert.equal((await wide.post(requestTo(url))).status, 200);
          } finally {
            narrow.close();
            wide.close();
          }
        },
      );
    }));

  it('a pin that cannot be one is told at once', async () => {
    for (const pin of ['', 'sha1/AAAA', 'ab:cd', 'x'.repeat(64)]) {
      const error = await failure('https://localhost:9', { pins: [pin] });
      assert.equal(error.code, 'tls-pin-unreadable');
      assert.match(error.message, /64 hexadecimal digits/);
    }
  });

  it('TLS-03: an own authority is trusted beside those of the system, or alone', () =>
    withAuthority(async (authority) => {
      const ours = await issueFor(authority, 'localhost');
      const other = await authority.issueRoot('other');
      await withServer(ours, async ({ url }) => {
        // What Node trusts otherwise is played by options.ca.
        const options = { ca: ours.root };
        assert.equal((await post(url, { ca: ours.root })).status, 200);
        assert.equal((await post(url, { ca: ours.root, onlyOwnCa: true })).status, 200);
        assert.equal((await post(url, { ca: other, options })).status, 200);
        const error = await failure(url, { ca: other, onlyOwnCa: true, options });
        assert.equal(error.code, 'tls-chain-incomplete');
        assert.equal((await failure(url, { onlyOwnCa: true })).code, 'tls-options-unreadable');
      });
    }));

  it('TLS-03: the exported certificate of the server is trusted for itself, whoever issued it', () =>
    withAuthority(async (authority) => {
      const { cert, key } = await issueFor(authority, 'localhost');
      await withServer({ cert, key }, async ({ url }) => {
        assert.equal((await post(url, { ca: cert, onlyOwnCa: true })).status, 200);
      });
    }));

  it('an incomplete chain is told from an unknown authority, with names and fingerprint', () =>
    withAuthority(async (authority) => {
      const { root, middle, cert, key } = await issueBelow(authority, 'localhost');
      await withServer({ cert, key }, async ({ url }) => {
        const error = await failure(url, { ca: root });
        assert.equal(error.code, 'tls-chain-incomplete');
        assert.equal(error.facts.issuer, 'middle');
        assert.match(error.message, /send its intermediate certificates too/);
        assert.equal((await post(url, { ca: middle })).status, 200);
      });
      await withServer({ cert: cert + middle, key }, async ({ url }) => {
        assert.equal((await post(url, { ca: root })).status, 200);
        const error = await failure(url, {});
        assert.equal(error.code, 'tls-untrusted');
        assert.equal(error.facts.chain, 'localhost < middle');
        assert.match(error.message, /SHA-256 fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2}/);
      });
    }));

  it('TLS-04: a wrong name is refused with a certificate of an authority, and taken with the exact pin', () =>
    withAuthority(async (authority) => {
      const { root, cert, key } = await issueFor(authority, 'as2.partner.example');
      await withServer({ cert, key }, async ({ url }) => {
        const error = await failure(url, { ca: root });
        assert.equal(error.code, 'tls-wrong-name');
        assert.match(error.message, /as2\.partner\.example/);
        assert.equal((await post(url, { pins: await pinsOf(cert) })).status, 200);
      });
    }));

  it('a certificate that is not valid yet, or no longer, is told with its dates', async () => {
    const early = await testKeyPair('localhost', { notBefore: new Date(Date.now() + 5 * DAY_MS) });
    const late = await testKeyPair('localhost', {
      notBefore: new Date(Date.now() - 9 * DAY_MS),
      validDays: 5,
    });
    for (const [pair, code] of [
      [early, 'tls-not-yet-valid'],
      [late, 'tls-expired'],
    ] as const) {
      const cert = pair.certificatePem;
      await withServer({ cert, key: pair.privateKeyPem }, async ({ url }) => {
        const error = await failure(url, { ca: cert });
        assert.equal(error.code, code);
        assert.match(error.message, /valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d/);
      });
    }
  });

  it('a certificate that was issued for something else than a server is told as such', () =>
    withAuthority(async (authority) => {
      const { root, cert, key } = await issueFor(authority, 'localhost', 'extendedKeyUsage=clientAuth');
      await withServer({ cert, key }, async ({ url }) => {
        assert.equal((await failure(url, { ca: root })).code, 'tls-wrong-purpose');
      });
    }));

  it('TLS-04: one that was issued by a certificate that is no authority is told as such, not as one for something else', () =>
    withAuthority(async (authority) => {
      const { root, middle, cert, key } = await issueBelow(authority, 'localhost', 'CA:FALSE');
      await withServer({ cert: cert + middle, key }, async ({ url }) => {
        const error = await failure(url, { ca: root });
        assert.equal(error.code, 'tls-issuer-no-authority');
        assert.match(error.message, /localhost was issued by middle, .*localhost < middle/);
      });
    }));

  it('TLS-04: the name is always asked for (SNI); another one can be set, and must be in the certificate', () =>
    withAuthority(async (authority) => {
      const { root, cert, key } = await issueFor(authority, 'as2.partner.example');
      const asked: string[] = [];
      const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
        asked.push(name);
        done(null);
      };
      await withServer({ cert, key, SNICallback }, async ({ url }) => {
        await failure(url, { ca: root });
        assert.equal((await post(url, { ca: root, servername: 'as2.partner.example' })).status, 200);
      });
      assert.deepEqual(asked, ['localhost', 'as2.partner.example']);
    }));
});

describe('http: TLS client certificates', () => {
  it('TLS-05: the right one is let in, a wrong one and none are refused', () =>
    withAuthority(async (authority) => {
      const server = await issueFor(authority, 'localhost');
      const { root: issuer, cert, key } = await issueFor(authority, 'client', '', 'client authority');
      const stranger = await issueFor(authority, 'stranger', '', 'strange authority');
      await writeFile(authority.file('issuer.pem'), issuer);
      const files = ['-cert', authority.file('localhost.pem'), '-key', authority.file('localhost.key')];
      const demanding = [
        ...files,
        '-Verify',
        '1',
        '-verify_return_error',
        '-CAfile',
        authority.file('issuer.pem'),
      ];
      const ca = server.root;
      // With TLS 1.2 the server says in the handshake what it thinks of the certificate.
      await withOpensslServer([...demanding, '-tls1_2'], async (url) => {
        assert.equal((await post(url, { ca, cert, key })).status, 200);
        const passphrase = 'secret of the key';
        const encrypted = await encryptedKey(key, passphrase);
        assert.equal((await post(url, { ca, cert, key: encrypted, passphrase })).status, 200);
        const unreadable = await failure(url, { ca, cert, key: encrypted, passphrase: 'another' });
        assert.equal(unreadable.code, 'tls-options-unreadable');
        const refused = await failure(url, { ca, cert: stranger.cert, key: stranger.key });
        assert.equal(refused.code, 'tls-client-certificate-refused');
        assert.match(refused.message, /ask the partner to enter it/);
        const none = await failure(url, { ca });
        assert.equal(none.code, 'tls-refused');
        assert.match(none.message, /wants a client certificate/);
      });
      // With 1.3 it says so afterwards, and its word may be lost when the connection breaks at the same moment.
      await withOpensslServer([...demanding, '-tls1_3'], async (url) => {
        assert.equal((await post(url, { ca, cert, key })).status, 200);
        const none = await failure(url, { ca });
        assert.match(none.code, /^tls-client-certificate-required$|^http-connection-lost$/);
        const wrong = await failure(url, { ca, cert: stranger.cert, key: stranger.key });
        assert.match(wrong.code, /^tls-client-certificate-refused$|^http-connection-lost$/);
      });
    }));

  it('TLS-05: a key of another certificate is told before anything is sent', () =>
    withAuthority(async (authority) => {
      const one = await issueFor(authority, 'one');
      const two = await issueFor(authority, 'two', '', 'authority of two');
      const error = await failure('https://localhost:9', { cert: one.cert, key: two.key });
      assert.equal(error.code, 'tls-options-unreadable');
    }));
});

describe('http: versions of TLS, against openssl s_server', () => {
  const versions = [
    ['-tls1', {}, 'tls-version'],
    ['-tls1_1', {}, 'tls-version'],
    ['-tls1_2', {}, 200],
    ['-tls1_3', {}, 200],
    ['-tls1_2', { minVersion: 'TLSv1.3' }, 'tls-version'],
    ['-tls1_3', { minVersion: 'TLSv1.3' }, 200],
  ] as const;
  for (const [option, settings, expected] of versions) {
    const title = expected === 200 ? 'speaks with' : 'refuses';
    const least = 'minVersion' in settings ? `, when ${settings.minVersion} is the least` : '';
    it(`TLS-01: ${title} s_server ${option}${least}`, () =>
      withAuthority(async (authority) => {
        const ca = await authority.issueRoot('localhost');
        const files = ['-cert', authority.file('localhost.pem'), '-key', authority.file('localhost.key')];
        const server = [option, ...files, '-cipher', 'ALL:@SECLEVEL=0'];
        await withOpensslServer(server, async (url) => {
          const result = await post(url, { ca, ...settings }).then(
            ({ status }) => status,
            (error: unknown) => (error instanceof As2Error ? error.code : error),
          );
          assert.equal(result, expected);
        });
      }));
  }
});

function withAuthority(work: (authority: OpensslAuthority) => Promise<void>): Promise<void> {
  return withTempDirectory((directory) => work(new OpensslAuthority(directory)));
}

interface Issued {
  readonly root: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate of a root of its own. */
async function issueFor(
  authority: OpensslAuthority,
  name: string,
  extension = '',
  rootName = 'root',
): Promise<Issued> {
  const root = await authority.issueRoot(rootName);
  const extensions = authority.file('extensions');
  await writeFile(extensions, `subjectAltName=DNS:${name}\n${extension}\n`);
  const cert = await authority.issue(name, rootName, ['-extfile', extensions]);
  return { root, cert, key: await authority.privateKey(name) };
}

/** A certificate of an authority that a root has issued. */
async function issueBelow(
  authority: OpensslAuthority,
  name: string,
  constraints: 'CA:TRUE' | 'CA:FALSE' = 'CA:TRUE',
): Promise<Issued & { middle: string }> {
  const root = await authority.issueRoot('root');
  const extensions = authority.file('ca-extensions');
  await writeFile(extensions, `basicConstraints=critical,${constraints}\nkeyUsage=keyCertSign\n`);
  const middle = await authority.issue('middle', 'root', ['-extfile', extensions]);
  await writeFile(authority.file('leaf-extensions'), `subjectAltName=DNS:${name}\n`);
  const cert = await authority.issue(name, 'middle', ['-extfile', authority.file('leaf-extensions')]);
  return { root, middle, cert, key: await authority.privateKey(name) };
}

/** All ways to write the fingerprint of a certificate and of its public key. */
async function pinsOf(certificate: string): Promise<string[]> {
  const pem = Buffer.from(certificate);
  const printed = await fingerprintOf(certificate);
  const hex = printed.split('=')[1] ?? '';
  const publicKey = await openssl(['x509', '-pubkey', '-noout'], pem);
  const spki = await openssl(['pkey', '-pubin', '-outform', 'DER'], publicKey);
  const keyDigest = await openssl(['dgst', '-sha256', '-binary'], spki);
  return [
    hex,
    printed,
    hex.replaceAll(':', '').toLowerCase(),
    Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64'),
    keyDigest.toString('base64'),
    `sha256/${keyDigest.toString('base64')}`,
    keyDigest.toString('hex'),
  ];
}

/** `sha256 Fingerprint=AB:CD…` */
async function fingerprintOf(certificate: string): Promise<string> {
  const printed = await openssl(['x509', '-fingerprint', '-sha256', '-noout'], Buffer.from(certificate));
  return printed.toString().trim();
}

async function encryptedKey(key: string, passphrase: string): Promise<string> {
  const pkcs8 = ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-passout', `pass:${passphrase}`];
  return (await openssl(pkcs8, Buffer.from(key))).toString();
}

interface Served {
  readonly url: string;
  readonly server: Server;
  /** What came through, decrypted. */
  readonly seen: { requests: number; bytes: number };
}

/** @returns what the server had seen when all its connections were closed */
async function withServer(
  options: TlsOptions,
  work: (served: Served) => Promise<void>,
): Promise<Served['seen']> {
  const seen = { requests: 0, bytes: 0 };
  const server = createServer(options, (request, response) => {
    seen.requests++;
    request.resume();
    response.end();
  });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => socket.on('close', () => (seen.bytes += socket.bytesRead)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    await work({ url, server, seen });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return seen;
}

async function post(url: string, tls: TlsSettings): Promise<PostResponse> {
  const client = createHttpClient({ tls });
  try {
    return await client.post(requestTo(url));
  } finally {
    client.close();
  }
}

function failure(url: string, tls: TlsSettings): Promise<As2Error> {
  return failureOf(post(url, tls));
}

async function failureOf(answer: Promise<PostResponse>): Promise<As2Error> {
  const error = await answer.then(
    ({ status }) => assert.fail(`no error but status ${status}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof As2Error, String(error));
  return error;
}

function requestTo(url: string): { url: string; headers: Headers; body: ReturnType<typeof bufferSource> } {
  return { url, headers: Headers.fromPairs([]), body: bufferSource(Buffer.from('body')) };
}
