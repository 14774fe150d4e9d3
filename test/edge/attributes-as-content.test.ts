import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { childrenOf, contextTag, oid, parseBer, sequence, setOf } from '../../src/asn1';
import { type OpenedMessage, openMessage } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { readSignedData, signDetached } from '../../src/cms';
import { digestOf, sample } from '../cms/helpers';
import { inMemory, stations, wire } from '../as2/stations';
import { inPieces } from '../support/chunks';
import { handmadeSignature, rsaEncryption } from '../support/handmade-cms';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { verifyOverContent } from '../support/over-content';

/*
 * A signature over attributes is also a good one, without attributes, over content that consists of just these
 * attributes. Whoever has seen one signed message could so make the partner sign a second one that he never wrote.
 */
describe('edge: signed attributes sent as content', () => {
  const digest = 'sha-256';

  async function opened(content: Buffer, signature: Buffer, signer?: TestKeyPair): Promise<OpenedMessage> {
    const { certificate } = signer ?? (await stations()).alpha;
    const body = Buffer.concat([
      Buffer.from('--b\r\n'),
      content,
      Buffer.from('\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n'),
      Buffer.from('Content-Transfer-Encoding: base64\r\n\r\n'),
      Buffer.from(signature.toString('base64')),
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const type = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b';
    return openMessage(
      { headers: wire({ 'Content-Type': type }, '').headers, body: bufferSource(body) },
      { keys: [], signingCertificates: [certificate], spill: inMemory },
    );
  }

  for (const [keyType, signatureAlgorithm] of [
    ['rsa-2048', rsaEncryption],
    ['ec-p256', sequence(oid('1.2.840.10045.4.3.2'))],
  ] as const) {
    it(`SIG-05, SEC-01: are no message of the partner, with a key of the kind ${keyType}`, async () => {
      const alpha = await testKeyPair('alpha', { keyType });
      const { certificate } = alpha;
      const seen = await signDetached(digestOf(sample(100), digest), { keyPair: alpha, digest });
      const [, content] = childrenOf(parseBer(seen));
      const signerInfo = childrenOf(content, contextTag(0))[0]?.children.at(-1)?.children[0]?.children ?? [];
      const attributes = setOf((signerInfo[3]?.children ?? []).map(({ raw }) => raw));
      const signature = handmadeSignature({
        certificate,
        digest,
        signatureAlgorithm,
        signature: signerInfo.at(-1)?.content ?? Buffer.alloc(0),
      });
      // As CMS alone sees it, it is one.
      const digests = new Map([[digest, digestOf(attributes, digest)]] as const);
      const seenAlone = await verifyOverContent(readSignedData(signature), inPieces(attributes), digests, [
        certificate,
      ]);
      assert.equal(seenAlone.status, 'verified');
      await assert.rejects(opened(attributes, signature, alpha), { code: 'signature-invalid' });
    });
  }

  it('SIG-05: a signature without attributes counts over an entity, one with them over anything', async () => {
    const { alpha } = await stations();
    const entity = Buffer.from('Content-Type: text/plain\r\n\r\nan order');
    const bare = Buffer.from('UNA an order');
    const overEntity = handmadeSignature({
      certificate: alpha.certificate,
      digest,
      signatureAlgorithm: rsaEncryption,
      signature: sign('sha256', entity, alpha.privateKey),
    });
    assert.equal((await opened(entity, overEntity)).signed, true);
    const overBare = await signDetached(digestOf(bare, digest), { keyPair: alpha, digest });
    assert.equal((await opened(bare, overBare)).signed, true);
  });
});
