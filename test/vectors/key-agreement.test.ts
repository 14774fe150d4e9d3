import assert from 'node:assert/strict';
import { createCipheriv, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { bitString, context, integer, octetString, oid, sequence } from '../../src/asn1';
import { makeKeyPair } from '../../src/pki';
import { decrypted, sample } from '../cms/helpers';
import { certificateFor, handmadeEnvelope, keyAgreement } from '../support/handmade-cms';
import { hkdfKey, x963Key } from './derivations';
import { hex, type Published, titled, vectorFile } from './published';

interface AgreementVector {
  readonly name: string;
  readonly curve: 'x25519' | 'x448' | 'P-256';
  readonly privateKey: string;
  /** The point of an EC key; for the others it is computed. */
  readonly publicKey?: string;
  readonly peerKey: string;
  readonly secret: string;
}

const algorithms = {
  x25519: sequence(oid('1.3.101.110')),
  x448: sequence(oid('1.3.101.111')),
  'P-256': sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
} as const;

function privateKeyOf({ curve, privateKey, publicKey = '' }: AgreementVector): KeyObject {
  // RFC 8410 §7; RFC 5915 §3.
  const inner =
    curve === 'P-256'
      ? sequence(integer(1), octetString(hex(privateKey)), context(1, bitString(hex(publicKey))))
      : octetString(hex(privateKey));
  const pkcs8 = sequence(integer(0), algorithms[curve], octetString(inner));
  return createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' });
}

function publicKeyOf(vector: AgreementVector, privateKey: KeyObject): Buffer {
  if (vector.publicKey) return sequence(algorithms[vector.curve], bitString(hex(vector.publicKey)));
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return sequence(algorithms[vector.curve], bitString(Buffer.from(x, 'base64url')));
}

/** What makes the key-encryption key, by its identifier (RFC 5753 §7.1.4, RFC 8418 §2.2). */
const schemes = {
  'X9.63 with SHA-256': { oid: '1.3.132.1.11.1', derive: x963Key, digest: 'sha256' },
  'X9.63 with SHA-384': { oid: '1.3.132.1.11.2', derive: x963Key, digest: 'sha384' },
  'X9.63 with SHA-512': { oid: '1.3.132.1.11.3', derive: x963Key, digest: 'sha512' },
  'HKDF with SHA-256': { oid: '1.2.840.113549.1.9.16.3.19', derive: hkdfKey, digest: 'sha256' },
  'HKDF with SHA-384': { oid: '1.2.840.113549.1.9.16.3.20', derive: hkdfKey, digest: 'sha384' },
  'HKDF with SHA-512': { oid: '1.2.840.113549.1.9.16.3.21', derive: hkdfKey, digest: 'sha512' },
} as const;

const wraps = [
  { oid: '2.16.840.1.101.3.4.1.5', nodeName: 'id-aes128-wrap', keyBytes: 16 },
  { oid: '2.16.840.1.101.3.4.1.25', nodeName: 'id-aes192-wrap', keyBytes: 24 },
  { oid: '2.16.840.1.101.3.4.1.45', nodeName: 'id-aes256-wrap', keyBytes: 32 },
] as const;

describe('vectors: key-agreement.json', () => {
  const content = sample(200);

  for (const [title, vector] of titled(vectorFile('key-agreement.json') as Published<AgreementVector>)) {
    for (const [schemeName, { oid: id, derive, digest }] of Object.entries(schemes)) {
      it(`ENV-07: ${title}: the published secret opens a message, by ${schemeName}`, async () => {
        const privateKey = privateKeyOf(vector);
        const certificate = await certificateFor(publicKeyOf(vector, privateKey));
        for (const wrap of wraps) {
          for (const material of [undefined, randomBytes(20)]) {
            const keyInfo = sequence(oid(wrap.oid));
            const key = derive(digest, hex(vector.secret), keyInfo, material, wrap.keyBytes);
            const [contentKey, iv] = [randomBytes(16), randomBytes(16)];
            const wrapping = createCipheriv(wrap.nodeName, key, Buffer.alloc(8, 0xa6));
            const encryption = createCipheriv('aes-128-cbc', contentKey, iv);
            const message = handmadeEnvelope({
              recipient: keyAgreement({
                certificate,
                keyAlgorithm: algorithms[vector.curve],
                point: hex(vector.peerKey),
                keyEncryptionAlgorithm: sequence(oid(id), keyInfo),
                ...(material ? { userKeyingMaterial: material } : {}),
                encryptedKey: Buffer.concat([wrapping.update(contentKey), wrapping.final()]),
              }),
              cipher: sequence(oid('2.16.840.1.101.3.4.1.2'), octetString(iv)),
              ciphertext: Buffer.concat([encryption.update(content), encryption.final()]),
            });
            assert.ok((await decrypted(message, [makeKeyPair(certificate, privateKey)])).equals(content));
          }
        }
      });
    }
  }
});
