import assert from 'node:assert/strict';
import type { ConnectionSettings } from '../../src/http';
import type { ReceivedMessage } from '../../src/exchange';
import { readCertificates } from '../../src/pki';
import { alphaAndBeta, type PartnerChanges, relationshipOf } from '../partner/parties';
import { withSender } from '../partner/sender';
import { exchangeRaw } from '../hostile/raw-connection';
import { testKeyPair } from '../support/keys';
import { OpensslAuthority } from '../support/openssl-authority';
import { withTempDirectory } from '../support/temp';
import { type HttpsStationOptions, withHttpsStation } from './https-station';

interface Meeting {
  /** How the receiver sees the sender. */
  readonly incoming?: PartnerChanges;
  readonly station?: HttpsStationOptions;
  readonly connection?: ConnectionSettings;
  /** In place of the receiver's own address. */
  readonly url?: (url: string) => string;
}

interface Result {
  readonly error: string | undefined;
  readonly messages: readonly ReceivedMessage[];
}

/** Alpha sends Beta one message over https; Beta's server has the certificate of `localhost`. */
async function meet({
  incoming,
  station = {},
  connection = {},
  url = (own) => own,
}: Meeting): Promise<Result> {
  const { alpha, beta } = await alphaAndBeta();
  let result: Result | undefined;
  const relationships = [relationshipOf(beta, alpha, incoming)];
  await withHttpsStation({ relationships, ...station }, async (receiving) => {
    await withSender(async (sender) => {
      const outgoing = relationshipOf(alpha, beta, { url: url(receiving.url), connection });
      const outcome = await sender.send(outgoing);
      result = { error: outcome.error?.code, messages: [...receiving.messages] };
      if (outcome.ok) assert.equal(outcome.receipt?.micMatches, true);
    });
  });
  return result ?? assert.fail('nobody met');
}

