import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { bitString, octetString, oid, integer, sequence, setOf } from '../../src/asn1';
import { type DigestName, signDetached } from '../../src/cms';
import { signatureVerifier } from '../../src/cms/signed-data/signature-value';
import { signerFor } from '../../src/cms/signed-data/signer';
import { at, digestOf, sample, verify } from '../cms/helpers';
import { certificateFor } from '../support/handmade-cms';
import { hex, type Published, titled, vectorFile } from './published';

interface EdwardsVector {
  readonly name: string;
  readonly curve: 'ed25519' | 'ed448';
  readonly secret: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

const curves = {
  ed25519: { oid: '1.3.101.112', digest: 'sha-512' },
  ed448: { oid: '1.3.101.113', digest: 'shake256' },
} as const satisfies Record<string, { oid: string; digest: DigestName }>;

/** RFC 8410 §4, §7. */
async function keyPairOf({ curve, secret, publicKey }: EdwardsVector) {
  const algorithm = sequence(oid(curves[curve].oid));
  const spki = sequence(algorithm, bitString(hex(publicKey)));
  const pkcs8 = sequence(integer(0), algorithm, octetString(octetString(hex(secret))));
  return {
    certificate: await certificateFor(spki),
    privateKey: createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' }),
    publicKey: createPublicKey({ key: spki, type: 'spki', format: 'der' }),
  };
}

describe('vectors: eddsa.json', () => {
  for (const [title, vector] of titled(vectorFile('eddsa.json') as Published<EdwardsVector>)) {
    const { curve, message, signature } = vector;
    const { oid: id, digest } = curves[curve];

    it(`SIG-14: ${curve}, ${title}`, async () => {
      const keyPair = await keyPairOf(vector);
      assert.equal((await signerFor(keyPair, digest).sign(hex(message))).toString('hex'), signature);
      const verifier = signatureVerifier({ oid: id, parameters: undefined }, digest);
      const verifies = (bytes: Buffer, value: Buffer) =>
        verifier?.verify(keyPair.publicKey, digest, { bytes }, value);
      assert.equal(verifies(hex(message), hex(signature)), true);
      assert.equal(verifies(Buffer.concat([hex(message), Buffer.alloc(1)]), hex(signature)), false);
      assert.equal(verifies(hex(message), Buffer.concat([hex(signature), Buffer.alloc(1)])), false);
    });

    it(`SIG-14: ${curve}, ${title}: the same key signs a message, and again the same`, async () => {
      const keyPair = await keyPairOf(vector);
      const content = sample(500);
      const options = { keyPair, digest, signingTime: new Date('2026-01-02T03:04:05Z') } as const;
      const signed = await signDetached(digestOf(content, digest), options);
      assert.equal(verify(signed, content, [keyPair.certificate]).status, 'verified');
      assert.ok(signed.equals(await signDetached(digestOf(content, digest), options)));
      // RFC 8419 §3: pure, over the attributes as a SET, and no parameters.
      const signerInfo = at(signed, 1, 0, -1, 0);
      const [, , , attributes, algorithm, value] = signerInfo.children;
      assert.ok(algorithm?.raw.equals(sequence(oid(id))));
      const set = setOf((attributes?.children ?? []).map((node) => node.raw));
      assert.ok(value?.content.equals(await signerFor(keyPair, digest).sign(set)));
    });
  }
});
