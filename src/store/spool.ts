import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryDurably, type SpillOptions } from '../bytes';
import type { As2Error } from '../errors';
import { type Clock, systemClock } from './clock';
import { ExchangeFolder } from './exchange-folder';
import { dayOf, newExchangeId } from './exchange-id';
import type { Direction, ExchangeKey, ExchangeRecord, HistoryEntry, Step } from './exchange-record';
import type { FolderHome } from './folder-home';
import { Journal, type JournalEntry } from './journal/journal';
import type { DueFilter, ListFilter } from './journal/queries';
import { Locks } from './locks';
import type { PartialLimits } from './partial-files';
import { Partials } from './partials';
import { RefusedQuota } from './refused-quota';
import type { Store } from './removal';
import { RecentFiles } from './recent-files';
import { storing } from './store-error';
import { Sweeper } from './sweeper';
import { UnreadableRows } from './unreadable';

export interface SpoolSettings {
  /** Made when it is not there; everything in it is readable for our own user only. */
  readonly directory: string;
  /** Bytes up to which a message stays in memory while it is worked on; default 1 MiB. */
  readonly thresholdBytes?: number;
  /** How long exchanges are kept, and repeats recognised (REL-05); default 30 days. */
  readonly retentionMs?: number;
  /** At most so many refused messages are kept as evidence, the newest ones; default 10,000. */
  readonly refusedCount?: number;
  /** At most so many octets of them; default 1 GiB. */
  readonly refusedBytes?: number;
  /** Messages that broke off and may be taken up again; default: 2 days, 16 GiB, 8 GiB from each station. */
  readonly partials?: Partial<PartialLimits>;
  readonly clock?: Clock;
  /** Told of each record that was found to be damaged, once: it is set aside, and everything else goes on. */
  readonly onUnreadable?: (error: As2Error) => void;
}

/** A step that comes with something else. */
type NotedStep<Facts extends object> = Step & { readonly state?: string; readonly facts?: Partial<Facts> };

const THRESHOLD_BYTES = 1024 * 1024;
/** Files up to this size cost less as rows of the journal. */
const SMALL_BYTES = 64 * 1024;
const DAY_MS = 24 * 3_600_000;
const RETENTION_MS = 30 * DAY_MS;
const REFUSED_COUNT = 10_000;
const REFUSED_BYTES = 1024 ** 3;
const PARTIAL_LIMITS: PartialLimits = {
  maxAgeMs: 2 * DAY_MS,
  maxBytes: 16 * 1024 ** 3,
  maxBytesEach: 8 * 1024 ** 3,
};
/** Nothing is ever put off for longer; what is due later than this was written before the clock was set back. */
const LONGEST_PAUSE_MS = 7 * DAY_MS;
const PAGE = 100;

/**
 * Exchanges on disk: a journal that owns the records, the keys and the small files, and folders that keep the large
 * ones.
 *
 *     journal.sqlite             one row for each exchange, its history, its small files
 *     staging/<id>/              large files, being built or being removed
 *     in/<day>/<id>/             large files of messages received, taken or not
 *     out/<day>/<id>/            large files of messages sent
 *     partial/                   bodies that broke off, until their senders go on
 */
export class Spool {
  private readonly locks = new Locks();
  private readonly home: FolderHome;
  private readonly clock: Clock;
  private readonly unreadable: UnreadableRows;

  private constructor(
    private readonly settings: SpoolSettings,
    private readonly journal: Journal,
    private readonly refused: RefusedQuota,
    private readonly sweeper: Sweeper,
    /** Bodies that broke off (AS2 Restart). */
    readonly partials: Partials,
  ) {
    this.clock = settings.clock ?? systemClock;
    this.unreadable = new UnreadableRows({
      journal,
      clock: this.clock,
      onUnreadable: settings.onUnreadable,
    });
    this.home = {
      journal,
      clock: this.clock,
      recent: new RecentFiles(),
      smallBytes: Math.min(SMALL_BYTES, this.spill.thresholdBytes),
      asideOf: (id) => join(this.staging, id),
    };
  }

