import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { judgeReceipt, openReceipt, type OpenOptions } from '../../src/as2';
import { bufferFlow, bufferSource } from '../../src/bytes';
import { type As2Error, isAs2Error } from '../../src/errors';
import { signDetached } from '../../src/cms';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { payloadPart } from '../support/payload-part';
import { encryptedByOpenssl, signedByOpenssl } from './openssl-smime';
import { composed, composedCompressed, inMemory, opened, stations, wire, type Wire } from './stations';

/*
 * What our user is told about a message that cannot be taken: its layers, for whom it was encrypted and which keys we
 * hold, who signed with what and whose signature was expected. As data, plain JSON.
 */

async function refusal(message: Wire, options: Partial<OpenOptions> = {}): Promise<As2Error> {
  try {
    await opened(message, options);
  } catch (error) {
    assert.ok(isAs2Error(error), String(error));
    const { details } = error;
    assert.deepEqual(JSON.parse(JSON.stringify(details)), details, 'plain JSON');
    return error;
  }
  return assert.fail('it was taken');
}

/** A certificate as it stands in the tables. */
function row({ certificate }: TestKeyPair, keyKind = 'RSA 2048') {
  const { subject, issuer, serialNumber, subjectKeyIdentifier, fingerprintSha256 } = certificate;
  return {
    subject,
    issuer,
    serialNumber,
    ...(subjectKeyIdentifier ? { subjectKeyIdentifier: hex(subjectKeyIdentifier) } : {}),
    keyKind,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprintSha256,
  };
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}

const sha256 = { digest: 'sha-256' } as const;

