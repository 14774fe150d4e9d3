import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { childrenOf, constructed, context, contextTag, oid, parseBer, sequence, tags } from '../../src/asn1';
import { judgeReceipt, openReceipt } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import type { DigestName } from '../../src/cms';
import type { Certificate } from '../../src/pki';
import { certificateFor, handmadeSignature } from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { payloadBody, payloadPart, payloadPartMics } from '../support/payload-part';
import { signedByOpenssl } from './openssl-smime';
import { fields, messageId, mic } from './receipt-variants';
import { alphaName, betaName, opened, payloadBytes, type Wire, wire } from './stations';

/*
 * ECDSA and EdDSA without signed attributes sign the content itself, and digest it themselves: such a message is read
 * twice, because whose signature stands at its end is known only there.
 */

type EdwardsType = 'ed25519' | 'ed448';
const edwards: Readonly<Record<EdwardsType, { id: string; digest: DigestName }>> = {
  ed25519: { id: '1.3.101.112', digest: 'sha-512' },
  ed448: { id: '1.3.101.113', digest: 'shake256' },
};

function signedByHand(entity: Buffer, signature: Buffer): Wire {
  const body = Buffer.concat([
    Buffer.from('--b\r\n'),
    entity,
    Buffer.from('\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n'),
    signature,
    Buffer.from('\r\n--b--\r\n'),
  ]);
  const type = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b';
  return wire({ 'Content-Type': type }, body);
}

interface EdwardsSigner {
  readonly privateKey: KeyObject;
  readonly certificate: Certificate;
}

