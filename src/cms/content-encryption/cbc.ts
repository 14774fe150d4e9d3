import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { type Chunks, inTurns } from '../../bytes';
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
  const encryption = createCipheriv(cipher.algorithm.nodeName, createSecretKey(key), cipher.iv);
  const small: Buffer[] = [];
  let smallBytes = 0;
  for await (const chunk of smallEnough(chunks, cipher)) {
    if (chunk.length < SMALL_BYTES) {
      small.push(chunk);
      smallBytes += chunk.length;
      if (smallBytes < SMALL_BYTES) continue;
    }
    if (small.length > 0) yield updateTogether(encryption, small.splice(0));
    smallBytes = 0;
    if (chunk.length >= SMALL_BYTES) yield encryption.update(chunk);
  }
  if (small.length > 0) yield updateTogether(encryption, small);
  yield encryption.final();
}

/**
 * A step through a cipher costs as much as ciphering some kilobytes, and the payload of a small message comes with
 * several little things around it: such neighbours go together.
 */
const SMALL_BYTES = 32 * 1024;
/** For all messages: nothing waits in here. */
const together = Buffer.allocUnsafeSlow(2 * SMALL_BYTES);

function updateTogether(encryption: Cipheriv, parts: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.copy(together, length);
  return encryption.update(together.subarray(0, length));
}

/** @param failure makes the error for bad padding */
export async function* decryptCbc(
  chunks: Chunks,
  cipher: ContentCipher,
  key: Buffer,
  failure: (cause: unknown) => As2Error,
): AsyncGenerator<Buffer, void> {
  const decryption = createDecipheriv(cipher.algorithm.nodeName, createSecretKey(key), cipher.iv);
  for await (const chunk of smallEnough(chunks, cipher)) {
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

/** Triple DES takes a millisecond or two for this much. */
const SLOW_PIECE_BYTES = 32 * 1024;

/** Only Triple DES is so slow that the usual pieces are too large for it (law 8). */
function smallEnough(chunks: Chunks, { algorithm }: ContentCipher): Chunks {
  return algorithm.name === 'des-ede3-cbc' ? smallPieces(chunks) : chunks;
}

async function* smallPieces(chunks: Chunks): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) yield* inTurns(chunk, SLOW_PIECE_BYTES);
}
