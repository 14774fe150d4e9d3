import { open, stat } from 'node:fs/promises';
import type { Chunks, SizedSource } from './flow';

/** Large enough that the cost per chunk vanishes, small enough to stay in the processor's cache. */
export const FILE_CHUNK_BYTES = 256 * 1024;

/**
 * A file, or a range of it, as a source. The length is the one of this moment.
 * @param range `start` and `end` in bytes, `end` exclusive
 * @throws the error of the file system, when the file is not there or not readable
 */
export async function fileSource(
  path: string,
  range: { readonly start?: number; readonly end?: number } = {},
): Promise<SizedSource> {
  const { size } = await stat(path);
  const start = Math.min(range.start ?? 0, size);
  const end = Math.max(start, Math.min(range.end ?? size, size));
  return { length: end - start, open: () => readRange(path, start, end) };
}

/** Every chunk has memory of its own: consumers may keep slices of it. */
async function* readRange(path: string, start: number, end: number): Chunks & AsyncGenerator<Buffer, void> {
  const file = await open(path, 'r');
  try {
    for (let position = start; position < end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(FILE_CHUNK_BYTES, end - position));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