describe('exchange: over HTTPS', () => {
  describe('data-in-motion encryption', () => {
    it('a server key is specified at the receiver, and messages are protected by TLS', async () => {
      const { certificatePem: ca } = await testKeyPair('localhost');
      const { error, messages } = await meet({ connection: { tls: { ca } } });
      assert.deepEqual([error, messages.length], [undefined, 1]);
    });

    it('whoever does not speak TLS gets nothing at its port', async () => {
      await withHttpsStation({}, async ({ url }) => {
        const bytes = [Buffer.from('POST /as2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')];
        const { statuses, closed } = await exchangeRaw(url, bytes);
        assert.deepEqual([statuses, closed], [[], true]);
      });
    });
  });

  describe('server authentication', () => {
    it('the exported certificate of the receiver is imported at the sender, and the connection is established', async () => {
      const { certificatePem: imported } = await testKeyPair('localhost');
      const { error, messages } = await meet({ connection: { tls: { ca: imported } } });
      assert.deepEqual([error, messages.length], [undefined, 1]);
    });

    it('an impostor with a certificate of the same name is refused before it gets a byte', async () => {
      const { certificatePem: imported } = await testKeyPair('localhost');
      const impostor = await testKeyPair('localhost', { validDays: 30 });
      const { error, messages } = await meet({
        connection: { tls: { ca: imported } },
        station: { tls: { options: { key: impostor.privateKeyPem, cert: impostor.certificatePem } } },
      });
      assert.deepEqual([error, messages.length], ['tls-untrusted', 0]);
    });

    it('a receiver whose certificate nobody imported is refused', async () => {
      const { error, messages } = await meet({});
      assert.deepEqual([error, messages.length], ['tls-untrusted', 0]);
    });
  });

  describe('client authentication', () => {
    /** The certificate of the sender was exported from it and imported into the client keys of the receiver. */
    async function withClientRequired(tls: ConnectionSettings['tls']): Promise<Result> {
      const { certificatePem: ca } = await testKeyPair('localhost');
      const sender = await testKeyPair('sender');
      return meet({
        connection: { tls: { ca, ...tls } },
        station: { tls: { clientCertificate: 'required' }, trusted: [sender.certificatePem] },
      });
    }

    it('HTTPS client certificate required: the sender with the right one is let in', async () => {
      const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('sender');
      const { error, messages } = await withClientRequired({ options: { key, cert } });
      assert.deepEqual([error, messages.length], [undefined, 1]);
    });

    it('HTTPS client certificate required: a wrong one, of the same name, is refused', async () => {
      const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('sender', { validDays: 30 });
      const { error, messages } = await withClientRequired({ options: { key, cert } });
      assert.match(error ?? '', /^tls-|^http-connection-lost$/);
      assert.equal(messages.length, 0);
    });

    it('HTTPS client certificate required: none is refused', async () => {
      const { error, messages } = await withClientRequired({});
      assert.match(error ?? '', /^tls-|^http-connection-lost$/);
      assert.equal(messages.length, 0);
    });

    it('an expired one is refused', async () => {
      const { certificatePem: ca } = await testKeyPair('localhost');
      const expired = await testKeyPair('sender', { notBefore: new Date(Date.now() - 9e8), validDays: 5 });
      const { error, messages } = await meet({
        connection: { tls: { ca, options: { key: expired.privateKeyPem, cert: expired.certificatePem } } },
        station: { tls: { clientCertificate: 'required' }, trusted: [expired.certificatePem] },
      });
      assert.match(error ?? '', /^tls-|^http-connection-lost$/);
      assert.equal(messages.length, 0);
    });
  });

  describe('TLS-05: a client certificate is bound to its partner', () => {
    /** Alpha has to show the certificate of `sender`; the listener also lets in others. */
    async function asAlphaWith(
      name: string | undefined,
      clientCertificate: 'wanted' | 'required',
    ): Promise<Result> {
      const { certificatePem: ca } = await testKeyPair('localhost');
      const sender = await testKeyPair('sender');
      const other = await testKeyPair('another sender');
      const shown = name === undefined ? undefined : await testKeyPair(name);
      const options = shown ? { key: shown.privateKeyPem, cert: shown.certificatePem } : {};
      return meet({
        connection: { tls: { ca, options } },
        station: {
          tls: { clientCertificate },
          trusted: [sender.certificatePem, other.certificatePem],
        },
        incoming: { inbound: { clientCertificates: [sender.certificate] } },
      });
    }

    it('the right one comes in its name', async () => {
      assert.equal((await asAlphaWith('sender', 'required')).error, undefined);
      assert.equal((await asAlphaWith('sender', 'wanted')).error, undefined);
    });

    it('that of another partner does not', async () => {
      for (const mode of ['required', 'wanted'] as const) {
        const { error, messages } = await asAlphaWith('another sender', mode);
        assert.deepEqual([error, messages.length], ['http-forbidden', 0]);
      }
    });

    it('none does not', async () => {
      const { error, messages } = await asAlphaWith(undefined, 'wanted');
      assert.deepEqual([error, messages.length], ['http-forbidden', 0]);
    });

    /** Alpha's certificate of last year, its authority, and one of the same names, of this authority or another one. */
    async function renewedBy(whose: 'the same authority' | 'another partner'): Promise<Result> {
      const { certificatePem: ca } = await testKeyPair('localhost');
      return withTempDirectory(async (directory) => {
        const authority = new OpensslAuthority(directory);
        const root = await authority.issueRoot('Trust CA');
        const [imported] = readCertificates(await authority.issue('alpha.example', 'Trust CA'));
        // Somebody else's own certificate has the name of the authority; it is imported as that of another partner.
        const known = whose === 'another partner' ? await authority.issueRoot('Trust CA') : root;
        const cert = await authority.issue('alpha.example', 'Trust CA');
        const key = await authority.privateKey('alpha.example');
        assert.ok(imported);
        return meet({
          connection: { tls: { ca, options: { key, cert } } },
          station: { tls: { clientCertificate: 'required' }, trusted: [imported.toPem(), known] },
          incoming: { inbound: { clientCertificates: [imported] } },
        });
      });
    }

    it('a renewed one comes in its name, when the authority is known', async () => {
      const { error, messages } = await renewedBy('the same authority');
      assert.deepEqual([error, messages.length], [undefined, 1]);
    });

    it('SEC-01: one that another partner issued does not, whatever its names are', async () => {
      const { error, messages } = await renewedBy('another partner');
      assert.deepEqual([error, messages.length], ['http-forbidden', 0]);
    });
  });
});
