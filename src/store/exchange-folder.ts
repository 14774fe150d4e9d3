import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  fileSource,
  makeDirectoryDurably,
  type SizedSource,
  type SpilledBytes,
  syncDirectory,
  syncFile,
} from '../bytes';
import { As2Error, isAs2Error } from '../errors';
import type { Clock } from './clock';
import { advanced, type ExchangeRecord, type HistoryEntry, type Step } from './exchange-record';
import type { Journal, JournalEntry } from './journal/journal';
import type { Change } from './journal/queries';
import { storing } from './store-error';

/** The files of an exchange. Their names never come from outside (SEC-10). */
export type ExchangeFile =
  'request.raw' | 'request-headers.json' | 'payload' | 'receipt' | 'message.json' | `attachment-${number}`;

/** What a folder needs of the spool it belongs to. */
export interface FolderHome {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Where the folder of an exchange is built, and where it goes before it is removed. */
  asideOf(id: string): string;
}

/** What a step changes besides what `Step` says. */
export interface Standing {
  readonly claimed?: boolean;
  /** Octets of a message that was not taken. */
  readonly refusedBytes?: number;
}

/**
 * One exchange: its row in the journal, and the folder with the bytes that travelled. The folder is built aside and
 * moved to its place in one step, then the row is written: what the journal knows is complete.
 */