  /**
   * @throws As2Error `journal-damaged`, `journal-missing`, `journal-newer`, `runtime-without-sqlite`, `store-full`, `store-in-use`,
   *   `store-unavailable`
   */
  static async open(settings: SpoolSettings): Promise<Spool> {
    const { directory } = settings;
    await storing(directory, async () => {
      for (const name of ['', 'staging', 'in', 'out', 'partial']) {
        await makeDirectoryDurably(join(directory, name));
        await chmod(join(directory, name), 0o700);
      }
    });
    const journal = await Journal.open(join(directory, 'journal.sqlite'));
    try {
      return await Spool.over(journal, settings);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  private static async over(journal: Journal, settings: SpoolSettings): Promise<Spool> {
    const { directory, clock = systemClock, retentionMs = RETENTION_MS } = settings;
    const store: Store = {
      journal,
      staging: join(directory, 'staging'),
      placeOf: (direction) => join(directory, direction),
    };
    const refused = await RefusedQuota.open(store, {
      count: settings.refusedCount ?? REFUSED_COUNT,
      bytes: settings.refusedBytes ?? REFUSED_BYTES,
      retentionMs,
    });
    const limits = { ...PARTIAL_LIMITS, ...settings.partials };
    const partials = await Partials.in(join(directory, 'partial'), limits, clock);
    const sweeper = await Sweeper.start(store, [refused, partials], clock, retentionMs);
    return new Spool(settings, journal, refused, sweeper, partials);
  }

  get directory(): string {
    return this.settings.directory;
  }

  /** Where bytes go that are not part of an exchange yet. */
  get spill(): Pick<SpillOptions, 'directory' | 'thresholdBytes'> {
    return { directory: this.staging, thresholdBytes: this.settings.thresholdBytes ?? THRESHOLD_BYTES };
  }

  /** Starts a new exchange: a folder aside, which nobody else knows until it is settled. */
  async begin<Facts extends object>(
    direction: Direction,
    key: ExchangeKey,
    state: string,
    facts: Facts,
  ): Promise<ExchangeFolder<Facts>> {
    const id = newExchangeId(this.clock.now());
    return ExchangeFolder.create<Facts>(this.home, { id, direction, key, state, facts });
  }

  /**
   * Moves a finished folder to its place and writes its row; durable when this returns.
   * @param step `claim`: whether it takes its key, so that no other exchange can; default true
   * @throws As2Error `exchange-taken`, when another exchange has the key; storage failures
   */
  async settle(
    folder: ExchangeFolder<object>,
    step: Step & { readonly claim?: boolean } = {},
  ): Promise<void> {
    const { claim: claimed = true, ...rest } = step;
    await folder.settle(this.placeOf(folder.record), rest, { claimed });
  }

  /**
   * Gives an exchange that was settled without its key the key; in the same moment a step may be noted.
   * @throws As2Error `exchange-taken`, when another exchange has the key; storage failures
   */
  async claim<Facts extends object>(
    folder: ExchangeFolder<Facts>,
    { state = folder.record.state, facts = {}, ...step }: NotedStep<Facts> = {},
  ): Promise<void> {
    await folder.step(state, facts, step, { claimed: true });
  }

  /**
   * Keeps the exchange of a message that was not taken as evidence; its key stays or becomes free. In the same moment a
   * step may be noted.
   */
  async settleRefused<Facts extends object>(
    folder: ExchangeFolder<Facts>,
    { state = folder.record.state, facts = {}, ...step }: NotedStep<Facts> = {},
  ): Promise<void> {
    const refusedBytes = await folder.totalBytes();
    const standing = { claimed: false, refusedBytes };
    if (folder.settled) await folder.step(state, facts, step, standing);
    else {
      await folder.note(state, facts);
      await folder.settle(this.placeOf(folder.record), step, standing);
    }
    this.refused.add(refusedBytes);
  }

  /**
   * The exchange that holds a key.
   * @throws As2Error `exchange-unreadable`, storage failures
   */
  async find<Facts extends object>(
    direction: Direction,
    key: ExchangeKey,
  ): Promise<ExchangeFolder<Facts> | undefined> {
    return this.folderOf(await this.journal.find(direction, key));
  }

  /** @throws As2Error `exchange-unreadable`, storage failures */
  async get<Facts extends object>(id: string): Promise<ExchangeFolder<Facts> | undefined> {
    return this.folderOf(await this.journal.get(id));
  }

  /**
   * Exchanges for which something has to be done by a time, the longest overdue first. What is due in more than a week
   * was written before the clock was set back, and is due. Fewer than `limit` are all there are.
   */
  async due<Facts extends object>({
    until,
    limit,
    ...filter
  }: DueFilter & { readonly until: number; readonly limit: number }): Promise<ExchangeFolder<Facts>[]> {
    return this.readable(() => this.journal.due(filter, until, this.latest, limit));
  }

  /**
   * When the next thing has to be done, in milliseconds since 1970; undefined when nothing has to.
   * @param filter `after`: what is due until then does not count, because it is in work
   */
  async nextDue(
    direction: Direction,
    { after, ...filter }: Omit<DueFilter, 'direction'> & { readonly after?: number } = {},
  ): Promise<number | undefined> {
    const next = await this.journal.nextDue({ direction, ...filter }, after, this.latest);
    return next !== undefined && next > this.latest ? this.clock.now() : next;
  }

  /**
   * Exchanges whose outcome their owner was not told, oldest first; page by page: fewer than `limit` are the last ones,
   * for the next page give the id of the last one as `after`.
   */
  async unreported<Facts extends object>(
    direction: Direction,
    owner: string,
    { after, limit = PAGE }: { readonly after?: string | undefined; readonly limit?: number } = {},
  ): Promise<ExchangeFolder<Facts>[]> {
    return this.readable(() => this.journal.unreported(direction, owner, after, limit));
  }

  /**
   * Newest first. For the next page give the id of the last one as `before`. A damaged one is in the state `unreadable`,
   * whatever state was asked for, and its facts say no more than what is wrong with it.
   */
  async list<Facts extends object = object>(filter: ListFilter): Promise<ExchangeRecord<Facts>[]> {
    const entries = await this.journal.list(filter);
    return Promise.all(
      entries.map(async (entry) => {
        try {
          return this.inPlace<Facts>(entry).record;
        } catch (error) {
          await this.unreadable.setAside(entry, error);
          return this.unreadable.shown<Facts>(entry, error);
        }
      }),
    );
  }

  /** Everything that happened to an exchange, oldest first. Of a very long history the middle is left out. */
  async history(id: string): Promise<HistoryEntry[]> {
    return this.journal.history(id);
  }

  /** Lets only one at a time work on the exchange of a key. */
  async exclusively<T>(direction: Direction, key: ExchangeKey, work: () => Promise<T>): Promise<T> {
    const { from, to, messageId } = key;
    return this.locks.exclusively(JSON.stringify([direction, from, to, messageId]), work);
  }

  /** Removes what is older than it has to be kept; happens by itself every hour. @returns how many exchanges */
  async sweep(): Promise<number> {
    return this.sweeper.sweep();
  }

  /** Finishes what is being written, and lets go of the journal. */
  async close(): Promise<void> {
    this.sweeper.stop();
    await this.journal.close();
  }

  private get staging(): string {
    return join(this.directory, 'staging');
  }

  /** Nothing is due later. */
  private get latest(): number {
    return this.clock.now() + LONGEST_PAUSE_MS;
  }

  private placeOf({ direction, id }: Pick<ExchangeRecord, 'direction' | 'id'>): string {
    return join(this.directory, direction, dayOf(id), id);
  }

  private async folderOf<Facts extends object>(
    entry: JournalEntry | undefined,
  ): Promise<ExchangeFolder<Facts> | undefined> {
    if (!entry) return undefined;
    try {
      return this.inPlace(entry);
    } catch (error) {
      await this.unreadable.setAside(entry, error);
      throw error;
    }
  }

  /** Asks again when a damaged one was among them and had to be set aside: it has taken the place of another one. */
  private async readable<Facts extends object>(
    ask: () => Promise<readonly JournalEntry[]>,
  ): Promise<ExchangeFolder<Facts>[]> {
    for (;;) {
      const entries = await ask();
      const folders: ExchangeFolder<Facts>[] = [];
      for (const entry of entries) {
        try {
          folders.push(this.inPlace(entry));
        } catch (error) {
          await this.unreadable.setAside(entry, error);
        }
      }
      if (folders.length === entries.length) return folders;
    }
  }

  /** @throws As2Error `exchange-unreadable` */
  private inPlace<Facts extends object>(entry: JournalEntry): ExchangeFolder<Facts> {
    return ExchangeFolder.of<Facts>(this.home, this.placeOf(entry.record), entry);
  }
}

export async function openSpool(settings: SpoolSettings): Promise<Spool> {
  return Spool.open(settings);
}
