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

/** About a second of work. The largest counts in use are a tenth of it. */
const MOST_ITERATIONS = 1_000_000;
/** N times r times p; OpenSSL writes keys with 131,072. */
const MOST_SCRYPT_BLOCKS = 8_000_000;

const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';
const scrypt = '1.3.6.1.4.1.11591.4.11';

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

/** What one file may make us compute before it is refused, however many of its parts ask for it (SEC-11). */
export class IterationBudget {
  private left = MOST_ITERATIONS;

  /**
   * @param derivations how often the count is gone through
   * @throws UnsupportedProtection; As2Error `asn1-malformed`
   */
  take(count: Asn1Node | undefined, derivations = 1): number {
    const iterations = smallInteger(count);
    this.left -= iterations * derivations;
    if (iterations < 1 || this.left < 0) {
      throw new UnsupportedProtection(`more than ${MOST_ITERATIONS} iterations in all, or none`);
    }
    return iterations;
  }
}

/**
 * Decrypts what was encrypted with a passphrase (RFC 8018 PBES2, RFC 7292 appendix C).
 * @param algorithm the AlgorithmIdentifier
 * @throws UnsupportedProtection; any other error means a wrong passphrase or damaged data
 */
export function decryptWithPassphrase(
  algorithm: Asn1Node | undefined,
  data: Buffer,
  passphrase: Passphrase,
  budget: IterationBudget,
): Buffer {
  const [id, parameters] = childrenOf(algorithm);
  const scheme = oidValue(id);
  if (scheme === pbes2) return decryptPbes2(parameters, data, passphrase, budget);
  const cipher = pkcs12Ciphers[scheme];
  if (!cipher) throw new UnsupportedProtection(scheme);
  const [saltNode, iterationsNode] = childrenOf(parameters);
  const salt = octetStringValue(saltNode);
  const iterations = budget.take(iterationsNode, 2);
  const key = pkcs12Key('encryption', 'sha1', passphrase, salt, iterations, cipher.keyBytes);
  const iv = pkcs12Key('iv', 'sha1', passphrase, salt, iterations, PKCS12_IV_BYTES);
  return cipher.decrypt(key, iv, data);
}

/**
 * For what OpenSSL decrypts: it would derive a key with as many iterations as the file asks for, and nothing stops it.
 * @param algorithm the AlgorithmIdentifier
 * @throws UnsupportedProtection; As2Error `asn1-malformed`
 */
export function assertAffordable(algorithm: Asn1Node | undefined): void {
  const budget = new IterationBudget();
  const [id, parameters] = childrenOf(algorithm);
  if (oidValue(id) !== pbes2) {
    budget.take(childrenOf(parameters)[1]);
    return;
  }
  const [kdf, kdfParameters] = childrenOf(childrenOf(parameters)[0]);
  const [, ...numbers] = childrenOf(kdfParameters);
  if (oidValue(kdf) !== scrypt) {
    budget.take(numbers[0]);
    return;
  }
  const blocks = numbers.slice(0, 3).reduce((product, node) => product * smallInteger(node), 1);
  if (blocks < 1 || blocks > MOST_SCRYPT_BLOCKS) throw new UnsupportedProtection(`${blocks} blocks`);
}

/** The key of a PKCS#12 MAC (RFC 7292 appendix B). */
export function macKey(
  digest: string,
  passphrase: Passphrase,
  salt: Buffer,
  iterationsNode: Asn1Node | undefined,
  lengthBytes: number,
  budget: IterationBudget,
): Buffer {
  const iterations = iterationsNode ? budget.take(iterationsNode) : 1;
  return pkcs12Key('mac', digest, passphrase, salt, iterations, lengthBytes);
}

function decryptPbes2(
  parameters: Asn1Node | undefined,
  data: Buffer,
  passphrase: Passphrase,
  budget: IterationBudget,
): Buffer {
  const [derivation, encryption] = childrenOf(parameters);
  const [encryptionId, iv] = childrenOf(encryption);
  const cipher = pbes2Ciphers[oidValue(encryptionId)];
  if (!cipher) throw new UnsupportedProtection(oidValue(encryptionId));
  const key = pbkdf2Key(derivation, passphrase, cipher.keyBytes, budget);
  return cipher.decrypt(key, octetStringValue(iv), data);
}

/** PBKDF2-params: salt, iterationCount, keyLength OPTIONAL, prf DEFAULT HMAC-SHA-1 (RFC 8018 appendix A.2). */
function pbkdf2Key(
  derivation: Asn1Node | undefined,
  passphrase: Passphrase,
  keyBytes: number,
  budget: IterationBudget,
): Buffer {
  const [id, parameters] = childrenOf(derivation);
  if (oidValue(id) !== pbkdf2) throw new UnsupportedProtection(oidValue(id));
  const [salt, iterations, ...optional] = childrenOf(parameters);
  const prf = optional.find((part) => hasTag(part, tags.sequence));
  const prfId = prf ? oidValue(childrenOf(prf)[0]) : '1.2.840.113549.2.7';
  const digest = pseudoRandomFunctions[prfId];
  if (!digest) throw new UnsupportedProtection(prfId);
  const count = budget.take(iterations);
  return pbkdf2Sync(passphrase ?? '', octetStringValue(salt), count, keyBytes, digest);
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
