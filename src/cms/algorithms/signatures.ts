import type { DigestName } from './digests';

export type SignatureScheme = 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'ed25519' | 'ed448';

export interface SignatureAlgorithm {
  readonly oid: string;
  readonly scheme: SignatureScheme;
  /** The digest that the identifier itself names. */
  readonly digest?: DigestName;
}

function signature(scheme: SignatureScheme, oid: string, digestName?: DigestName): SignatureAlgorithm {
  return digestName ? { oid, scheme, digest: digestName } : { oid, scheme };
}

export const rsaEncryption = '1.2.840.113549.1.1.1';
export const rsassaPss = '1.2.840.113549.1.1.10';
export const mgf1Oid = '1.2.840.113549.1.1.8';

const signatures: readonly SignatureAlgorithm[] = [
  signature('rsa-pkcs1', rsaEncryption),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.4', 'md5'),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.5', 'sha-1'),
  signature('rsa-pkcs1', '1.3.14.3.2.29', 'sha-1'),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.14', 'sha-224'),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.11', 'sha-256'),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.12', 'sha-384'),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.13', 'sha-512'),
  signature('rsa-pkcs1', '1.2.840.113549.1.1.16', 'sha-512-256'),
  signature('rsa-pkcs1', '2.16.840.1.101.3.4.3.13', 'sha3-224'),
  signature('rsa-pkcs1', '2.16.840.1.101.3.4.3.14', 'sha3-256'),
  signature('rsa-pkcs1', '2.16.840.1.101.3.4.3.15', 'sha3-384'),
  signature('rsa-pkcs1', '2.16.840.1.101.3.4.3.16', 'sha3-512'),
  signature('rsa-pss', rsassaPss),
  signature('ecdsa', '1.2.840.10045.4.1', 'sha-1'),
  signature('ecdsa', '1.2.840.10045.4.3.1', 'sha-224'),
  signature('ecdsa', '1.2.840.10045.4.3.2', 'sha-256'),
  signature('ecdsa', '1.2.840.10045.4.3.3', 'sha-384'),
  signature('ecdsa', '1.2.840.10045.4.3.4', 'sha-512'),
  signature('ecdsa', '2.16.840.1.101.3.4.3.9', 'sha3-224'),
  signature('ecdsa', '2.16.840.1.101.3.4.3.10', 'sha3-256'),
  signature('ecdsa', '2.16.840.1.101.3.4.3.11', 'sha3-384'),
  signature('ecdsa', '2.16.840.1.101.3.4.3.12', 'sha3-512'),
  // SIG-13: some senders name the key's algorithm instead of the signature's.
  signature('ecdsa', '1.2.840.10045.2.1'),
  signature('ed25519', '1.3.101.112'),
  signature('ed448', '1.3.101.113'),
];

export function signatureByOid(oid: string): SignatureAlgorithm | undefined {
  return signatures.find((candidate) => candidate.oid === oid);
}

/** The identifier that names both, such as ecdsa-with-SHA256; without a digest the one that names the scheme. */
export function signatureFor(
  scheme: SignatureScheme,
  digestName?: DigestName,
): SignatureAlgorithm | undefined {
  return signatures.find((candidate) => candidate.scheme === scheme && candidate.digest === digestName);
}
