import { createHash, type Hash } from 'node:crypto';

/*
 * The one table of algorithms: everything CMS names by an object identifier, with the name it has in Node.js.
 * Sources: RFC 3370, 3565, 4055, 5084, 5753, 5754, 8103, 8418, 8419, 8702.
 */

export interface DigestAlgorithm {
  readonly name: DigestName;
  readonly oid: string;
  readonly nodeName: string;
  /** As written in `micalg`, Disposition-Notification-Options and Received-content-MIC. */
  readonly micalg: string;
  readonly lengthBytes: number;
}

function digest<Name extends string>(
  name: Name,
  oid: string,
  nodeName: string,
  lengthBytes: number,
  micalg: string = name,
) {
  return { name, oid, nodeName, lengthBytes, micalg };
}

const digests = [
  digest('md5', '1.2.840.113549.2.5', 'md5', 16),
  // RFC 3851 spelling: the one that partners compare with (decision 7 of the conformance list).
  digest('sha-1', '1.3.14.3.2.26', 'sha1', 20, 'sha1'),
  digest('sha-224', '2.16.840.1.101.3.4.2.4', 'sha224', 28),
  digest('sha-256', '2.16.840.1.101.3.4.2.1', 'sha256', 32),
  digest('sha-384', '2.16.840.1.101.3.4.2.2', 'sha384', 48),
  digest('sha-512', '2.16.840.1.101.3.4.2.3', 'sha512', 64),
  digest('sha-512-256', '2.16.840.1.101.3.4.2.6', 'sha512-256', 32),
  digest('sha3-224', '2.16.840.1.101.3.4.2.7', 'sha3-224', 28),
  digest('sha3-256', '2.16.840.1.101.3.4.2.8', 'sha3-256', 32),
  digest('sha3-384', '2.16.840.1.101.3.4.2.9', 'sha3-384', 48),
  digest('sha3-512', '2.16.840.1.101.3.4.2.10', 'sha3-512', 64),
  // RFC 8702: 512 bits of output; the digest of Ed448 (RFC 8419).
  digest('shake256', '2.16.840.1.101.3.4.2.12', 'shake256', 64),
] as const;

export type DigestName = (typeof digests)[number]['name'];

/** Other identifiers met for the same digest: id-shake256-len (RFC 8419), RSA-style names of old senders. */
const digestOidAliases: Readonly<Record<string, DigestName>> = {
  '2.16.840.1.101.3.4.2.18': 'shake256',
  '1.2.840.113549.1.1.4': 'md5',
  '1.2.840.113549.1.1.5': 'sha-1',
  '1.3.14.3.2.29': 'sha-1',
  '1.2.840.113549.1.1.14': 'sha-224',
  '1.2.840.113549.1.1.11': 'sha-256',
  '1.2.840.113549.1.1.12': 'sha-384',
  '1.2.840.113549.1.1.13': 'sha-512',
};

/** Every digest that can be read, in the order of the table. */
export const digestNames: readonly DigestName[] = digests.map(({ name }) => name);

export function digestAlgorithm(name: DigestName): DigestAlgorithm {
  const found = digests.find((candidate) => candidate.name === name);
  if (!found) throw new RangeError(`no digest ${name as string}`);
  return found;
}

/** Any spelling that partners use: `SHA256`, `sha-256`, `SHA_256`, `rsa-sha256`, `sha2-256`, `sha` for SHA-1. */
export function digestByName(spelling: string): DigestAlgorithm | undefined {
  const plain = spelling
    .toLowerCase()
    .replace(/[-_\s/]/g, '')
    .replace(/^rsa/, '');
  const wanted = plain === 'sha' ? 'sha1' : plain.replace(/^sha2(?=(?:224|256|384|512)$)/, 'sha');
  return digests.find(({ name }) => name.replaceAll('-', '') === wanted);
}

export function digestByOid(oid: string): DigestAlgorithm | undefined {
  const alias = digestOidAliases[oid];
  return alias ? digestAlgorithm(alias) : digests.find((candidate) => candidate.oid === oid);
}

export function createDigest(name: DigestName): Hash {
  const { nodeName, lengthBytes } = digestAlgorithm(name);
  return createHash(nodeName, nodeName.startsWith('shake') ? { outputLength: lengthBytes } : {});
}

// ---------------------------------------------------------------------------------------------------------------

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

// ---------------------------------------------------------------------------------------------------------------

export type CipherMode = 'cbc' | 'gcm' | 'ccm' | 'chacha20-poly1305';

export interface CipherAlgorithm {
  readonly name: CipherName;
  readonly oid: string;
  readonly nodeName: string;
  readonly mode: CipherMode;
  readonly keyBytes: number;
  /** Length of the initialization vector or nonce that is written. */
  readonly ivBytes: number;
  /** Length of the authentication tag that is written; 0 for a cipher that does not authenticate. */
  readonly tagBytes: number;
  readonly blockBytes: number;
  /** Broken or outdated; only where a partner can do nothing else. OpenSSL keeps it in its legacy provider. */
  readonly legacy: boolean;
}

