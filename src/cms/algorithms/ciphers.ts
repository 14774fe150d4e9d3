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

/** Ciphers that partners may name and that are not here, for people who read the error. */
const foreignNames: Readonly<Record<string, string>> = {
  [`${aes}.1`]: 'aes-128-ecb',
  [`${aes}.21`]: 'aes-192-ecb',
  [`${aes}.41`]: 'aes-256-ecb',
  [`${aes}.4`]: 'aes-128-cfb',
  [`${aes}.24`]: 'aes-192-cfb',
  [`${aes}.44`]: 'aes-256-cfb',
  '1.3.14.3.2.7': 'des-cbc',
  '1.2.840.113549.3.4': 'rc4',
  '1.2.840.113549.3.9': 'rc5-cbc',
  '1.2.392.200011.61.1.1.1.2': 'camellia-128-cbc',
  '1.2.392.200011.61.1.1.1.3': 'camellia-192-cbc',
  '1.2.392.200011.61.1.1.1.4': 'camellia-256-cbc',
  '1.2.410.200004.1.4': 'seed-cbc',
};

/** The name of a cipher that is not supported, where it has one, with its identifier. */
export function foreignCipherName(oid: string): string {
  const name = foreignNames[oid];
  return name === undefined ? oid : `${name} (${oid})`;
}

export function cipherByOid(oid: string): CipherAlgorithm | undefined {
  return ciphers.find((candidate) => candidate.oid === oid);
}
