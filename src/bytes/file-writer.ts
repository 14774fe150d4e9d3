import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { As2Error } from '../errors';

/** This much is gathered for one write; small pieces, such as BER segments, cost no system call each. */
const BATCH_BYTES = 512 * 1024;
/** More pieces than this are joined before they are written; systems bound the number of pieces of a write. */
const MOST_PIECES = 256;

/** A private file that is written behind: one batch is on its way to the disk while the next is gathered. */
export class FileWriter {
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** A new file; its directory is made when needed. @throws As2Error `spill-failed` */
  static async create(path: string): Promise<FileWriter> {
    const directory = dirname(path);
    return spilling(directory, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return new FileWriter(path, await open(path, 'wx', 0o600));
    });
  }

  /** Goes on behind what is in a file. @throws As2Error `spill-failed` */
  static async append(path: string): Promise<FileWriter> {
    return spilling(dirname(path), async () => new FileWriter(path, await open(path, 'a', 0o600)));
  }

  /** @throws As2Error `spill-failed`, also of an earlier write */
  async write(chunk: Buffer): Promise<void> {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    if (this.waitingBytes >= BATCH_BYTES) await this.startWriting();
  }

  /** Writes what is left, and closes. @throws As2Error `spill-failed` */
  async finish(): Promise<void> {
    await this.startWriting();
    await this.writing;
    await spilling(dirname(this.path), () => this.handle.close());
  }

  /** As `finish`; the bytes are on the disk when this returns. @throws As2Error `spill-failed` */
  async finishDurably(): Promise<void> {
    await this.startWriting();
    await this.writing;
    await spilling(dirname(this.path), () => this.handle.sync());
    await this.finish();
  }

  /** Closes and removes the file. */
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
    await spilling(dirname(this.path), async () => {
      const pieces = batch.length > MOST_PIECES ? [Buffer.concat(batch, length)] : batch;
      const { bytesWritten } = await this.handle.writev(pieces);
      if (bytesWritten === length) return;
      // A disk that is almost full takes a part; the attempt to write the rest tells the reason.
      await this.handle.writeFile(Buffer.concat(pieces, length).subarray(bytesWritten));
    });
  }
}

/** Runs work on the disk. @throws As2Error `spill-failed` */
export async function spilling<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new As2Error('spill-failed', { directory, reason }, { cause: error });
  }
}