async function edwardsSigner(kind: EdwardsType): Promise<EdwardsSigner> {
  const { privateKey, publicKey } = generateKeyPairSync(kind as 'ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return { privateKey: createPrivateKey(privateKey), certificate: await certificateFor(publicKey) };
}

function edwardsSigned(entity: Buffer, { privateKey, certificate }: EdwardsSigner, kind: EdwardsType): Wire {
  const { id, digest } = edwards[kind];
  const signature = sign(null, entity, privateKey);
  return signedByHand(
    entity,
    handmadeSignature({ certificate, digest, signatureAlgorithm: sequence(oid(id)), signature }),
  );
}

describe('Signatures over the content itself', () => {
  for (const keyType of ['ec-p256', 'ec-p384', 'ec-p521'] as const) {
    for (const options of [
      '',
      '-nodetach',
      '-stream',
      '-nodetach -stream',
      '-keyid -nocerts',
      '-md sha512',
    ]) {
      it(`SIG-05, SIG-13: cms -sign -noattr ${options} with ${keyType}`, async () => {
        const alpha = await testKeyPair('alpha', { keyType });
        const message = await signedByOpenssl(payloadPart, alpha, `-binary -noattr ${options}`);
        const { signed, mics, ...rest } = await opened(message, {
          signingCertificates: [alpha.certificate],
          micAlgorithms: ['sha-256'],
        });
        assert.equal(signed, true);
        assert.equal(rest.mic.value, payloadPartMics.sha256);
        assert.deepEqual(await payloadBytes({ signed, mics, ...rest }), payloadBody);
      });
    }
  }

  it('SIG-05, SIG-13, MIME-03: signed with CRLF, sent with line feeds', async () => {
    const alpha = await testKeyPair('alpha', { keyType: 'ec-p256' });
    const { headers, body } = await signedByOpenssl(payloadPart, alpha, '-noattr');
    const unixBody = Buffer.from(body.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const message = await opened({ headers, body: unixBody }, { signingCertificates: [alpha.certificate] });
    assert.equal(message.mic.value, payloadPartMics.sha256);
  });

  it('SIG-05, SIG-13: altered content, another signer, a certificate that nobody configured', async () => {
    const alpha = await testKeyPair('alpha', { keyType: 'ec-p256' });
    const other = await testKeyPair('other', { keyType: 'ec-p256' });
    const { headers, body } = await signedByOpenssl(payloadPart, alpha, '-binary -noattr');
    const altered = Buffer.from(body.toString('latin1').replace('ISA*00', 'ISA*01'), 'latin1');
    const trusted = { signingCertificates: [alpha.certificate] };
    await assert.rejects(opened({ headers, body: altered }, trusted), { code: 'signature-content-altered' });
    await assert.rejects(opened({ headers, body }, { signingCertificates: [other.certificate] }), {
      code: 'signature-signer-unknown',
    });
  });

  it('SIG-05, SIG-15: one signer of two is the partner, whichever comes first', async () => {
    const alpha = await testKeyPair('alpha', { keyType: 'ec-p256' });
    const other = await testKeyPair('other', { keyType: 'ec-p384' });
    const message = await signedByOpenssl(payloadPart, [alpha, other], '-binary -noattr');
    for (const { certificate } of [alpha, other]) {
      assert.equal((await opened(message, { signingCertificates: [certificate] })).signed, true);
    }
  });

  it('SEC-11: of many signatures under one name only the first ones are tried', async () => {
    const alpha = await testKeyPair('alpha', { keyType: 'ec-p256' });
    const { certificate } = alpha;
    const signature = (content: Buffer) =>
      handmadeSignature({
        certificate,
        digest: 'sha-256',
        signatureAlgorithm: sequence(oid('1.2.840.10045.4.3.2')),
        signature: sign('sha256', content, alpha.privateKey),
      });
    const [good, bad] = [signature(payloadPart), signature(Buffer.from('else'))].map((message) => {
      return childrenOf(childrenOf(childrenOf(parseBer(message))[1], contextTag(0))[0]).at(-1)?.children[0]
        ?.raw;
    });
    const withSigners = (...signers: readonly (Buffer | undefined)[]) => {
      const [type, content] = childrenOf(parseBer(signature(payloadPart)));
      const fields = childrenOf(childrenOf(content, contextTag(0))[0]).map(({ raw }) => raw);
      // Not in the order of DER, which would put the good one anywhere.
      const signerInfos = constructed(tags.set, ...signers.map((signer) => signer ?? Buffer.alloc(0)));
      const signedData = sequence(...fields.slice(0, -1), signerInfos);
      return signedByHand(payloadPart, sequence(type?.raw ?? Buffer.alloc(0), context(0, signedData)));
    };
    const trusted = { signingCertificates: [certificate] };
    assert.equal((await opened(withSigners(bad, bad, bad, good), trusted)).signed, true);
    await assert.rejects(opened(withSigners(...Array.from({ length: 31 }, () => bad), good), trusted), {
      code: 'signature-content-altered',
    });
  });

  for (const kind of ['ed25519', 'ed448'] as const) {
    it(`SIG-05, SIG-13: ${kind} goes over its content twice: up to a MiB`, async () => {
      const alpha = await edwardsSigner(kind);
      const trusted = { signingCertificates: [alpha.certificate] };
      assert.equal((await opened(edwardsSigned(payloadPart, alpha, kind), trusted)).signed, true);

      const long = (size: number) => {
        const head = 'Content-Type: application/edi-x12\r\n\r\n';
        return Buffer.concat([Buffer.from(head), Buffer.alloc(size - head.length, 'ISA*')]);
      };
      const fits = edwardsSigned(long(1024 * 1024), alpha, kind);
      assert.equal((await opened(fits, trusted)).signed, true);
      const tooLong = edwardsSigned(long(1024 * 1024 + 1), alpha, kind);
      await assert.rejects(opened(tooLong, trusted), { code: 'signature-algorithm-unsupported' });
    });
  }

  it('SIG-05, RCV-03: a receipt', async () => {
    const beta = await testKeyPair('beta', { keyType: 'ec-p256' });
    const notification = fields.map((line) => `${line}\r\n`).join('');
    const report = Buffer.from(
      [
        'Content-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n',
        '--r\r\nContent-Type: text/plain\r\n\r\nThe message was received.\r\n',
        `--r\r\nContent-Type: message/disposition-notification\r\n\r\n${notification}\r\n--r--\r\n`,
      ].join('\r\n'),
    );
    const { headers, body } = await signedByOpenssl(report, beta, '-binary -noattr');
    const judged = async (bytes: Buffer) => {
      const options = { signingCertificates: [beta.certificate] };
      const receipt = await openReceipt({ headers, body: bufferSource(bytes) }, options);
      return judgeReceipt(receipt, {
        messageId,
        mics: [{ value: mic, algorithm: 'sha-256' }],
        signedRequired: true,
        ownAs2Name: alphaName,
        partnerAs2Name: betaName,
      });
    };
    assert.equal((await judged(body)).positive, true);
    const altered = Buffer.from(body.toString('latin1').replace('was received', 'was RECEIVED'), 'latin1');
    assert.equal((await judged(altered)).problem?.code, 'receipt-altered');
  });
});
