import type { DigestName } from './digests';
import { rsaEncryption } from './signatures';

export const rsaesOaep = '1.2.840.113549.1.1.7';

/** Diffie-Hellman with one ephemeral key, and what makes a key-encryption key of the shared secret. */
export interface KeyAgreementAlgorithm {
  readonly oid: string;
  readonly kdf: 'x963' | 'hkdf';
  readonly digest: DigestName;
}

function agreement(
  kdf: KeyAgreementAlgorithm['kdf'],
  digest: DigestName,
  ...oids: readonly string[]
): KeyAgreementAlgorithm[] {
  return oids.map((oid) => ({ oid, kdf, digest }));
}

const secg = '1.3.132.1';
const x963 = '1.3.133.16.840.63.0';
const smimeAlgorithm = '1.2.840.113549.1.9.16.3';

/** stdDH first, then cofactorDH, which is the same where the cofactor is 1, as it is on all the NIST curves. */
const agreements: readonly KeyAgreementAlgorithm[] = [
  ...agreement('x963', 'sha-1', `${x963}.2`, `${x963}.3`),
  ...agreement('x963', 'sha-224', `${secg}.11.0`, `${secg}.14.0`),
  ...agreement('x963', 'sha-256', `${secg}.11.1`, `${secg}.14.1`),
  ...agreement('x963', 'sha-384', `${secg}.11.2`, `${secg}.14.2`),
  ...agreement('x963', 'sha-512', `${secg}.11.3`, `${secg}.14.3`),
  // RFC 8418, for X25519 and X448.
  ...agreement('hkdf', 'sha-256', `${smimeAlgorithm}.19`),
  ...agreement('hkdf', 'sha-384', `${smimeAlgorithm}.20`),
  ...agreement('hkdf', 'sha-512', `${smimeAlgorithm}.21`),
];

export function keyAgreementByOid(oid: string): KeyAgreementAlgorithm | undefined {
  return agreements.find((candidate) => candidate.oid === oid);
}

export function keyAgreementFor(
  kdf: KeyAgreementAlgorithm['kdf'],
  digest: DigestName,
): KeyAgreementAlgorithm {
  const found = agreements.find((candidate) => candidate.kdf === kdf && candidate.digest === digest);
  if (!found) throw new RangeError(`no key agreement with ${kdf} and ${digest}`);
  return found;
}

/** AES key wrap (RFC 3394) with a key-encryption key of that length. */
export interface KeyWrapAlgorithm {
  readonly oid: string;
  readonly nodeName: string;
  readonly keyBytes: number;
}

const keyWraps: readonly KeyWrapAlgorithm[] = [
  { oid: '2.16.840.1.101.3.4.1.5', nodeName: 'id-aes128-wrap', keyBytes: 16 },
  { oid: '2.16.840.1.101.3.4.1.25', nodeName: 'id-aes192-wrap', keyBytes: 24 },
  { oid: '2.16.840.1.101.3.4.1.45', nodeName: 'id-aes256-wrap', keyBytes: 32 },
];

export function keyWrapByOid(oid: string): KeyWrapAlgorithm | undefined {
  return keyWraps.find((candidate) => candidate.oid === oid);
}

/** The wrap that is as strong as the key it wraps. */
export function keyWrapFor(keyBytes: number): KeyWrapAlgorithm | undefined {
  return keyWraps.find((candidate) => candidate.keyBytes === keyBytes);
}

/** For people: what encrypted the content-encryption key. */
export function keyEncryptionName(oid: string): string {
  if (oid === rsaEncryption) return 'rsa-pkcs1';
  if (oid === rsaesOaep) return 'rsa-oaep';
  const found = keyAgreementByOid(oid);
  return found ? `ecdh-${found.kdf}-${found.digest}` : oid;
}
