import type { Chunks } from '../../src/bytes';

/** The same bytes in pieces of the given sizes, repeated as often as needed; with no sizes, in one piece. */
export async function* inPieces(bytes: Buffer, ...sizes: number[]): AsyncGenerator<Buffer, void> {
  const pattern = sizes.filter((size) => size > 0);
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = pattern[turn % pattern.length] ?? bytes.length;
    // A buffer of its own each: nobody may rely on neighbouring memory.
    yield Buffer.from(bytes.subarray(start, start + size));
    start += size;
  }
}

export async function collect(chunks: Chunks): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
