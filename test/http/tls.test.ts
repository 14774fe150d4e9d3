import assert from 'node:assert/strict';
import type { TlsOptions } from 'node:tls';
import { bufferSource } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { type ConnectionSettings, createHttpClient, type PostResponse } from '../../src/http';
import { Headers } from '../../src/mime';
import { testKeyPair } from '../support/keys';
import { type Listener, withHttpServer, withHttpsServer } from '../partner/servers';

const DAY_MS = 24 * 3_600_000;

describe('http: TLS', () => {
  it('TLS-03: reaches a partner whose own certificate is entered as trusted', async () => {
    const server = await testKeyPair('localhost');
    await withHttpsServer(tlsOf(server), ok, async (url) => {
      const { status } = await post(url, { tls: { ca: server.certificatePem } });
      assert.equal(status, 200);
    });
  });

  it('TLS-03: does not trust a certificate that nobody entered, and says what to do', async () => {
    const server = await testKeyPair('localhost');
    const other = await testKeyPair('other');
    await withHttpsServer(tlsOf(server), ok, async (url) => {
      for (const tls of [{}, { ca: other.certificatePem }]) {
        const error = await failure(url, { tls });
        assert.equal(error.code, 'tls-untrusted');
        assert.match(error.message, /enter it .* as trusted TLS certificate/);
      }
    });
  });

  it('TLS-04: refuses the certificate of another host', async () => {
    const other = await testKeyPair('other');
    await withHttpsServer(tlsOf(other), ok, async (url) => {
      const error = await failure(url, { tls: { ca: other.certificatePem } });
      assert.equal(error.code, 'tls-wrong-name');
    });
  });

  it('refuses an expired certificate, also a trusted one', async () => {
    const expired = await testKeyPair('localhost', {
      notBefore: new Date(Date.now() - 10 * DAY_MS),
      validDays: 5,
    });
    await withHttpsServer(tlsOf(expired), ok, async (url) => {
      const error = await failure(url, { tls: { ca: expired.certificatePem } });
      assert.equal(error.code, 'tls-expired');
      assert.match(error.message, /not the one for AS2 messages/);
    });
  });

  it('TLS-01: speaks nothing below TLS 1.2', async () => {
    const server = await testKeyPair('localhost');
    const old = {
      ...tlsOf(server),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    } as const;
    await withHttpsServer(old, ok, async (url) => {
      assert.equal((await failure(url, { tls: { ca: server.certificatePem } })).code, 'tls-version');
    });
  });

  it('TLS-05: shows a client certificate where the partner wants one', async () => {
    const server = await testKeyPair('localhost');
    const client = await testKeyPair('client');
    const demanding: TlsOptions = { ...tlsOf(server), requestCert: true, ca: client.certificatePem };
    const withOwn = { key: client.privateKeyPem, cert: client.certificatePem };
    await withHttpsServer(demanding, ok, async (url) => {
      const ca = server.certificatePem;
      assert.equal((await post(url, { tls: { ca, options: withOwn } })).status, 200);
      assert.match(
        (await failure(url, { tls: { ca } })).code,
        /^tls-client-certificate-required$|^http-connection-lost$/,
      );
    });
  });

  it('sends user name and password over TLS only to where they belong', async () => {
    const server = await testKeyPair('localhost');
    const echo: Listener = (request, response) => {
      response.end(request.headers.authorization ?? 'none');
    };
    await withHttpsServer(tlsOf(server), echo, async (url) => {
      const tls = { ca: server.certificatePem };
      const expected = `Basic ${Buffer.from('us:er').toString('base64')}`;
      const credentials = { username: 'us', password: 'er' };
      assert.equal((await post(url, { tls, credentials })).body.toString(), expected);
      assert.equal((await post(url.replace('//', '//us:e%72@'), { tls })).body.toString(), expected);
      assert.equal((await post(url, { tls })).body.toString(), 'none');
    });
  });

  it('TLS-04: sends nothing when the check of certificates is switched off', async () => {
    let requests = 0;
    const server = await testKeyPair('localhost');
    const count: Listener = (_request, response) => {
      requests++;
      response.end();
    };
    await withHttpsServer(tlsOf(server), count, async (url) => {
      const error = await failure(url, { tls: { options: { rejectUnauthorized: false } } });
      assert.equal(error.code, 'tls-verification-off');
      assert.equal(requests, 0);
    });
  });

  it('says when the TLS settings themselves are wrong', async () => {
    const error = await failure('https://localhost:9/', {
      tls: { options: { key: 'no key', cert: 'no certificate' } },
    });
    assert.equal(error.code, 'tls-options-unreadable');
  });

  it('says when the port does not speak TLS, and the other way round', async () => {
    await withHttpServer(ok, async (url) => {
      assert.equal((await failure(url.replace('http:', 'https:'))).code, 'tls-failed');
    });
    const server = await testKeyPair('localhost');
    await withHttpsServer(tlsOf(server), ok, async (url) => {
      const { code } = await failure(url.replace('https:', 'http:'));
      assert.match(code, /^http-response-malformed$|^http-connection-lost$/);
    });
  });
});

const ok: Listener = (request, response) => {
  request.resume();
  response.end('ok');
};

function tlsOf({
  privateKeyPem,
  certificatePem,
}: {
  privateKeyPem: string;
  certificatePem: string;
}): TlsOptions {
  return { key: privateKeyPem, cert: certificatePem };
}

async function post(url: string, settings?: ConnectionSettings): Promise<PostResponse> {
  const client = createHttpClient(settings);
  try {
    return await client.post({
      url,
      headers: Headers.fromPairs([]),
      body: bufferSource(Buffer.from('body')),
    });
  } finally {
    client.close();
  }
}

async function failure(url: string, settings?: ConnectionSettings): Promise<As2Error> {
  const error = await post(url, settings).then(
    ({ status }) => assert.fail(`no error but status ${status}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof As2Error, String(error));
  return error;
}
