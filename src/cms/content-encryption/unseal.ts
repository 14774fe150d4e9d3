import {
  ByteReader,
  type Chunks,
  fileSource,
  readAll,
  spill,
  type SpilledBytes,
  type SpillOptions,
} from '../../bytes';
import { As2Error } from '../../errors';
import { createOpener, type Opener } from './aead';
import { ccmHolds } from './ccm';
import type { ContentCipher } from './parameters';

/** What follows the ciphertext in AuthEnvelopedData. */
export interface AeadTrailer {
  readonly mac: Buffer | undefined;
  /** What may have been authenticated beside the content: the attributes in the forms they may have had. */
  readonly additionalData: readonly Buffer[];
}

export interface UnsealOptions {
  readonly cipher: ContentCipher;
  readonly key: Buffer;
  /** Read after the ciphertext has ended. */
  readonly trailer: () => AeadTrailer;
  readonly spill: Pick<SpillOptions, 'directory' | 'thresholdBytes'>;
  readonly failure: (cause?: unknown) => As2Error;
}

/** One way to read what came: how much of it is ciphertext, the tag, and what it covers besides. */
interface Reading {
  readonly contentBytes: number;
  readonly tag: Buffer;
  readonly additionalData: Buffer;
}

/**
 * Decrypts with a cipher that authenticates. Nothing leaves before the tag is verified (AEAD-06): the ciphertext
 * comes to rest, is deciphered once for the tag alone, and only then once more for its content. That way the tag and
 * the attributes may stand where the standards put them, at the end, and CCM knows the length it begins with.
 */
export async function* unsealContent(ciphertext: Chunks, o: UnsealOptions): AsyncGenerator<Buffer, void> {
  const rested = await spill(ciphertext, {
    directory: o.spill.directory,
    thresholdBytes: o.spill.thresholdBytes,
  });
  try {
    const reading = await findReading(rested, o);
    if (!reading) throw o.failure();
    yield* decipher(rested, reading.contentBytes, opener(reading, o));
  } finally {
    await rested.dispose();
  }
}

async function findReading(rested: SpilledBytes, o: UnsealOptions): Promise<Reading | undefined> {
  const { algorithm, iv } = o.cipher;
  for (const reading of await readings(rested, o)) {
    if (algorithm.mode === 'ccm' && !ccmHolds(iv.length, reading.contentBytes)) continue;
    const attempt = opener(reading, o);
    for await (const chunk of decipher(rested, reading.contentBytes, attempt)) void chunk;
    if (attempt.verifies()) return reading;
  }
  return undefined;
}

async function readings(rested: SpilledBytes, { trailer, cipher }: UnsealOptions): Promise<Reading[]> {
  const { mac, additionalData } = trailer();
  const announced = cipher.tagBytes;
  if (mac) {
    // AEAD-02: an explicit length must be kept; where it was left away the mac tells, within reason.
    const fits = announced === undefined ? mac.length >= 12 && mac.length <= 16 : mac.length === announced;
    if (!fits) return [];
    const forms = additionalData.length > 0 ? additionalData : [Buffer.alloc(0)];
    return forms.map((form) => ({ contentBytes: rested.length, tag: mac, additionalData: form }));
  }
  // The plain EnvelopedData shape: the tag is the end of the ciphertext. RFC 5084 says 12 octets where the length was
  // left away, and the products that do so write 16.
  const lengths = announced === undefined ? [16, 12] : [announced];
  const possible = lengths.filter((tagBytes) => tagBytes <= rested.length);
  return Promise.all(
    possible.map(async (tagBytes) => ({
      contentBytes: rested.length - tagBytes,
      tag: await endOf(rested, tagBytes),
      additionalData: Buffer.alloc(0),
    })),
  );
}

function opener({ contentBytes, additionalData, tag }: Reading, { cipher, key }: UnsealOptions): Opener {
  return createOpener(cipher, key, contentBytes, additionalData, tag);
}

async function* decipher(
  rested: SpilledBytes,
  contentBytes: number,
  attempt: Opener,
): AsyncGenerator<Buffer, void> {
  const reader = new ByteReader(rested.open());
  try {
    for await (const chunk of reader.take(contentBytes)) yield attempt.update(chunk);
  } finally {
    await reader.close();
  }
}

async function endOf(rested: SpilledBytes, count: number): Promise<Buffer> {
  if (rested.buffer) return rested.buffer.subarray(rested.length - count);
  const source = await fileSource(rested.path ?? '', { start: rested.length - count });
  return readAll(source.open(), count, () => new As2Error('truncated', { expected: 0 }));
}
