import assert from 'node:assert/strict';
import { composeReceipt, newMessageId, processed, readAs2Headers, receiptText } from '../../src/as2';
import { entityFlow, Headers } from '../../src/mime';
import { bufferFlow } from '../../src/bytes';
import { testKeyPair } from '../support/keys';
import { payloadBody, payloadPart, payloadPartMics } from '../support/payload-part';
import { decryptedByOpenssl, encryptedByOpenssl, signedByOpenssl, verifiedByOpenssl } from './openssl-smime';
import { asMimeFile, collect, composed, opened, payloadBytes, stations } from './stations';

const digests = ['sha-256', 'sha-384', 'sha-512'] as const;
const ciphers = ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'] as const;

/** The part that composeMessage makes of the payload in the fixture. */
async function composedPart(): Promise<Buffer> {
  const headers = Headers.fromPairs([
    ['Content-Type', 'application/edi-x12'],
    ['Content-Disposition', 'attachment; filename="po.edi"'],
    ['Content-Transfer-Encoding', 'binary'],
  ]);
  return collect(entityFlow({ headers, body: bufferFlow(payloadBody) }).chunks);
}

describe('What we build, openssl opens', () => {
  for (const digest of digests) {
    it(`MDN-04, SIG-01 verifies a message signed with ${digest}`, async () => {
      const { alpha } = await stations();
      const message = await composed({ sign: { keyPair: alpha, digest } });
      assert.deepEqual(await verifiedByOpenssl(asMimeFile(message), alpha), await composedPart());
    });
  }

  for (const cipher of ciphers) {
    it(`ENV-01 decrypts a message encrypted with ${cipher}`, async () => {
      const { beta } = await stations();
      const message = await composed({ encrypt: { recipients: [beta.certificate], cipher } });
      assert.deepEqual(await decryptedByOpenssl(message.body, beta), await composedPart());
    });
  }

  it('PERM-12 decrypts, then verifies a message that is signed and encrypted', async () => {
    const { alpha, beta } = await stations();
    const message = await composed({
      sign: { keyPair: alpha, digest: 'sha-256' },
      encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
    });
    const signed = await decryptedByOpenssl(message.body, beta);
    assert.deepEqual(await verifiedByOpenssl(signed, alpha), await composedPart());
  });

  it('refuses a message of ours that was altered on its way', async () => {
    const { alpha } = await stations();
    const message = await composed({ sign: { keyPair: alpha, digest: 'sha-256' } });
    const mime = asMimeFile(message);
    mime[mime.indexOf('ISA*00*')] = 0x4a;
    await assert.rejects(verifiedByOpenssl(mime, alpha), /exit code 4/);
  });

  it('MDN-04 verifies a signed receipt', async () => {
    const { beta } = await stations();
    const message = await composed({ receipt: { signed: true } });
    const request = readAs2Headers(message.headers);
    const receipt = await composeReceipt({
      request,
      disposition: processed,
      text: receiptText(request, processed),
      product: 'node-red-contrib-as2',
      messageId: newMessageId('beta.example'),
      sign: { keyPair: beta },
    });
    const report = await verifiedByOpenssl(asMimeFile(receipt), beta, '-crlfeol');
    assert.match(report.toString(), /^Content-Type: multipart\/report;/);
    assert.match(
      report.toString(),
      /\r\nDisposition: automatic-action\/MDN-sent-automatically; processed\r\n/,
    );
  });
});

