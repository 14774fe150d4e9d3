import { randomUUID } from 'node:crypto';
import { link, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileWriter, spilledFile, type SpilledBytes, syncDirectory } from '../bytes';
import { As2Error } from '../errors';
import { storing } from './store-error';

export interface PartialBodyOptions {
  readonly path: string;
  /** Absent: everything is here. */
  readonly writer?: FileWriter;
  readonly heldBytes: number;
  readonly total: number | undefined;
  /** Where it lies when all that came is on the disk. */
  readonly keptPath: (total: number | undefined) => string;
  readonly onWritten: () => void;
  readonly onClose: () => void;
  /** One more is there that nobody writes. */
  readonly onKept: () => Promise<unknown>;
}

/** A body on its way into the file that keeps it. It ends with `keep`, `discard` or `complete`. */
export class PartialBody {
  private bytes: number;

  constructor(private readonly o: PartialBodyOptions) {
    this.bytes = o.heldBytes;
  }

  /** Octets that are here, as far as the disk takes them. */
  get heldBytes(): number {
    return this.bytes;
  }

  /** Of the whole body; undefined when it is not known yet. */
  get total(): number | undefined {
    return this.o.total;
  }

  /** Whether octets are known to be missing. */
  get isPartial(): boolean {
    return this.bytes < (this.o.total ?? 0);
  }

  /** @throws As2Error `request-range-refused`, when there are more than there may be; storage failures */
  async write(chunk: Buffer): Promise<void> {
    const { writer, total = Infinity, onWritten } = this.o;
    onWritten();
    if (!writer) return;
    this.bytes += chunk.length;
    if (this.bytes > total) throw rangeRefused(this.bytes, 0);
    await writer.write(chunk);
  }

  /** Keeps what came, durably, for a sender that goes on with it. @throws As2Error storage failures */
  async keep(): Promise<void> {
    const { path, writer, total, keptPath, onClose, onKept } = this.o;
    try {
      await storing(path, async () => {
        await writer?.finishDurably();
        await rename(path, keptPath(total));
        await syncDirectory(dirname(path));
      });
    } catch (error) {
      await writer?.discard();
      throw error;
    } finally {
      onClose();
    }
    await onKept();
  }

  async discard(): Promise<void> {
    await this.o.writer?.discard();
    this.o.onClose();
  }

  /**
   * The whole body, in a file of its own beside the one that stays known: both are the same bytes on the disk.
   * @param directory for the new file; on the same disk
   * @throws As2Error storage failures
   */
  async complete(directory: string): Promise<SpilledBytes> {
    const { path, writer, keptPath, onClose, onKept } = this.o;
    const target = join(directory, `${randomUUID()}.part`);
    try {
      await storing(path, async () => {
        await writer?.finishDurably();
        const named = keptPath(this.bytes);
        await rename(path, named);
        // A disk without links: then it is not known any more, and a sender who asks sends everything again.
        await link(named, target).catch(() => rename(named, target));
      });
    } catch (error) {
      await writer?.discard();
      throw error;
    } finally {
      onClose();
    }
    // Not waited for, and what fails there is tried again by the next sweep.
    void onKept().catch(() => undefined);
    return spilledFile(target);
  }
}

/** RST-04. @param heldBytes octets that are here */
export function rangeRefused(firstByte: number, heldBytes: number): As2Error {
  return new As2Error('request-range-refused', { firstByte, heldBytes });
}
