import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { childrenOf, contextTag, parseBer, setOf } from '../../src/asn1';
import { type OpenedMessage, openMessage } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { signDetached } from '../../src/cms';
import { digestOf, sample, verify } from '../cms/helpers';
import { inMemory, stations, wire } from '../as2/stations';
import { handmadeSignature, rsaEncryption } from '../support/handmade-cms';

/*
 * A signature over attributes is also a good one, without attributes, over content that consists of just these
 * attributes. Whoever has seen one signed message could so make the partner sign a second one that he never wrote.
 */
describe('edge: signed attributes sent as content', () => {
  const digest = 'sha-256';

  async function opened(content: Buffer, signature: Buffer): Promise<OpenedMessage> {
    const { alpha } = await stations();
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
      { keys: [], signingCertificates: [alpha.certificate], spill: inMemory },
    );
  }

  it('SIG-05, SEC-01: are no message of the partner', async () => {
    const { alpha } = await stations();
    const seen = await signDetached(digestOf(sample(100), digest), { keyPair: alpha, digest });
    const [, content] = childrenOf(parseBer(seen));
    const signerInfo = childrenOf(content, contextTag(0))[0]?.children.at(-1)?.children[0]?.children ?? [];
    const attributes = setOf((signerInfo[3]?.children ?? []).map(({ raw }) => raw));
    const signature = handmadeSignature({
      certificate: alpha.certificate,
      digest,
      signatureAlgorithm: rsaEncryption,
      signature: signerInfo.at(-1)?.content ?? Buffer.alloc(0),
    });
    // As CMS alone sees it, it is one.
    assert.equal(verify(signature, attributes, [alpha.certificate]).status, 'verified');
    await assert.rejects(opened(attributes, signature), { code: 'signature-invalid' });
  });

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
