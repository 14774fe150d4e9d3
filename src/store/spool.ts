import { createHash, randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryDurably, type SpillOptions } from '../bytes';
import { ExchangeFolder } from './exchange-folder';
import type { Direction, ExchangeKey } from './exchange-record';
import { Locks } from './locks';
import { storing } from './store-error';
import { exchangeTime, namesIn, removeOlder } from './sweep';

export interface SpoolSettings {
  /** Made when it is not there; everything in it is readable for our own user only. */
  readonly directory: string;
  /** Bytes up to which a message stays in memory while it is worked on; default 1 MiB. */
  readonly thresholdBytes?: number;
  /** How long exchanges are kept, and repeats recognised (REL-05); default 30 days. */
  readonly retentionMs?: number;
}

const THRESHOLD_BYTES = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;
const RETENTION_MS = 30 * DAY_MS;
/** Refused messages are evidence for our user, and a way to fill the disk for others. */
const REFUSED_RETENTION_MS = 7 * DAY_MS;
/** What lies aside this long belongs to nobody: a transfer in work touches its file. */
const ABANDONED_MS = DAY_MS;
const SWEEP_INTERVAL_MS = 3_600_000;
/** Also where Node-RED never runs for an hour. */
const FIRST_SWEEP_MS = 60_000;

/**
 * Durable bytes of exchanges on disk.
 *
 *     staging/<id>/           being built
 *     in/<xx>/<key hash>/     messages received and taken; found again by sender, receiver and Message-ID
 *     out/<xx>/<key hash>/    messages sent
 *     refused/<id>/           messages received and answered with an error receipt
 *
 * A journal can stand beside it later: it would own the records and the keys, the folders keep the bytes.
 */
export class Spool {
  private readonly locks = new Locks();
  private readonly timers: NodeJS.Timeout[] = [];

  private constructor(
    readonly directory: string,
    private readonly settings: SpoolSettings,
  ) {}

  /** @throws As2Error `store-full`, `store-unavailable` */
  static async open(settings: SpoolSettings): Promise<Spool> {
    const spool = new Spool(settings.directory, settings);
    await storing(settings.directory, async () => {
      for (const directory of [
        spool.directory,
        spool.staging,
        spool.refused,
        spool.place('in'),
        spool.place('out'),
      ]) {
        await makeDirectoryDurably(directory);
        await chmod(directory, 0o700);
      }
    });
    const sweep = (): void => void spool.sweep().catch(() => undefined);
    spool.timers.push(
      setTimeout(sweep, FIRST_SWEEP_MS).unref(),
      setInterval(sweep, SWEEP_INTERVAL_MS).unref(),
    );
    return spool;
  }

  /** Where bytes go that are not part of an exchange yet. */
  get spill(): Pick<SpillOptions, 'directory' | 'thresholdBytes'> {
    return { directory: this.staging, thresholdBytes: this.settings.thresholdBytes ?? THRESHOLD_BYTES };
  }

  /** Starts the folder of a new exchange aside. */
  async begin<Facts extends object>(
    direction: Direction,
    key: ExchangeKey,
    state: string,
    facts: Facts,
  ): Promise<ExchangeFolder<Facts>> {
    const id = newExchangeId();
    return ExchangeFolder.create<Facts>(join(this.staging, id), { id, direction, key, state, facts });
  }

  /**
   * Moves a finished folder to the place of its key; durable when this returns.
   * @throws As2Error `exchange-taken`, when there is one of the same key
   */
  async settle(folder: ExchangeFolder<object>): Promise<void> {
    const { direction, key } = folder.record;
    await folder.settle(this.placeOf(direction, key));
  }

  /** Moves the folder of a message that was not taken; its key stays free. */
  async settleRefused(folder: ExchangeFolder<object>): Promise<void> {
    await folder.settle(join(this.refused, folder.record.id));
  }

  /** @throws As2Error `exchange-unreadable`, `store-unavailable` */
  async find<Facts extends object>(
    direction: Direction,
    key: ExchangeKey,
  ): Promise<ExchangeFolder<Facts> | undefined> {
    return ExchangeFolder.open<Facts>(this.placeOf(direction, key));
  }

  /** Lets only one at a time work on the exchange of a key. */
  async exclusively<T>(direction: Direction, key: ExchangeKey, work: () => Promise<T>): Promise<T> {
    return this.locks.exclusively(`${direction} ${hashOf(key)}`, work);
  }

  /** Removes what is older than it has to be kept. @returns how many entries */
  async sweep(now: number = Date.now()): Promise<number> {
    const { retentionMs = RETENTION_MS } = this.settings;
    let removed = await removeOlder(this.staging, now - ABANDONED_MS, exchangeTime);
    removed += await removeOlder(
      this.refused,
      now - Math.min(REFUSED_RETENTION_MS, retentionMs),
      exchangeTime,
    );
    for (const direction of ['in', 'out'] as const) {
      const place = this.place(direction);
      for (const part of await namesIn(place)) {
        removed += await removeOlder(join(place, part), now - retentionMs, exchangeTime);
      }
    }
    return removed;
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private get staging(): string {
    return join(this.directory, 'staging');
  }

  private get refused(): string {
    return join(this.directory, 'refused');
  }

  private place(direction: Direction): string {
    return join(this.directory, direction);
  }

  private placeOf(direction: Direction, key: ExchangeKey): string {
    const hash = hashOf(key);
    return join(this.place(direction), hash.slice(0, 2), hash);
  }
}

export async function openSpool(settings: SpoolSettings): Promise<Spool> {
  return Spool.open(settings);
}

/** Names that partners choose never become paths (SEC-10); the lengths keep `a|bc` and `ab|c` apart. */
function hashOf({ from, to, messageId }: ExchangeKey): string {
  const hash = createHash('sha256');
  for (const part of [from, to, messageId]) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, 40);
}

/** Sortable by time, unique, and good as a file name: `20261122T051501123Z-1f3a9c0e`. */
function newExchangeId(): string {
  return `${new Date().toISOString().replace(/[-:.]/g, '')}-${randomUUID().slice(0, 8)}`;
}