export class ExchangeFolder<Facts extends object> {
  /** Steps from before there was a row. */
  private early: HistoryEntry[];
  private factsChanges = 0;
  private factsWritten = 0;
  /** Files were added whose names may not be on the disk. */
  private hasNewNames = false;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly home: FolderHome,
    private directory: string,
    private current: ExchangeRecord<Facts>,
    private inPlace: boolean,
    private steps: number,
  ) {
    this.early = inPlace ? [] : [{ state: current.state, at: current.createdAt }];
  }

  /** @throws As2Error `store-full`, `store-unavailable` */
  static async create<Facts extends object>(
    home: FolderHome,
    start: Pick<ExchangeRecord<Facts>, 'id' | 'direction' | 'key' | 'state' | 'facts'>,
  ): Promise<ExchangeFolder<Facts>> {
    const directory = home.asideOf(start.id);
    await storing(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
    const now = home.clock.now();
    const record = {
      ...start,
      claimed: false,
      attempts: 0,
      unreported: false,
      createdAt: now,
      updatedAt: now,
    };
    return new ExchangeFolder<Facts>(home, directory, record, false, 0);
  }

  /** @throws As2Error `exchange-unreadable` */
  static of<Facts extends object>(
    home: FolderHome,
    directory: string,
    { record, facts, steps }: JournalEntry,
  ): ExchangeFolder<Facts> {
    return new ExchangeFolder<Facts>(
      home,
      directory,
      { ...record, facts: parseFacts(facts, directory) as Facts },
      true,
      steps,
    );
  }

  get record(): ExchangeRecord<Facts> {
    return this.current;
  }

  /** Whether the journal knows it; before that it is nobody's but its maker's. */
  get settled(): boolean {
    return this.inPlace;
  }

  get path(): string {
    return this.directory;
  }

  pathOf(file: ExchangeFile): string {
    return join(this.directory, file);
  }

  async has(file: ExchangeFile): Promise<boolean> {
    const path = this.pathOf(file);
    return storing(path, () => access(path).then(() => true, isNotMissing));
  }

  async source(file: ExchangeFile): Promise<SizedSource & { readonly length: number }> {
    return storing(this.pathOf(file), () => fileSource(this.pathOf(file)));
  }

  async read(file: ExchangeFile): Promise<Buffer> {
    return storing(this.pathOf(file), () => readFile(this.pathOf(file)));
  }

  /**
   * Adds a file whose bytes are on the disk when this returns. Its name in the folder is made durable by `settle` or
   * by the next step.
   */
  async add(file: ExchangeFile, content: Buffer | string | SpilledBytes): Promise<void> {
    const path = this.pathOf(file);
    await storing(path, async () => {
      if (Buffer.isBuffer(content) || typeof content === 'string') await writeSynced(path, content);
      else if (content.buffer) await writeSynced(path, content.buffer);
      else if (content.path !== undefined) await moveSynced(content.path, path);
      else throw new TypeError('bytes that are neither in memory nor in a file');
    });
    this.hasNewNames = true;
  }

  /** Adds to what the record says; written with the next step. */
  describe(facts: Partial<Facts>): void {
    if (Object.keys(facts).length === 0) return;
    this.factsChanges++;
    this.current = { ...this.current, facts: { ...this.current.facts, ...facts } };
  }

  /**
   * Notes a step; durable when this returns. Before the folder is settled, steps are only remembered.
   * @throws As2Error `exchange-unreadable`, when the journal does not know it any more; storage failures. The record is
   *   then what it was before, but for the facts.
   */
  async advance(state: string, facts: Partial<Facts> = {}, step: Step = {}): Promise<void> {
    await this.step(state, facts, step);
  }

  /** Notes a step that may be forgotten in a power failure, because nothing depends on it. */
  async note(state: string, facts: Partial<Facts> = {}, step: Step = {}): Promise<void> {
    await this.step(state, facts, step);
  }

  /** A step that changes more; the business of the spool. */
  async step(state: string, facts: Partial<Facts>, step: Step, standing: Standing = {}): Promise<void> {
    // One after the other: each builds on what the one before has left.
    const mine = this.last.then(() => this.write(state, facts, step, standing));
    this.last = mine.catch(() => undefined);
    await mine;
  }

  /**
   * Moves the finished folder to its place and writes the row; all of it is durable when this returns.
   * @throws As2Error `exchange-taken`, when the key is wanted and another exchange holds it; storage failures
   */
  async settle(place: string, step: Step, { claimed = false, refusedBytes }: Standing): Promise<void> {
    const aside = this.directory;
    await this.moveTo(place);
    const now = this.home.clock.now();
    const record = { ...advanced(this.current, this.current.state, {}, step, now), claimed };
    const history = withDetail(this.early, step.detail);
    try {
      await this.home.journal.insert(record, history, refusedBytes);
    } catch (error) {
      await this.unsettle(aside, error);
      throw error;
    }
    this.factsWritten = this.factsChanges;
    this.current = record;
    this.inPlace = true;
    this.steps = history.length;
    this.early = [];
  }

  /** Removes the exchange: its row, then its folder with everything in it. */
  async discard(): Promise<void> {
    const aside = this.home.asideOf(this.current.id);
    if (this.inPlace) {
      await this.home.journal.remove([this.current.id]);
      await storing(this.directory, () => rename(this.directory, aside));
      this.directory = aside;
    }
    await storing(aside, () => rm(aside, { recursive: true, force: true }));
  }

  private async write(state: string, facts: Partial<Facts>, step: Step, standing: Standing): Promise<void> {
    this.describe(facts);
    const before = this.current;
    const now = this.home.clock.now();
    const { detail } = step;
    const entry =
      state === before.state && detail === undefined
        ? undefined
        : { state, at: now, ...(detail === undefined ? {} : { detail }) };
    this.current = { ...advanced(before, state, {}, step, now), ...claimOf(standing) };
    if (!this.inPlace) {
      if (entry) this.early.push(entry);
      return;
    }
    const { factsChanges } = this;
    try {
      if (this.hasNewNames) await storing(this.directory, () => syncDirectory(this.directory));
      this.hasNewNames = false;
      await this.home.journal.step(before.id, {
        change: this.changeFor(step, standing),
        steps: this.steps,
        key: before.key,
        ...(entry ? { entry } : {}),
      });
    } catch (error) {
      this.current = { ...before, facts: this.current.facts };
      throw error;
    }
    this.factsWritten = factsChanges;
    if (entry) this.steps++;
  }

  private changeFor({ dueAt, attempts, owner, unreported }: Step, standing: Standing): Change {
    const { state, updatedAt, facts } = this.current;
    const { claimed, refusedBytes } = standing;
    return {
      state,
      updated_at: updatedAt,
      ...(dueAt === undefined ? {} : { due_at: dueAt }),
      ...(attempts === undefined ? {} : { attempts }),
      ...(owner === undefined ? {} : { owner }),
      ...(unreported === undefined ? {} : { unreported: unreported ? 1 : 0 }),
      ...(claimed === undefined ? {} : { claimed: claimed ? 1 : 0 }),
      ...(refusedBytes === undefined ? {} : { refused_bytes: refusedBytes }),
      // Answers to repeats of one message are noted at the same time; what one does not know, it leaves alone.
      ...(this.factsChanges === this.factsWritten ? {} : { facts: JSON.stringify(facts) }),
    };
  }

  private async moveTo(place: string): Promise<void> {
    await storing(place, async () => {
      await syncDirectory(this.directory);
      await makeDirectoryDurably(dirname(place));
      await rename(this.directory, place);
      await syncDirectory(dirname(place));
    });
    this.directory = place;
    this.hasNewNames = false;
  }

  /**
   * Takes the folder back after its row was refused. When it is not sure that there is no row, both stay: a row without
   * its bytes would be worse than an exchange too many.
   */
  private async unsettle(aside: string, reason: unknown): Promise<void> {
    try {
      const isRefused =
        isAs2Error(reason) && (reason.code === 'exchange-taken' || reason.code === 'store-full');
      if (!isRefused) await this.home.journal.remove([this.current.id]);
      await rename(this.directory, aside);
      this.directory = aside;
    } catch {
      this.inPlace = true;
    }
  }
}

function claimOf({ claimed }: Standing): { claimed?: boolean } {
  return claimed === undefined ? {} : { claimed };
}

function withDetail(history: readonly HistoryEntry[], detail: object | undefined): HistoryEntry[] {
  return history.map((entry, index) =>
    detail === undefined || index < history.length - 1 ? entry : { ...entry, detail },
  );
}

function parseFacts(text: string, path: string): object {
  try {
    const facts: unknown = JSON.parse(text);
    if (typeof facts === 'object' && facts !== null) return facts;
    throw new TypeError('it is no object');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new As2Error('exchange-unreadable', { path, reason }, { cause: error });
  }
}

async function writeSynced(path: string, content: Buffer | string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function moveSynced(from: string, to: string): Promise<void> {
  await syncFile(from);
  await rename(from, to);
}

function isNotMissing(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ENOENT') return false;
  throw error;
}
