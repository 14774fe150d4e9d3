import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CcmStream } from './ccm';
import type { ContentCipher } from './parameters';

/** Encrypts; the tag is there when all content has gone through. */
export interface Sealer {
  update(content: Buffer): Buffer;
  tag(): Buffer;
}

/** Decrypts. What `update` gives out proves nothing until `verifies` was asked. */
export interface Opener {
  update(ciphertext: Buffer): Buffer;
  verifies(): boolean;
}

/** @param contentBytes needed by CCM, which authenticates it before the content */
export function createSealer({ algorithm, iv }: ContentCipher, key: Buffer, contentBytes: number): Sealer {
  const { mode, tagBytes, nodeName } = algorithm;
  if (mode === 'ccm') {
    return new CcmStream('seal', { key, nonce: iv, tagBytes, additionalData: Buffer.alloc(0), contentBytes });
  }
  const cipher = createCipheriv(nodeName as 'aes-256-gcm', key, iv, { authTagLength: tagBytes });
  return {
    update: (content) => cipher.update(content),
    tag: () => {
      cipher.final();
      return cipher.getAuthTag();
    },
  };
}

/** @param tag of exactly the length agreed: OpenSSL would take shorter ones (AEAD-02) */
export function createOpener(
  { algorithm, iv }: ContentCipher,
  key: Buffer,
  contentBytes: number,
  additionalData: Buffer,
  tag: Buffer,
): Opener {
  if (algorithm.mode === 'ccm') {
    const stream = new CcmStream('open', {
      key,
      nonce: iv,
      tagBytes: tag.length,
      additionalData,
      contentBytes,
    });
    return { update: (ciphertext) => stream.update(ciphertext), verifies: () => stream.verifies(tag) };
  }
  const decipher = createDecipheriv(algorithm.nodeName as 'aes-256-gcm', key, iv, {
    authTagLength: tag.length,
  });
  if (additionalData.length > 0) decipher.setAAD(additionalData);
  decipher.setAuthTag(tag);
  return {
    update: (ciphertext) => decipher.update(ciphertext),
    verifies: () => {
      try {
        decipher.final();
        return true;
      } catch {
        return false;
      }
    },
  };
}
