import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Chunks } from '../../bytes';
import type { As2Error } from '../../errors';
import type { ContentCipher } from './parameters';

/** With the padding of RFC 5652 §6.3: 1 to one block, always there (ENV-09). */
export function paddedLength(contentBytes: number, blockBytes: number): number {
  return contentBytes - (contentBytes % blockBytes) + blockBytes;
}

export async function* encryptCbc(
  chunks: Chunks,
  cipher: ContentCipher,
  key: Buffer,
): AsyncGenerator<Buffer, void> {
  const encryption = createCipheriv(cipher.algorithm.nodeName, key, cipher.iv);
  for await (const chunk of chunks) yield encryption.update(chunk);
  yield encryption.final();
}

/** @param failure makes the error for bad padding */
export async function* decryptCbc(
  chunks: Chunks,
  cipher: ContentCipher,
  key: Buffer,
  failure: (cause: unknown) => As2Error,
): AsyncGenerator<Buffer, void> {
  const decryption = createDecipheriv(cipher.algorithm.nodeName, key, cipher.iv);
  for await (const chunk of chunks) {
    const plain = decryption.update(chunk);
    if (plain.length > 0) yield plain;
  }
  let last: Buffer;
  try {
    last = decryption.final();
  } catch (cause) {
    throw failure(cause);
  }
  if (last.length > 0) yield last;
}
