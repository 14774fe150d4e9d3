import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FileWriter, syncDirectory } from '../bytes';
import { As2Error } from '../errors';
import type { Clock } from './clock';
import { PartialBody, type PartialBodyOptions, rangeRefused } from './partial-body';
import {
  findPartial,
  limitsOnDisk,
  listPartials,
  type PartialFile,
  type PartialLimits,
  removePartial,
  SYNC_BYTES,
  tooMuch,
  trimUnfinished,
} from './partial-files';
import { formatPartialName, transferOf, type TransferKey } from './partial-name';
import { storing } from './store-error';

/** Which octets of a body come. */
export interface BodyPart {
  readonly first: number;
  /** Of the whole body; undefined when it is not known yet. */
  readonly total: number | undefined;
}

/** A sender that asks again while nothing has come from it for so long has lost its old connection. */
const SILENT_MS = 2_000;

/** A transfer that is being written. */
interface Writing {
  /** When something came last. */
  since: number;
  /** Ends its connection. */
  readonly end: () => void;
  readonly over: PromiseWithResolvers<void>;
}

/**
 * Bodies that broke off in the middle, until their senders go on (AS2 Restart). Each is a file of which nothing is read
 * before it is complete. A body that is complete stays known, without room of its own, because the bytes of its exchange
 * are the same file: whoever did not see our answer need not send it again (RST-05).
 */
export class Partials {
  private readonly writing = new Map<string, Writing>();

  private constructor(
    private readonly directory: string,
    private readonly limits: PartialLimits,
    private readonly clock: Clock,
  ) {}

  /** @throws As2Error storage failures */
  static async in(directory: string, limits: PartialLimits, clock: Clock): Promise<Partials> {
    await storing(directory, () => trimUnfinished(directory));
    return new Partials(directory, limits, clock);
  }

  /**
   * How many octets of a body are here (RST-02). The connection of a silent sender, who asks on another one, is ended.
   * @returns undefined, while it is being written (RST-06)
   */
  async held(key: TransferKey): Promise<number | undefined> {
    const { transfer } = transferOf(key);
    if (!(await this.endSilent(transfer))) return undefined;
    return storing(this.directory, async () => (await findPartial(this.directory, transfer))?.heldBytes ?? 0);
  }

  /**
   * Begins to take a body, or goes on with it.
   * @param end ends the connection it comes on
   * @returns undefined, when the same body is coming from its first octet on another connection: this one is not kept
   * @throws As2Error `transfer-in-work`; `request-range-refused`: this is not where it goes on (RST-04); storage
   *   failures
   */
  async open(key: TransferKey, part: BodyPart, end: () => void): Promise<PartialBody | undefined> {
    const { stations, transfer } = transferOf(key);
    // Another one may have come while we waited.
    const isFree = (await this.endSilent(transfer)) && !this.writing.has(transfer);
    if (!isFree && part.first === 0) return undefined;
    if (!isFree) throw new As2Error('transfer-in-work', {});
    const writing = { since: this.now(), end, over: Promise.withResolvers<void>() };
    this.writing.set(transfer, writing);
    const close = (): void => {
      this.writing.delete(transfer);
      writing.over.resolve();
    };
    try {
      return await storing(this.directory, async () => {
        const there = await findPartial(this.directory, transfer);
        const pathOf = (total: number | undefined, kept: boolean): string =>
          join(this.directory, formatPartialName({ stations, transfer, total, kept }));
        const file =
          part.first === 0
            ? await created(pathOf(part.total, false), part, there)
            : await continued(there, part, (total) => pathOf(total, false));
        return new PartialBody({
          ...file,
          keptPath: (total) => pathOf(total, true),
          onWritten: () => (writing.since = this.now()),
          onClose: close,
          onKept: () => this.keepLimits(),
        });
      });
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Forgets a body, when nothing good can come of it. */
  async discard(key: TransferKey): Promise<void> {
    const { transfer } = transferOf(key);
    if (this.writing.has(transfer)) return;
    await storing(this.directory, async () => {
      const there = await findPartial(this.directory, transfer);
      if (there) await removePartial(there);
    });
  }

  /** Removes what nobody has gone on with. @returns how many */
  async removeOld(now: number): Promise<number> {
    let removed = 0;
    for (const file of await this.list()) {
      if (file.changedAt >= now - this.limits.maxAgeMs) continue;
      await removePartial(file);
      removed++;
    }
    return removed + (await this.keepLimits());
  }

  /** @returns whether nobody writes it, or not any more */
  private async endSilent(transfer: string): Promise<boolean> {
    const writing = this.writing.get(transfer);
    if (!writing) return true;
    if (this.now() - writing.since < SILENT_MS) return false;
    writing.end();
    await writing.over.promise;
    return !this.writing.has(transfer);
  }

  private async keepLimits(): Promise<number> {
    const files = await this.list();
    const excess = tooMuch(files, await limitsOnDisk(this.directory, files, this.limits));
    for (const file of excess) await removePartial(file);
    return excess.length;
  }

  private async list(): Promise<PartialFile[]> {
    return listPartials(this.directory, (transfer) => this.writing.has(transfer));
  }

  private now(): number {
    return this.clock.monotonic?.() ?? this.clock.now();
  }
}

type Opened = Pick<PartialBodyOptions, 'path' | 'writer' | 'heldBytes' | 'total'>;

async function created(path: string, { total }: BodyPart, there: PartialFile | undefined): Promise<Opened> {
  // Never written over: an exchange may have the same file.
  if (there) await removePartial(there);
  return { path, writer: await FileWriter.append(path, SYNC_BYTES), heldBytes: 0, total };
}

/** @throws As2Error `request-range-refused` */
async function continued(
  there: PartialFile | undefined,
  part: BodyPart,
  pathFor: (total: number | undefined) => string,
): Promise<Opened> {
  const { first } = part;
  const total = there?.total ?? part.total;
  if (!there || (part.total !== undefined && part.total !== total)) throw rangeRefused(first, 0);
  const { heldBytes } = there;
  // RST-05: all is here; what comes once more is only for the answer.
  if (heldBytes === total) return { path: there.path, heldBytes, total };
  if (first !== heldBytes || heldBytes > (total ?? Infinity)) throw rangeRefused(first, heldBytes);
  const path = pathFor(total);
  // Before anything is written behind it: from now on not all of it is on the disk.
  await rename(there.path, path);
  await syncDirectory(dirname(path));
  return { path, writer: await FileWriter.append(path, SYNC_BYTES), heldBytes, total };
}
