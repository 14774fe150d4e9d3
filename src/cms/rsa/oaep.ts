import { constants, type KeyObject, privateDecrypt, publicEncrypt, timingSafeEqual } from 'node:crypto';
import {
  type Asn1Node,
  childrenOf,
  context,
  malformed,
  octetStringValue,
  oidValue,
  sequence,
} from '../../asn1';
import { algorithmIdentifier } from '../algorithm-identifier';
import { createDigest, digestAlgorithm, type DigestName, mgf1Oid } from '../algorithms';
import { masked, mgf1 } from './mgf1';
import { digestField, digestIdentifier, fieldOf, maskGenerationField } from './parameters';

/** RSAES-OAEP-params (RFC 4055 §4.1). */
export interface OaepParameters {
  readonly digest: DigestName;
  readonly mgf1Digest: DigestName;
  readonly label: Buffer;
}

const pSpecified = '1.2.840.113549.1.1.9';

/** Every field has a default; an empty or missing SEQUENCE means SHA-1 throughout (ENV-06). */
export function readOaepParameters(node: Asn1Node | undefined): OaepParameters {
  const fields = node ? childrenOf(node) : [];
  const source = fieldOf(fields, 2);
  return {
    digest: digestField(fieldOf(fields, 0)),
    mgf1Digest: maskGenerationField(fieldOf(fields, 1)),
    label: source ? labelOf(source) : Buffer.alloc(0),
  };
}

function labelOf(source: Asn1Node): Buffer {
  const [algorithm, label] = childrenOf(source);
  if (oidValue(algorithm) !== pSpecified) throw malformed('an OAEP label has an unknown source');
  return octetStringValue(label);
}

export function oaepParameters(digest: DigestName): Buffer {
  if (digest === 'sha-1') return sequence();
  const identifier = digestIdentifier(digest);
  return sequence(context(0, identifier), context(1, algorithmIdentifier(mgf1Oid, identifier)));
}

export function encryptOaep(key: KeyObject, digest: DigestName, contentEncryptionKey: Buffer): Buffer {
  const oaepHash = digestAlgorithm(digest).nodeName;
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, contentEncryptionKey);
}

/** @returns undefined when it does not decrypt; the caller shows nothing of that */
export function decryptOaep(
  key: KeyObject,
  parameters: OaepParameters,
  encryptedKey: Buffer,
): Buffer | undefined {
  const { digest, mgf1Digest, label } = parameters;
  try {
    if (digest !== mgf1Digest) return decodeOaep(rawDecrypt(key, encryptedKey), parameters);
    const oaepHash = digestAlgorithm(digest).nodeName;
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return privateDecrypt(
      { key, padding, oaepHash, ...(label.length > 0 ? { oaepLabel: label } : {}) },
      encryptedKey,
    );
  } catch {
    return undefined;
  }
}

function rawDecrypt(key: KeyObject, encryptedKey: Buffer): Buffer {
  return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encryptedKey);
}

/**
 * EME-OAEP decoding (RFC 8017 §7.1.2 step 3), for two digests: node:crypto knows one for both. Every byte is looked
 * at before anything is decided.
 */
function decodeOaep(encoded: Buffer, { digest, mgf1Digest, label }: OaepParameters): Buffer | undefined {
  const { lengthBytes } = digestAlgorithm(digest);
  if (encoded.length < 2 * lengthBytes + 2) return undefined;
  const maskedSeed = encoded.subarray(1, 1 + lengthBytes);
  const maskedBlock = encoded.subarray(1 + lengthBytes);
  const seed = masked(maskedSeed, mgf1(mgf1Digest, maskedBlock, lengthBytes));
  const block = masked(maskedBlock, mgf1(mgf1Digest, seed, maskedBlock.length));

  let wrong =
    (encoded[0] ?? 1) |
    Number(!timingSafeEqual(block.subarray(0, lengthBytes), createDigest(digest).update(label).digest()));
  let separator = 0;
  for (let index = lengthBytes; index < block.length; index++) {
    const byte = block[index] ?? 0;
    if (separator === 0) {
      if (byte === 1) separator = index;
      else wrong |= byte;
    }
  }
  return wrong === 0 && separator > 0 ? block.subarray(separator + 1) : undefined;
}
