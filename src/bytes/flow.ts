import { setImmediate } from 'node:timers/promises';
import type { As2Error } from '../errors';

/** Bytes in motion. A reader that stops early calls `return()`, which releases what lies underneath. */
export type Chunks = AsyncIterable<Buffer>;

/** Bytes that can be read from the start as often as needed: for retries and for a second look. */
export interface ByteSource {
  /** Number of bytes, if it is known before reading. */
  readonly length?: number;
  open(): Chunks;
}

/** Bytes that can be read once. */
export interface ByteFlow {
  /** Number of bytes, if it is known or computable before reading. */
  readonly length?: number;
  readonly chunks: Chunks;
}

export type SizedSource = ByteSource & { readonly length: number };

export function bufferSource(bytes: Buffer): SizedSource {
  return { length: bytes.length, open: () => inTurns(bytes) };
}

export function bufferFlow(bytes: Buffer): ByteFlow & { readonly length: number } {
  return { length: bytes.length, chunks: inTurns(bytes) };
}

export function flowOf(source: ByteSource): ByteFlow {
  return withLength(source.open(), source.length);
}

/** One flow after the other. The length is known when every part's length is. */
export function concatFlows(...parts: readonly (Buffer | ByteFlow)[]): ByteFlow {
  let length: number | undefined = 0;
  for (const part of parts) {
    length = length === undefined || part.length === undefined ? undefined : length + part.length;
  }
  return withLength(new Concatenation(parts), length);
}

/** Lets `see` look at every chunk on its way, for digests and counters. */
export async function* tap(chunks: Chunks, see: (chunk: Buffer) => void): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    see(chunk);
    yield chunk;
  }
}

/**
 * All bytes in one Buffer; only for what is small by nature (headers, signatures, receipts).
 * @throws what `limitError` makes, when more than `limitBytes` arrive
 */
export async function readAll(
  chunks: Chunks,
  limitBytes: number,
  limitError: () => As2Error,
): Promise<Buffer> {
  if (chunks instanceof AtHand) {
    const bytes = chunks.take() ?? Buffer.alloc(0);
    if (bytes.length > limitBytes) throw limitError();
    return bytes;
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limitBytes) throw limitError();
    parts.push(chunk);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
}

/** Reads to the end and forgets the bytes. */
export async function drain(chunks: Chunks): Promise<void> {
  for await (const chunk of chunks) void chunk;
}

export function withLength(chunks: Chunks, length: number | undefined): ByteFlow {
  return length === undefined ? { chunks } : { chunks, length };
}

/** Large enough that the cost per chunk vanishes, small enough to stay in the processor's cache. */
export const CHUNK_BYTES = 256 * 1024;

/**
 * Bytes at hand in pieces, between which everything else in the process has its turn (law 8): nothing else would make
 * whoever ciphers them pause.
 */
export function inTurns(bytes: Buffer, pieceBytes = CHUNK_BYTES): AsyncIterableIterator<Buffer, void> {
  return bytes.length <= pieceBytes ? new AtHand(bytes) : pieces(bytes, pieceBytes);
}

async function* pieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (at > 0) await setImmediate();
    yield bytes.subarray(at, at + pieceBytes);
  }
}

/**
 * A few bytes at hand, read once. No generator, which makes several promises for each chunk; and whoever knows it need
 * not wait at all.
 */
export class AtHand implements AsyncIterableIterator<Buffer, void> {
  private bytes: Buffer | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes.length > 0 ? bytes : undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What is left to be read. */
  take(): Buffer | undefined {
    const { bytes } = this;
    this.bytes = undefined;
    return bytes;
  }

  async next(): Promise<IteratorResult<Buffer, void>> {
    const value = this.take();
    return value ? { done: false, value } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Buffer, void>> {
    this.bytes = undefined;
    return { done: true, value: undefined };
  }
}

/** Bytes at hand up to this many are joined with their neighbours. */
const SMALL_BYTES = 4096;

/**
 * Messages are concatenations of concatenations. They are taken apart and small neighbours joined, so that each chunk
 * passes one generator and not one for every level; for a small message that was a third of the work beside RSA.
 */
class Concatenation implements Chunks {
  private readonly parts: (Buffer | Chunks)[] = [];

  constructor(parts: readonly (Buffer | ByteFlow)[]) {
    for (const part of parts) {
      if (Buffer.isBuffer(part)) this.add(part);
      else if (part.chunks instanceof Concatenation) for (const inner of part.chunks.parts) this.add(inner);
      else this.add(part.chunks);
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer, void> {
    const waiting = [...this.parts];
    let current: AsyncIterator<Buffer> | undefined;
    const end = async (): Promise<IteratorResult<Buffer, void>> => {
      waiting.length = 0;
      const left = current;
      current = undefined;
      await left?.return?.();
      return { done: true, value: undefined };
    };
    const next = async (): Promise<IteratorResult<Buffer, void>> => {
      for (;;) {
        if (!current) {
          const part = waiting.shift();
          if (!part) return { done: true, value: undefined };
          if (Buffer.isBuffer(part)) return { done: false, value: part };
          current = part[Symbol.asyncIterator]();
        }
        try {
          const step = await current.next();
          if (!step.done) return step;
        } catch (error) {
          await end();
          throw error;
        }
        current = undefined;
      }
    };
    return { next, return: end };
  }

  private add(part: Buffer | Chunks): void {
    const last = this.parts.at(-1);
    if (!Buffer.isBuffer(part)) this.parts.push(part);
    else if (Buffer.isBuffer(last) && last.length + part.length <= SMALL_BYTES)
      this.parts.splice(-1, 1, Buffer.concat([last, part]));
    else if (part.length > 0) this.parts.push(part);
  }
}
