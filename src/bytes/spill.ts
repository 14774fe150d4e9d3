import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { As2Error } from '../errors';
import { syncFile, writeFileSynced } from './durable';
import { fileSource } from './file';
import { FileWriter, spilling } from './file-writer';
import { bufferSource, type Chunks, type SizedSource } from './flow';

export interface SpillOptions {
  /** Where files go; made when needed. */
  readonly directory: string;
  /** Up to this many bytes stay in memory. */
  readonly thresholdBytes: number;
  /** More bytes than this are refused. */
  readonly limitBytes?: number;
  /** The error for too many bytes. */
  readonly limitError?: (limitBytes: number) => As2Error;
}

/** Bytes that came to rest: small ones in memory, large ones in a private file. */
export interface SpilledBytes extends SizedSource {
  /** The bytes, when they stayed in memory. */
  readonly buffer?: Buffer;
  /** The file, when they did not. */
  readonly path?: string;
  /**
   * Makes the bytes a file at `target` (same file system), on the disk but for its name: that is when the directory was
   * synced. Afterwards they are read from there.
   */
  persist(target: string): Promise<SpilledBytes>;
  /** Removes the temporary file, if there is one. */
  dispose(): Promise<void>;
}

/**
 * Reads to the end and keeps the bytes. On any error what was written is removed.
 * @throws As2Error `spill-failed` when the disk does not take them; the limit's error; errors of `chunks`
 */
export async function spill(chunks: Chunks, options: SpillOptions): Promise<SpilledBytes> {
  const writer = new SpillWriter(options);
  try {
    for await (const chunk of chunks) await writer.write(chunk);
    return await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Keeps bytes that are handed to it one after the other: in memory up to the threshold, then in a private file. */
export class SpillWriter {
  private readonly held: Buffer[] = [];
  private length = 0;
  private file: FileWriter | undefined;

  constructor(private readonly options: SpillOptions) {}

  /** @throws As2Error `spill-failed`; the limit's error */
  async write(chunk: Buffer): Promise<void> {
    const { limitBytes, limitError, thresholdBytes, directory } = this.options;
    this.length += chunk.length;
    if (limitBytes !== undefined && this.length > limitBytes) {
      throw limitError?.(limitBytes) ?? new RangeError('more bytes than allowed');
    }
    if (this.file) return this.file.write(chunk);
    this.held.push(chunk);
    if (this.length <= thresholdBytes) return;
    this.file = await FileWriter.create(join(directory, `${randomUUID()}.part`));
    for (const early of this.held.splice(0)) await this.file.write(early);
  }

  /** @throws As2Error `spill-failed` */
  async finish(): Promise<SpilledBytes> {
    const { file, held } = this;
    if (!file) return inMemory(held.length === 1 && held[0] ? held[0] : Buffer.concat(held, this.length));
    await file.finish();
    return spilledFile(file.path);
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.file?.discard();
  }
}

function inMemory(buffer: Buffer): SpilledBytes {
  return {
    ...bufferSource(buffer),
    buffer,
    async persist(target) {
      await spilling(dirname(target), () => writeFileSynced(target, buffer));
      return spilledFile(target);
    },
    async dispose() {},
  };
}

/** A file of ours as bytes that came to rest in it. */
export async function spilledFile(path: string): Promise<SpilledBytes> {
  return {
    ...(await fileSource(path)),
    path,
    async persist(target) {
      await spilling(dirname(target), async () => {
        await syncFile(path);
        await rename(path, target);
      });
      return spilledFile(target);
    },
    async dispose() {
      await rm(path, { force: true });
    },
  };
}
