import type { Chunks } from '../bytes';

/**
 * Bytes that several readers look at in turn, of which the first may stop early: it cannot close what lies
 * underneath, so that the rest can still be read. Digests need every byte, and a cipher shows only at its very end
 * whether the whole was right.
 */
export class DrainedChunks {
  private readonly iterator: AsyncIterator<Buffer>;
  /** For the first reader. */
  readonly chunks: Chunks;

  constructor(chunks: Chunks) {
    this.iterator = chunks[Symbol.asyncIterator]();
    const next = () => this.iterator.next();
    this.chunks = {
      [Symbol.asyncIterator]: () => ({ next, return: async () => ({ done: true, value: undefined }) }),
    };
  }

  /** Reads what was left. @param see looks at it */
  async drain(see?: (chunk: Buffer) => void): Promise<void> {
    for (let step; !(step = await this.iterator.next()).done;) see?.(step.value);
  }

  /** Releases what lies underneath. */
  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}
