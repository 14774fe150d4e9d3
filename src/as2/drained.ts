import type { Chunks } from '../bytes';

/**
 * Bytes that several readers look at in turn, of which the first may stop early: it cannot close what lies
 * underneath, so that the rest can still be read. Digests need every byte, and a cipher shows only at its very end
 * whether the whole was right.
 */
export class DrainedChunks {
  private readonly iterator: AsyncIterator<Buffer>;
  private readonly next: () => Promise<IteratorResult<Buffer>>;
  /** For the first reader. */
  readonly chunks: Chunks;

  /** @param see looks at every chunk, also at those that nobody reads */
  constructor(chunks: Chunks, see?: (chunk: Buffer) => void) {
    this.iterator = chunks[Symbol.asyncIterator]();
    const { iterator } = this;
    const next = see ? () => seen(iterator, see) : () => iterator.next();
    this.next = next;
    this.chunks = {
      [Symbol.asyncIterator]: () => ({ next, return: async () => ({ done: true, value: undefined }) }),
    };
  }

  /** Reads what was left. */
  async drain(): Promise<void> {
    while (!(await this.next()).done);
  }

  /** Releases what lies underneath. */
  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}

async function seen(
  iterator: AsyncIterator<Buffer>,
  see: (chunk: Buffer) => void,
): Promise<IteratorResult<Buffer>> {
  const step = await iterator.next();
  if (!step.done) see(step.value);
  return step;
}
