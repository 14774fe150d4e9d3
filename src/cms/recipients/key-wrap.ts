import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyWrapAlgorithm } from '../algorithms';

/** RFC 3394 §2.2.3.1. */
const WRAP_IV = Buffer.alloc(8, 0xa6);

/** AES key wrap (RFC 3394 §2.2.1): the key, eight octets longer. */
export function wrapKey({ nodeName }: KeyWrapAlgorithm, keyEncryptionKey: Buffer, key: Buffer): Buffer {
  const wrapping = createCipheriv(nodeName, keyEncryptionKey, WRAP_IV);
  return Buffer.concat([wrapping.update(key), wrapping.final()]);
}

/**
 * RFC 3394 §2.2.2.
 * @returns undefined when it does not unwrap
 */
export function unwrapKey(
  { nodeName }: KeyWrapAlgorithm,
  keyEncryptionKey: Buffer,
  wrapped: Buffer,
): Buffer | undefined {
  try {
    const unwrapping = createDecipheriv(nodeName, keyEncryptionKey, WRAP_IV);
    return Buffer.concat([unwrapping.update(wrapped), unwrapping.final()]);
  } catch {
    return undefined;
  }
}
