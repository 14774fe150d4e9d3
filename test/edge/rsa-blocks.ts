import { constants, createHash, type KeyObject, privateEncrypt, publicEncrypt } from 'node:crypto';
import { octetString, oid, sequence, nullValue } from '../../src/asn1';

/*
 * The encodings that RSA operates on (RFC 8017 §7.1.1, §7.2.1, §9.1.1, §9.2), written part by part, so that each
 * part can be wrong; and the bare operation. Independent of what is tested. Digests by their names in Node.js.
 */

/** The octets of a modulus of 2048 bits. */
export const BLOCK_BYTES = 256;

/** The bare private operation: a signature of that block. */
export function signBlock(key: KeyObject, block: Buffer): Buffer {
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block);
}

/** The bare public operation. */
export function encryptBlock(key: KeyObject, block: Buffer): Buffer {
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block);
}

/** EMSA-PKCS1-v1_5 and RSAES-PKCS1-v1_5: 00, type, padding, 00, data; the padding fills the block. */
export function pkcs1Block(
  data: Buffer,
  o: {
    readonly type?: number;
    readonly padding?: Buffer;
    readonly head?: number;
    readonly separator?: number;
  } = {},
): Buffer {
  const { type = 1, head = 0, separator = 0 } = o;
  const padding = o.padding ?? Buffer.alloc(BLOCK_BYTES - 3 - data.length, 0xff);
  return Buffer.concat([Buffer.from([head, type]), padding, Buffer.from([separator]), data]);
}

export const sha256Identifier = oid('2.16.840.1.101.3.4.2.1');

export function digestInfo(digest: Buffer, parameters: readonly Buffer[] = [nullValue()]): Buffer {
  return sequence(sequence(sha256Identifier, ...parameters), octetString(digest));
}

export interface PssParts {
  readonly digest?: string;
  readonly mgf1Digest?: string;
  readonly salt?: Buffer;
  readonly trailer?: number;
  /** What stands between the zeros and the salt. */
  readonly separator?: number;
  readonly padding?: (padding: Buffer) => void;
  readonly hash?: (hash: Buffer) => void;
  /** The highest bit, which is not covered. */
  readonly highestBit?: boolean;
}

/** EMSA-PSS for a modulus of 2048 bits. */
export function pssBlock(messageDigest: Buffer, parts: PssParts = {}): Buffer {
  const { digest = 'sha256', mgf1Digest = digest, trailer = 0xbc, separator = 1 } = parts;
  const salt = parts.salt ?? Buffer.alloc(32, 0x5a);
  const hash = createHash(digest).update(Buffer.alloc(8)).update(messageDigest).update(salt).digest();
  const maskedBytes = BLOCK_BYTES - hash.length - 1;
  const padding = Buffer.alloc(maskedBytes - salt.length - 1);
  parts.padding?.(padding);
  const data = Buffer.concat([padding, Buffer.from([separator]), salt]);
  const masked = over(data, mask(mgf1Digest, hash, maskedBytes));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  parts.hash?.(hash);
  if (parts.highestBit) masked[0] |= 0x80;
  return Buffer.concat([masked, hash, Buffer.from([trailer])]);
}

export interface OaepParts {
  readonly digest?: string;
  readonly mgf1Digest?: string;
  readonly label?: Buffer;
  readonly head?: number;
  readonly labelHash?: (hash: Buffer) => void;
  readonly padding?: (padding: Buffer) => void;
  readonly separator?: number;
}

/** EME-OAEP for a modulus of 2048 bits. */
export function oaepBlock(message: Buffer, parts: OaepParts = {}): Buffer {
  const { digest = 'sha256', mgf1Digest = digest, head = 0, separator = 1 } = parts;
  const labelHash = createHash(digest)
    .update(parts.label ?? Buffer.alloc(0))
    .digest();
  parts.labelHash?.(labelHash);
  const padding = Buffer.alloc(BLOCK_BYTES - 2 * labelHash.length - 2 - message.length);
  parts.padding?.(padding);
  const block = Buffer.concat([labelHash, padding, Buffer.from([separator]), message]);
  const seed = Buffer.alloc(labelHash.length, 0x33);
  const maskedBlock = over(block, mask(mgf1Digest, seed, block.length));
  const maskedSeed = over(seed, mask(mgf1Digest, maskedBlock, seed.length));
  return Buffer.concat([Buffer.from([head]), maskedSeed, maskedBlock]);
}

function mask(digest: string, seed: Buffer, lengthBytes: number): Buffer {
  let output: Buffer = Buffer.alloc(0);
  for (let counter = 0; output.length < lengthBytes; counter++) {
    const block = createHash(digest)
      .update(seed)
      .update(Buffer.from([0, 0, 0, counter]))
      .digest();
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, lengthBytes);
}

function over(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

/** The same number modulo the key's modulus, that much greater. */
export function beyondModulus(key: KeyObject, value: Buffer): Buffer {
  const { n = '' } = key.export({ format: 'jwk' });
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
  const sum = (BigInt(`0x${value.toString('hex')}`) + modulus).toString(16);
  return Buffer.from(sum.length % 2 === 0 ? sum : `0${sum}`, 'hex');
}