const aes = '2.16.840.1.101.3.4.1';

function cbc<Name extends string>(
  name: Name,
  oid: string,
  nodeName: string,
  keyBytes: number,
  blockBytes: number,
) {
  return {
    name,
    oid,
    nodeName,
    mode: 'cbc',
    keyBytes,
    ivBytes: blockBytes,
    tagBytes: 0,
    blockBytes,
    legacy: false,
  } as const;
}

function legacyCbc<Name extends string>(name: Name, oid: string, nodeName: string, keyBytes: number) {
  return { ...cbc(name, oid, nodeName, keyBytes, 8), legacy: true } as const;
}

function aead<Name extends string>(
  name: Name,
  oid: string,
  nodeName: string,
  mode: CipherMode,
  keyBytes: number,
) {
  return {
    name,
    oid,
    nodeName,
    mode,
    keyBytes,
    ivBytes: 12,
    tagBytes: 16,
    blockBytes: 1,
    legacy: false,
  } as const;
}

const ciphers = [
  cbc('aes-128-cbc', `${aes}.2`, 'aes-128-cbc', 16, 16),
  cbc('aes-192-cbc', `${aes}.22`, 'aes-192-cbc', 24, 16),
  cbc('aes-256-cbc', `${aes}.42`, 'aes-256-cbc', 32, 16),
  aead('aes-128-gcm', `${aes}.6`, 'aes-128-gcm', 'gcm', 16),
  aead('aes-192-gcm', `${aes}.26`, 'aes-192-gcm', 'gcm', 24),
  aead('aes-256-gcm', `${aes}.46`, 'aes-256-gcm', 'gcm', 32),
  aead('aes-128-ccm', `${aes}.7`, 'aes-128-ccm', 'ccm', 16),
  aead('aes-192-ccm', `${aes}.27`, 'aes-192-ccm', 'ccm', 24),
  aead('aes-256-ccm', `${aes}.47`, 'aes-256-ccm', 'ccm', 32),
  aead('chacha20-poly1305', '1.2.840.113549.1.9.16.3.18', 'chacha20-poly1305', 'chacha20-poly1305', 32),
  cbc('des-ede3-cbc', '1.2.840.113549.3.7', 'des-ede3-cbc', 24, 8),
  // One identifier for all: the effective key bits stand in its parameters (RFC 2268 §6).
  legacyCbc('rc2-40-cbc', '1.2.840.113549.3.2', 'rc2-40-cbc', 5),
  legacyCbc('rc2-64-cbc', '1.2.840.113549.3.2', 'rc2-64-cbc', 8),
  legacyCbc('rc2-128-cbc', '1.2.840.113549.3.2', 'rc2-cbc', 16),
  legacyCbc('cast5-cbc', '1.2.840.113533.7.66.10', 'cast5-cbc', 16),
  legacyCbc('idea-cbc', '1.3.6.1.4.1.188.7.1.1.2', 'idea-cbc', 16),
] as const;

export type CipherName = (typeof ciphers)[number]['name'];

export const rc2Cbc = '1.2.840.113549.3.2';

/** Every cipher that can be read and written, in the order of the table; the last ones need opting in. */
export const cipherNames: readonly CipherName[] = ciphers.map(({ name }) => name);

export function cipherAlgorithm(name: CipherName): CipherAlgorithm {
  const found = ciphers.find((candidate) => candidate.name === name);
  if (!found) throw new RangeError(`no cipher ${name as string}`);
  return found;
}

/** Names without mode, and other names, as they are met in agreements. */
const cipherAliases: Readonly<Record<string, CipherName>> = {
  aes: 'aes-128-cbc',
  aes128: 'aes-128-cbc',
  aes192: 'aes-192-cbc',
  aes256: 'aes-256-cbc',
  '3des': 'des-ede3-cbc',
  '3descbc': 'des-ede3-cbc',
  des3: 'des-ede3-cbc',
  desede3: 'des-ede3-cbc',
  tripledes: 'des-ede3-cbc',
  tripledes192cbc: 'des-ede3-cbc',
  rc2: 'rc2-128-cbc',
  rc240: 'rc2-40-cbc',
  rc264: 'rc2-64-cbc',
  rc2128: 'rc2-128-cbc',
  cast5: 'cast5-cbc',
  idea: 'idea-cbc',
};

/** Any letter case, with or without hyphens: `AES256-CBC`, `aes_256_cbc`, `3DES`. */
export function cipherByName(spelling: string): CipherAlgorithm | undefined {
  const plain = spelling.toLowerCase().replace(/[-_\s]/g, '');
  const alias = cipherAliases[plain];
  return alias ? cipherAlgorithm(alias) : ciphers.find(({ name }) => name.replaceAll('-', '') === plain);
}

export function cipherByOid(oid: string): CipherAlgorithm | undefined {
  return ciphers.find((candidate) => candidate.oid === oid);
}
