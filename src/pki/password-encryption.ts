import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { type Asn1Node, childrenOf, hasTag, octetStringValue, oidValue, smallInteger, tags } from '../asn1';
import { pkcs12Key, rc2CbcDecrypt } from './pkcs12-legacy';

/** Thrown for algorithms that are not known here or that would take too long. */
export class UnsupportedProtection extends Error {}

/**
 * A passphrase for PKCS#12; undefined means "none at all", which differs from the empty one in the key derivation of
 * RFC 7292 appendix B.
 */
export type Passphrase = string | undefined;

/** What an upload may make us compute before it is refused; the largest counts in use are a tenth of these. */
const MOST_PBKDF2_ITERATIONS = 5_000_000;
const MOST_PKCS12_ITERATIONS = 1_000_000;

const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';

/** RFC 8018 appendix B.1.2. */
const pseudoRandomFunctions: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

interface BlockCipher {
  readonly keyBytes: number;
  readonly decrypt: (key: Buffer, iv: Buffer, data: Buffer) => Buffer;
}

/** RFC 8018 appendix B.2. */
const pbes2Ciphers: Readonly<Record<string, BlockCipher>> = {
  '2.16.840.1.101.3.4.1.2': nodeCipher('aes-128-cbc', 16),
  '2.16.840.1.101.3.4.1.22': nodeCipher('aes-192-cbc', 24),
  '2.16.840.1.101.3.4.1.42': nodeCipher('aes-256-cbc', 32),
  '1.2.840.113549.3.7': nodeCipher('des-ede3-cbc', 24),
};

/** RFC 7292 appendix C: pbeWithSHAAnd…; all with blocks of 8 octets. */
const pkcs12Ciphers: Readonly<Record<string, BlockCipher>> = {
  '1.2.840.113549.1.12.1.3': nodeCipher('des-ede3-cbc', 24),
  '1.2.840.113549.1.12.1.4': nodeCipher('des-ede-cbc', 16),
  '1.2.840.113549.1.12.1.5': { keyBytes: 16, decrypt: rc2CbcDecrypt },
  '1.2.840.113549.1.12.1.6': { keyBytes: 5, decrypt: rc2CbcDecrypt },
};
const PKCS12_IV_BYTES = 8;

/**
 * Decrypts what was encrypted with a passphrase (RFC 8018 PBES2, RFC 7292 appendix C).
 * @param algorithm the AlgorithmIdentifier
 * @throws UnsupportedProtection; any other error means a wrong passphrase or damaged data
 */
export function decryptWithPassphrase(
  algorithm: Asn1Node | undefined,
  data: Buffer,
  passphrase: Passphrase,
): Buffer {
  const [id, parameters] = childrenOf(algorithm);
  const scheme = oidValue(id);
  if (scheme === pbes2) return decryptPbes2(parameters, data, passphrase);
  const cipher = pkcs12Ciphers[scheme];
  if (!cipher) throw new UnsupportedProtection(scheme);
  const [saltNode, iterationsNode] = childrenOf(parameters);
  const salt = octetStringValue(saltNode);
  const iterations = iterationCount(iterationsNode, MOST_PKCS12_ITERATIONS);
  const key = pkcs12Key('encryption', 'sha1', passphrase, salt, iterations, cipher.keyBytes);
  const iv = pkcs12Key('iv', 'sha1', passphrase, salt, iterations, PKCS12_IV_BYTES);
  return cipher.decrypt(key, iv, data);
}

/** The key of a PKCS#12 MAC (RFC 7292 appendix B). */
export function macKey(
  digest: string,
  passphrase: Passphrase,
  salt: Buffer,
  iterationsNode: Asn1Node | undefined,
  lengthBytes: number,
): Buffer {
  const iterations = iterationsNode ? iterationCount(iterationsNode, MOST_PKCS12_ITERATIONS) : 1;
  return pkcs12Key('mac', digest, passphrase, salt, iterations, lengthBytes);
}

function decryptPbes2(parameters: Asn1Node | undefined, data: Buffer, passphrase: Passphrase): Buffer {
  const [derivation, encryption] = childrenOf(parameters);
  const [encryptionId, iv] = childrenOf(encryption);
  const cipher = pbes2Ciphers[oidValue(encryptionId)];
  if (!cipher) throw new UnsupportedProtection(oidValue(encryptionId));
  return cipher.decrypt(pbkdf2Key(derivation, passphrase, cipher.keyBytes), octetStringValue(iv), data);
}

/** PBKDF2-params: salt, iterationCount, keyLength OPTIONAL, prf DEFAULT HMAC-SHA-1 (RFC 8018 appendix A.2). */
function pbkdf2Key(derivation: Asn1Node | undefined, passphrase: Passphrase, keyBytes: number): Buffer {
  const [id, parameters] = childrenOf(derivation);
  if (oidValue(id) !== pbkdf2) throw new UnsupportedProtection(oidValue(id));
  const [salt, iterations, ...optional] = childrenOf(parameters);
  const prf = optional.find((part) => hasTag(part, tags.sequence));
  const prfId = prf ? oidValue(childrenOf(prf)[0]) : '1.2.840.113549.2.7';
  const digest = pseudoRandomFunctions[prfId];
  if (!digest) throw new UnsupportedProtection(prfId);
  const count = iterationCount(iterations, MOST_PBKDF2_ITERATIONS);
  return pbkdf2Sync(passphrase ?? '', octetStringValue(salt), count, keyBytes, digest);
}

function iterationCount(node: Asn1Node | undefined, most: number): number {
  const count = smallInteger(node);
  if (count < 1 || count > most) throw new UnsupportedProtection(`${count} iterations`);
  return count;
}

function nodeCipher(name: string, keyBytes: number): BlockCipher {
  return {
    keyBytes,
    decrypt(key, iv, data) {
      const decipher = createDecipheriv(name, key, iv);
      return Buffer.concat([decipher.update(data), decipher.final()]);
    },
  };
}
