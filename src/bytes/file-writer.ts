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
    private readonly syncing?: { readonly everyBytes: number; position: number },
  ) {}

  /** A new file; its directory is made when needed. @throws As2Error `spill-failed` */
  static async create(path: string): Promise<FileWriter> {
    const directory = dirname(path);
    return spilling(directory, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return new FileWriter(path, await open(path, 'wx', 0o600));
    });
  }

  /**
   * Goes on behind what is in a file, or begins one. Whenever it has grown over a multiple of so many bytes, all of it is
   * on the disk before more is written.
   * @throws As2Error `spill-failed`
   */
  static async append(path: string, everyBytes: number): Promise<FileWriter> {
    return spilling(dirname(path), async () => {
      const handle = await open(path, 'a', 0o600);
      const { size: position } = await handle.stat();
      return new FileWriter(path, handle, { everyBytes, position });
    });
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
      // A disk that is almost full takes a part; the attempt to write the rest tells the reason.
      if (bytesWritten < length) {
        await this.handle.writeFile(Buffer.concat(pieces, length).subarray(bytesWritten));
      }
      await this.syncOver(length);
    });
  }

  private async syncOver(length: number): Promise<void> {
    const { syncing } = this;
    if (!syncing) return;
    const before = Math.floor(syncing.position / syncing.everyBytes);
    syncing.position += length;
    if (Math.floor(syncing.position / syncing.everyBytes) > before) await this.handle.datasync();
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
