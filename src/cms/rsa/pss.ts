import { constants, createPublicKey, type KeyObject, publicEncrypt } from 'node:crypto';
import { bitString, bitStringBytes, childrenOf, parseBer, sequence } from '../../asn1';
import { algorithmIdentifier } from '../algorithm-identifier';
import { createDigest, digestAlgorithm, rsaEncryption } from '../algorithms';
import { masked, mgf1 } from './mgf1';
import type { PssParameters } from './parameters';

const TRAILER = 0xbc;

/**
 * RSASSA-PSS-VERIFY (RFC 8017 §8.1.2) on a digest that is known already. Written out here, on the bare RSA
 * operation, because node:crypto takes no digest in place of the message and one digest for both uses only (SIG-12).
 */
export function verifyPss(
  key: KeyObject,
  parameters: PssParameters,
  digest: Buffer,
  signature: Buffer,
): boolean {
  const modulusBits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (signature.length !== Math.ceil(modulusBits / 8)) return false;
  let block: Buffer;
  try {
    block = publicEncrypt({ key: plainRsaKey(key), padding: constants.RSA_NO_PADDING }, signature);
  } catch {
    return false; // not a number below the modulus
  }
  const encodedBits = modulusBits - 1;
  const encoded = block.subarray(block.length - Math.ceil(encodedBits / 8));
  const isTooLarge = encoded.length < block.length && block[0] !== 0;
  return !isTooLarge && isEncodingOf(digest, encoded, encodedBits, parameters);
}

/** EMSA-PSS-VERIFY (RFC 8017 §9.1.2). */
function isEncodingOf(
  digest: Buffer,
  encoded: Buffer,
  encodedBits: number,
  parameters: PssParameters,
): boolean {
  const { lengthBytes } = digestAlgorithm(parameters.digest);
  const maskedBytes = encoded.length - lengthBytes - 1;
  const paddingBytes = maskedBytes - parameters.saltBytes - 1;
  if (paddingBytes < 0 || digest.length !== lengthBytes || encoded.at(-1) !== TRAILER) return false;

  const hash = encoded.subarray(maskedBytes, -1);
  const data = masked(encoded.subarray(0, maskedBytes), mgf1(parameters.mgf1Digest, hash, maskedBytes));
  const unusedBits = encoded.length * 8 - encodedBits;
  const firstByteMask = 0xff >> unusedBits;
  if (((encoded[0] ?? 0) & ~firstByteMask) !== 0) return false;
  data.writeUInt8((data[0] ?? 0) & firstByteMask, 0);

  if (data.subarray(0, paddingBytes).some((byte) => byte !== 0) || data[paddingBytes] !== 1) return false;
  const salt = data.subarray(paddingBytes + 1);
  return createDigest(parameters.digest)
    .update(Buffer.alloc(8))
    .update(digest)
    .update(salt)
    .digest()
    .equals(hash);
}

/** The same numbers as a key without restrictions: OpenSSL gives the bare operation to no other. */
function plainRsaKey(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'rsa') return key;
  const [, publicKey] = childrenOf(parseBer(key.export({ type: 'spki', format: 'der' })));
  const spki = sequence(algorithmIdentifier(rsaEncryption, null), bitString(bitStringBytes(publicKey)));
  return createPublicKey({ key: spki, type: 'spki', format: 'der' });
}
