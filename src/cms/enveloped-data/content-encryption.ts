import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type ByteFlow, type Chunks, withLength } from '../../bytes';
import type { As2Error } from '../../errors';
import type { ContentCipher } from './cipher-parameters';

/** CBC with the padding of RFC 5652 §6.3: 1 to one block, always there (ENV-09). */
export function encryptContent(content: ByteFlow, cipher: ContentCipher, key: Buffer): ByteFlow {
  const { blockBytes } = cipher.algorithm;
  const length =
    content.length === undefined ? undefined : content.length - (content.length % blockBytes) + blockBytes;
  return withLength(encryptChunks(content.chunks, cipher, key), length);
}

async function* encryptChunks(
  chunks: Chunks,
  { algorithm, iv }: ContentCipher,
  key: Buffer,
): AsyncGenerator<Buffer, void> {
  const cipher = createCipheriv(algorithm.nodeName, key, iv);
  for await (const chunk of chunks) yield cipher.update(chunk);
  yield cipher.final();
}

/** @param failure makes the error for bad padding */
export async function* decryptContent(
  chunks: Chunks,
  { algorithm, iv }: ContentCipher,
  key: Buffer,
  failure: (cause: unknown) => As2Error,
): AsyncGenerator<Buffer, void> {
  const decipher = createDecipheriv(algorithm.nodeName, key, iv);
  for await (const chunk of chunks) {
    const plain = decipher.update(chunk);
    if (plain.length > 0) yield plain;
  }
  let last: Buffer;
  try {
    last = decipher.final();
  } catch (cause) {
    throw failure(cause);
  }
  if (last.length > 0) yield last;
}
