import { type FileHandle, open, stat } from 'node:fs/promises';
import { CHUNK_BYTES, inTurns, type SizedSource } from './flow';

/** Read at once: each read wakes another thread, which costs about as much as copying these bytes. */
const READ_BYTES = 2 * CHUNK_BYTES;

const EMPTY = Buffer.alloc(0);

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

/**
 * Reads ahead, so that the disk works while the consumer does. No memory is used twice: consumers may keep slices of
 * what they get.
 */
async function* readRange(path: string, start: number, end: number): AsyncGenerator<Buffer, void> {
  const file = await open(path, 'r');
  let ahead: Promise<Buffer> | undefined;
  try {
    let position = start;
    ahead = readOnce(file, position, end);
    for (;;) {
      const bytes = await ahead;
      if (bytes.length === 0) return;
      position += bytes.length;
      ahead = readOnce(file, position, end);
      yield* inTurns(bytes);
    }
  } finally {
    // The file may only be closed when nothing reads it any more; what that read brings, or breaks on, is not wanted.
    await ahead?.catch(() => undefined);
    await file.close();
  }
}

async function readOnce(file: FileHandle, position: number, end: number): Promise<Buffer> {
  const length = Math.min(READ_BYTES, end - position);
  if (length <= 0) return EMPTY;
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
}
