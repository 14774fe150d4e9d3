import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { As2Error } from '../errors';
import { syncFile, writeFileSynced } from './durable';
import { fileSource } from './file';
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
  private file: SpillFile | undefined;

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
    this.file = await SpillFile.create(directory);
    for (const early of this.held.splice(0)) await this.file.write(early);
  }

  /** @throws As2Error `spill-failed` */
  async finish(): Promise<SpilledBytes> {
    const { file, held } = this;
    if (!file) return inMemory(held.length === 1 && held[0] ? held[0] : Buffer.concat(held, this.length));
    await file.finish();
    return inFile(file.path);
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.file?.discard();
  }
}

/** This much is gathered for one write; small pieces, such as BER segments, cost no system call each. */
const BATCH_BYTES = 512 * 1024;
/** More pieces than this are joined before they are written; systems bound the number of pieces of a write. */
const MOST_PIECES = 256;

/** Writes behind: one batch is on its way to the disk while the next is gathered. */
class SpillFile {
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(directory: string): Promise<SpillFile> {
    return attempt(directory, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, `${randomUUID()}.part`);
      return new SpillFile(path, await open(path, 'wx', 0o600));
    });
  }

  async write(chunk: Buffer): Promise<void> {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    if (this.waitingBytes >= BATCH_BYTES) await this.startWriting();
  }

  async finish(): Promise<void> {
    await this.startWriting();
    await this.writing;
    await attempt(dirname(this.path), () => this.handle.close());
  }

  async discard(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.handle.close().catch(() => undefined);
    await rm(this.path, { force: true }).catch(() => undefined);
  }

  private async startWriting(): Promise<void> {
    await this.writing;
    const batch = this.waiting;
    const length = this.waitingBytes;
    this.waiting = [];
    this.waitingBytes = 0;
    this.writing = this.writeBatch(batch, length);
    // Whoever waits for it next sees the failure; until then it must not count as unhandled.
    this.writing.catch(() => undefined);
  }

  private async writeBatch(batch: readonly Buffer[], length: number): Promise<void> {
    if (length === 0) return;
    await attempt(dirname(this.path), async () => {
      const pieces = batch.length > MOST_PIECES ? [Buffer.concat(batch, length)] : batch;
      const { bytesWritten } = await this.handle.writev(pieces);
      if (bytesWritten === length) return;
      // A disk that is almost full takes a part; the attempt to write the rest tells the reason.
      await this.handle.writeFile(Buffer.concat(pieces, length).subarray(bytesWritten));
    });
  }
}

async function attempt<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new As2Error('spill-failed', { directory, reason }, { cause: error });
  }
}

function inMemory(buffer: Buffer): SpilledBytes {
  return {
    ...bufferSource(buffer),
    buffer,
    async persist(target) {
      await attempt(dirname(target), () => writeFileSynced(target, buffer));
      return inFile(target);
    },
    async dispose() {},
  };
}

async function inFile(path: string): Promise<SpilledBytes> {
  return {
    ...(await fileSource(path)),
    path,
    async persist(target) {
      await attempt(dirname(target), async () => {
        await syncFile(path);
        await rename(path, target);
      });
      return inFile(target);
    },
    async dispose() {
      await rm(path, { force: true });
    },
  };
}