describe('What is told about a message that cannot be opened', () => {
  it('ENV-02 encrypted for others: each recipient with issuer, serial number and algorithm, and every key of ours', async () => {
    const { beta } = await stations();
    const gamma = await testKeyPair('gamma');
    const curve = await testKeyPair('curve', { keyType: 'ec-p256' });
    const message = await composed({
      encrypt: { recipients: [gamma.certificate, curve.certificate], cipher: 'aes-256-cbc' },
    });
    const { code, details, facts } = await refusal(message);
    assert.equal(code, 'decryption-no-key');
    assert.equal(facts.cipher, 'aes-256-cbc');
    assert.deepEqual(details?.recipients, [
      {
        kind: 'key-transport',
        issuer: 'CN=gamma',
        serialNumber: gamma.certificate.serialNumber,
        algorithm: 'rsa-pkcs1',
      },
      {
        kind: 'key-agreement',
        issuer: 'CN=curve',
        serialNumber: curve.certificate.serialNumber,
        algorithm: 'ecdh-x963-sha-256',
      },
    ]);
    assert.deepEqual(details.keys, [row(beta)]);
    assert.deepEqual(details.layers, [{ kind: 'encrypted', form: 'enveloped-data' }]);
  });

  it('ENV-02 a recipient named by its key identifier', async () => {
    const gamma = await testKeyPair('gamma');
    const message = await encryptedByOpenssl(payloadPart, gamma, '-aes128 -keyid');
    const { details } = await refusal(message);
    const [recipient] = details?.recipients ?? [];
    assert.equal(
      recipient?.subjectKeyIdentifier,
      hex(gamma.certificate.subjectKeyIdentifier ?? Buffer.alloc(0)),
    );
    assert.equal(recipient?.issuer, undefined);
  });

  it('ENV-02 damaged, but for us: our certificate is marked among the recipients', async () => {
    const { beta } = await stations();
    const gamma = await testKeyPair('gamma');
    const message = await composed({
      encrypt: { recipients: [gamma.certificate, beta.certificate], cipher: 'aes-256-gcm' },
    });
    message.body.writeUInt8(message.body.readUInt8(message.body.length - 1) ^ 1, message.body.length - 1);
    const { code, details } = await refusal(message);
    assert.equal(code, 'decryption-failed');
    const held = details?.recipients?.flatMap(({ heldFingerprint }) => heldFingerprint ?? []);
    assert.deepEqual(held, [beta.certificate.fingerprintSha256]);
    assert.equal(details?.recipients?.length, 2);
    assert.deepEqual(details?.layers, [
      { kind: 'encrypted', form: 'auth-enveloped-data', cipher: 'aes-256-gcm', recipient: 'CN=beta' },
    ]);
  });

  it('SEC-03 noise that looks like layers is not told as such', async () => {
    const message = await composed({
      sign: { keyPair: (await stations()).alpha, ...sha256 },
      encrypt: { recipients: [(await stations()).beta.certificate], cipher: 'aes-128-cbc' },
    });
    const damaged = { ...message, body: Buffer.from(message.body) };
    damaged.body.fill(0x5a, damaged.body.length - 200);
    const { code, details } = await refusal(damaged);
    assert.equal(code, 'decryption-failed');
    assert.equal(details?.layers?.length, 1);
  });

  it('SEC-11 a thousand recipients: the table ends somewhere', async () => {
    const gamma = await testKeyPair('gamma');
    const recipients = Array.from({ length: 90 }, () => gamma.certificate);
    const { details } = await refusal(await composed({ encrypt: { recipients, cipher: 'aes-128-cbc' } }));
    assert.equal(details?.recipients?.length, 50);
  });

  it('SIG-15, SEC-01 signed by somebody else: who signed with what, and who was expected', async () => {
    const { alpha, beta } = await stations();
    const gamma = await testKeyPair('gamma');
    const message = await composed({
      sign: { keyPair: gamma, digest: 'sha-384', signingTime: new Date(Date.UTC(2026, 2, 3)) },
      encrypt: { recipients: [beta.certificate], cipher: 'aes-192-cbc' },
    });
    const { code, details } = await refusal(message);
    assert.equal(code, 'signature-signer-unknown');
    assert.deepEqual(details?.signers, [
      {
        ...row(gamma),
        verdict: 'unknown-signer',
        digest: 'sha-384',
        algorithm: 'rsa-pkcs1',
        signingTime: '2026-03-03T00:00:00.000Z',
      },
    ]);
    assert.deepEqual(details.expected, [row(alpha)]);
    assert.deepEqual(details.layers, [
      { kind: 'encrypted', form: 'enveloped-data', cipher: 'aes-192-cbc', recipient: 'CN=beta' },
      {
        kind: 'signed',
        form: 'detached',
        digest: 'sha-384',
        algorithm: 'rsa-pkcs1',
        status: 'unknown-signer',
      },
    ]);
  });

  it('SIG-09 a signer whose certificate is not along: what names it', async () => {
    const gamma = await testKeyPair('gamma');
    const { details } = await refusal(await signedByOpenssl(payloadPart, gamma, '-binary -nocerts'));
    const [signer] = details?.signers ?? [];
    assert.deepEqual(
      [signer?.issuer, signer?.serialNumber, signer?.subject],
      ['CN=gamma', gamma.certificate.serialNumber, undefined],
    );
  });

  it('DSP-06 altered after it was signed: the partner’s own certificate on both sides', async () => {
    const { alpha } = await stations();
    const message = await composed({ sign: { keyPair: alpha, ...sha256 } });
    const body = Buffer.from(message.body.toString('latin1').replace('ISA*00', 'ISA*01'), 'latin1');
    const { code, details } = await refusal({ ...message, body });
    assert.equal(code, 'signature-content-altered');
    assert.equal(details?.signers?.[0]?.fingerprintSha256, alpha.certificate.fingerprintSha256);
    assert.equal(details?.signers?.[0]?.verdict, 'content-altered');
    assert.equal(details?.expected?.[0]?.fingerprintSha256, alpha.certificate.fingerprintSha256);
  });

  it('DSP-08 less protection than agreed: the layers that were there', async () => {
    const { alpha } = await stations();
    const policy = { requireSigned: true, requireEncrypted: true };
    const { code, details } = await refusal(await composed({ sign: { keyPair: alpha, ...sha256 } }), {
      policy,
    });
    assert.equal(code, 'message-not-encrypted');
    assert.deepEqual(details?.layers, [
      { kind: 'signed', form: 'detached', digest: 'sha-256', algorithm: 'rsa-pkcs1', status: 'verified' },
    ]);
  });

  it('DSP-07 damaged inside its layers: those that were reached', async () => {
    const { alpha, beta } = await stations();
    const { body } = await composedCompressed({ compress: { order: 'before-signing', spill: inMemory } });
    body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
    const { code, details } = await refusal(
      await composed({
        payload: {
          content: bufferFlow(body),
          contentType: 'application/pkcs7-mime; smime-type=compressed-data',
        },
        sign: { keyPair: alpha, ...sha256 },
        encrypt: { recipients: [beta.certificate], cipher: 'aes-128-gcm' },
      }),
    );
    assert.equal(code, 'decompression-failed');
    assert.deepEqual(
      details?.layers?.map(({ kind }) => kind),
      ['encrypted', 'signed', 'compressed'],
    );
  });
});

describe('What is told about a receipt that does not count', () => {
  it('SEC-12 signed by somebody else: the same tables', async () => {
    const { beta } = await stations();
    const gamma = await testKeyPair('gamma');
    const report =
      'Content-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: <1@a>\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\n';
    const signature = await signDetached(createHash('sha256').update(report).digest(), {
      keyPair: gamma,
      ...sha256,
    });
    const body = `--b\r\n${report}\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n${signature.toString('base64')}\r\n--b--\r\n`;
    const message = wire({ 'Content-Type': 'multipart/signed; boundary=b; micalg=sha-256' }, body);
    const receipt = await openReceipt(
      { headers: message.headers, body: bufferSource(message.body) },
      { signingCertificates: [beta.certificate] },
    );
    const { problem } = judgeReceipt(receipt, {
      messageId: '<1@a>',
      mics: [],
      signedRequired: true,
      ownAs2Name: 'a',
      partnerAs2Name: 'b',
    });
    assert.equal(problem?.code, 'receipt-signer-unknown');
    assert.equal(problem.details?.signers?.[0]?.subject, 'CN=gamma');
    assert.deepEqual(problem.details?.expected, [row(beta)]);
  });
});
