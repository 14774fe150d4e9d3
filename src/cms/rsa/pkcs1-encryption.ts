import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { As2Error } from '../../errors';

/** RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1). */
export function encryptPkcs1(publicKey: KeyObject, contentEncryptionKey: Buffer): Buffer {
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, contentEncryptionKey);
}

/**
 * Decrypts a content-encryption key. Bad padding does not show: OpenSSL then returns random bytes of random length
 * (RFC 3218 §2.3, ENV-05).
 * @returns undefined when the input is no number below the modulus, which everyone can see
 * @throws As2Error `runtime-too-old`
 */
export function decryptPkcs1(privateKey: KeyObject, encryptedKey: Buffer): Buffer | undefined {
  if (!pkcs1DecryptionIsSafe(privateKey)) throw new As2Error('runtime-too-old', { version: process.version });
  try {
    return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, encryptedKey);
  } catch {
    return undefined;
  }
}

let safeDecryption: boolean | undefined;

/**
 * Whether this Node.js hides bad padding ("implicit rejection", OpenSSL 3.2 and newer). Older ones throw at a bad
 * block, or refuse PKCS#1 v1.5 altogether.
 * @param privateKey any RSA key to try it with
 */
export function pkcs1DecryptionIsSafe(privateKey: KeyObject): boolean {
  safeDecryption ??= tryBadBlock(privateKey);
  return safeDecryption;
}

function tryBadBlock(privateKey: KeyObject): boolean {
  // 1 is its own root: the block it stands for begins 00 00 00, which is no padding.
  const block = Buffer.alloc(Math.ceil((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8));
  block[block.length - 1] = 1;
  try {
    privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, block);
    return true;
  } catch {
    return false;
  }
}