describe('What openssl signs, we open', () => {
  const variants = [
    ['SIG-01, SIG-10', '-binary'],
    ['SIG-01', '-binary -md sha1'],
    ['SIG-01', '-binary -md sha384'],
    ['SIG-01', '-binary -md sha512'],
    ['SIG-02', '-binary -md sha3-256'],
    ['SIG-02', '-binary -md sha224'],
    ['BER-01, BER-02', '-binary -stream'],
    ['SIG-09', '-binary -nocerts'],
    ['SIG-05', '-binary -noattr'],
    ['SIG-08', '-binary -keyid'],
    ['SIG-01', '-binary -crlfeol'],
    ['SIG-12', '-binary -keyopt rsa_padding_mode:pss'],
    ['SIG-01', '-binary -nodetach'],
    ['SIG-01, BER-02', '-binary -nodetach -stream'],
    ['SIG-01, SIG-05, SIG-08, SIG-09', '-binary -nodetach -noattr -nocerts -keyid'],
    ['SIG-01', '-binary -nodetach -md sha512'],
  ] as const;
  for (const [rules, options] of variants) {
    it(`${rules}, MIC-01 cms -sign ${options}`, async () => {
      const { alpha } = await stations();
      const message = await opened(await signedByOpenssl(payloadPart, alpha, options), {
        micAlgorithms: ['sha-256'],
        policy: {
          requireSigned: true,
          allowedDigests: ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512', 'sha3-256'],
        },
      });
      assert.deepEqual(await payloadBytes(message), payloadBody);
      assert.deepEqual(message.mic, { value: payloadPartMics.sha256, algorithm: 'sha-256' });
      assert.equal(message.signature?.signer, alpha.certificate);
      assert.equal(message.signed, true);
    });
  }

  it('BER-06, MIME-08 smime -sign, with the x- types, micalg sha1 and NULL parameters', async () => {
    const { alpha } = await stations();
    const message = await opened(await signedByOpenssl(payloadPart, alpha, '-binary', 'smime'));
    assert.match(message.signature?.status ?? '', /verified/);
    assert.deepEqual(await payloadBytes(message), payloadBody);
  });

  it('SIG-13 a signature with an EC key', async () => {
    const alpha = await testKeyPair('alpha', { keyType: 'ec-p256' });
    const wire = await signedByOpenssl(payloadPart, alpha, '-binary');
    const message = await opened(wire, { signingCertificates: [alpha.certificate] });
    assert.equal(message.mic.value, payloadPartMics.sha256);
  });

  const lineFeeds = Buffer.from(payloadPart.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');

  it('MIME-03 a sender that signs the CRLF form and sends line feeds', async () => {
    const { alpha } = await stations();
    const { headers, body } = await signedByOpenssl(payloadPart, alpha, '');
    const unixBody = Buffer.from(body.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const wire = { headers, body: unixBody };
    const message = await opened(wire);
    assert.equal(message.mic.value, payloadPartMics.sha256);
    assert.deepEqual(
      message.layers.map((layer) => layer.kind === 'signed' && layer.canonicalized),
      [true],
    );
    assert.equal((await payloadBytes(message)).toString(), 'ISA*00*~\n', 'as it travelled');
  });

  it('MIME-03 a sender that signs the line feeds themselves', async () => {
    const { alpha } = await stations();
    const message = await opened(await signedByOpenssl(lineFeeds, alpha, '-binary'));
    assert.equal(message.mic.value, 'efyxtoOMIIkic0TFv1LfDOah58MZzhubjGaZ0NU+i0c=');
  });

  it('SEC-01, DSP-05 refuses a signature by somebody else who embeds a certificate', async () => {
    const mallory = await testKeyPair('alpha', { organization: 'Mallory' });
    const wire = await signedByOpenssl(payloadPart, mallory, '-binary');
    await assert.rejects(opened(wire), { code: 'signature-signer-unknown' });
  });
});

describe('What openssl encrypts, we open', () => {
  for (const options of ['-aes128', '-aes192', '-aes256', '-aes256 -stream', '-aes256 -keyid']) {
    const rules = options.includes('stream') ? 'BER-01, BER-02' : 'ENV-04';
    it(`${rules}, MIC-02 cms -encrypt ${options}`, async () => {
      const { beta } = await stations();
      const wire = await encryptedByOpenssl(payloadPart, beta, `${options} -outform DER`);
      const headers = Headers.fromPairs([['Content-Type', 'application/pkcs7-mime']]);
      const body = Buffer.concat([wire.headers.toBuffer(), wire.body]);
      const message = await opened({ headers, body });
      assert.deepEqual(await payloadBytes(message), payloadBody);
      assert.equal(message.mic.value, payloadPartMics.sha256);
    });
  }

  it('HTTP-07 a body in base64 that says so, as openssl prints it', async () => {
    const { beta } = await stations();
    const wire = await encryptedByOpenssl(payloadPart, beta, '-aes256');
    assert.equal(wire.headers.get('Content-Transfer-Encoding'), 'base64');
    assert.deepEqual(await payloadBytes(await opened(wire)), payloadBody);
  });

  for (const form of ['PEM', 'base64'] as const) {
    it(`BER-05 a body in ${form} that does not say so`, async () => {
      const { beta } = await stations();
      const der = await encryptedByOpenssl(payloadPart, beta, '-aes256 -outform PEM');
      const pem = Buffer.concat([der.headers.toBuffer(), der.body]).toString();
      const body = form === 'PEM' ? pem : pem.replace(/-----[A-Z ]+-----/g, '').trim();
      const headers = Headers.fromPairs([
        ['Content-Type', 'application/pkcs7-mime; smime-type=enveloped-data'],
      ]);
      assert.deepEqual(await payloadBytes(await opened({ headers, body: Buffer.from(body) })), payloadBody);
    });
  }

  for (const signing of ['-binary', '-binary -nodetach -stream']) {
    it(`PERM-12 signed with ${signing}, then encrypted`, async () => {
      const { alpha, beta } = await stations();
      const signed = await signedByOpenssl(payloadPart, alpha, signing);
      const wire = await encryptedByOpenssl(asMimeFile(signed), beta, '-aes256 -stream');
      const message = await opened(wire, { policy: { requireSigned: true, requireEncrypted: true } });
      assert.deepEqual(await payloadBytes(message), payloadBody);
      assert.equal(message.mic.value, payloadPartMics.sha256);
      assert.deepEqual(
        message.layers.map(({ kind }) => kind),
        ['encrypted', 'signed'],
      );
    });
  }

  it('encrypt-then-sign, which nobody should send, is unwrapped', async () => {
    const { alpha, beta } = await stations();
    const encrypted = await encryptedByOpenssl(payloadPart, beta, '-aes256');
    const message = await opened(await signedByOpenssl(asMimeFile(encrypted), alpha, '-binary'));
    assert.deepEqual(await payloadBytes(message), payloadBody);
    assert.deepEqual(
      message.layers.map(({ kind }) => kind),
      ['signed', 'encrypted'],
    );
  });
});
