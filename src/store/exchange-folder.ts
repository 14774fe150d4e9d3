import { As2Error, isAs2Error } from '../errors';
import type { SizedSource, SpilledBytes } from '../bytes';
import { type ExchangeFile, ExchangeFiles } from './exchange-files';
import { advanced, type ExchangeRecord, type HistoryEntry, type Step } from './exchange-record';
import type { FolderHome } from './folder-home';
import type { JournalEntry, JournalStep } from './journal/journal';
import type { Change } from './journal/queries';

/** What a step changes besides what `Step` says. */
export interface Standing {
  readonly claimed?: boolean;
  /** Octets of a message that was not taken. */
  readonly refusedBytes?: number;
}

/**
 * One exchange: its row in the journal, and the bytes that travelled. Files are built aside and moved to their place in
 * one step, then the row is written: what the journal knows is complete.
 */
export class ExchangeFolder<Facts extends object> {
  /** Steps from before there was a row. */
  private early: HistoryEntry[];
  private factsChanges = 0;
  private factsWritten = 0;
  private last: Promise<unknown> = Promise.resolve();
  /** A step that was noted did not reach the journal; the next one writes everything. */
  private isForgotten = false;

  private constructor(
    private readonly home: FolderHome,
    private readonly files: ExchangeFiles,
    private current: ExchangeRecord<Facts>,
    private inPlace: boolean,
    private steps: number,
  ) {
    this.early = inPlace ? [] : [{ state: current.state, at: current.createdAt }];
  }

  static create<Facts extends object>(
    home: FolderHome,
    start: Pick<ExchangeRecord<Facts>, 'id' | 'direction' | 'key' | 'state' | 'facts'>,
  ): ExchangeFolder<Facts> {
    const now = home.clock.now();
    const record = {
      ...start,
      claimed: false,
      attempts: 0,
      unreported: false,
      createdAt: now,
      updatedAt: now,
    };
    const files = new ExchangeFiles(home, start.id, home.asideOf(start.id), false);
    return new ExchangeFolder<Facts>(home, files, record, false, 0);
  }

  /** @throws As2Error `exchange-unreadable` */
  static of<Facts extends object>(
    home: FolderHome,
    directory: string,
    { record, facts, steps }: JournalEntry,
  ): ExchangeFolder<Facts> {
    return new ExchangeFolder<Facts>(
      home,
      new ExchangeFiles(home, record.id, directory, true),
      { ...record, facts: parseFacts(facts, record.id) as Facts },
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

  /** Where its large files are; there is no folder when there are none. */
  get path(): string {
    return this.files.path;
  }

  async has(file: ExchangeFile): Promise<boolean> {
    return this.files.has(file);
  }

  async source(file: ExchangeFile): Promise<SizedSource> {
    return this.files.source(file);
  }

  /** A file without its first octets. */
  async tail(file: ExchangeFile, start: number): Promise<SizedSource> {
    return this.files.tail(file, start);
  }

  async read(file: ExchangeFile): Promise<Buffer> {
    return this.files.read(file);
  }

  /** The path of a file that holds the bytes; for a small one it is made now. It goes when the exchange goes. */
  async file(file: ExchangeFile): Promise<string> {
    return this.files.file(file);
  }

  /**
   * Adds a file; it is durable with `settle` or the next step.
   * @param content bytes that came to rest are nobody else's from now on
   */
  async add(file: ExchangeFile, content: Buffer | string | SpilledBytes): Promise<void> {
    await this.files.add(file, content);
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
   *   then what it was before.
   */
  async advance(state: string, facts: Partial<Facts> = {}, step: Step = {}): Promise<void> {
    await this.step(state, facts, step);
  }

  /** Notes a step that may be forgotten in a power failure, because nothing depends on it. */
  async note(state: string, facts: Partial<Facts> = {}, step: Step = {}): Promise<void> {
    await this.inOrder(() => this.write(state, facts, step, {}, 'soon'));
  }

  /** A step that changes more; the business of the spool. */
  async step(state: string, facts: Partial<Facts>, step: Step, standing: Standing = {}): Promise<void> {
    await this.inOrder(() => this.write(state, facts, step, standing, 'durably'));
  }

  /**
   * Moves the finished folder to its place and writes the row; all of it is durable when this returns.
   * @throws As2Error `exchange-taken`, when the key is wanted and another exchange holds it; storage failures
   */
  async settle(place: string, step: Step, { claimed = false, refusedBytes }: Standing): Promise<void> {
    await this.files.settle(place);
    const now = this.home.clock.now();
    const record = { ...advanced(this.current, this.current.state, {}, step, now), claimed };
    const history = withDetail(this.early, step.detail);
    const { writes } = this.files;
    try {
      await this.home.journal.insert({ record, history, refusedBytes, files: writes });
    } catch (error) {
      await this.unsettle(error);
      throw error;
    }
    this.files.written(writes);
    this.factsWritten = this.factsChanges;
    this.current = record;
    this.inPlace = true;
    this.steps = history.length;
    this.early = [];
  }

  /** Octets of all its files. */
  async totalBytes(): Promise<number> {
    return this.files.totalBytes();
  }

  /** Removes the exchange: its row, then its folder with everything in it. */
  async discard(): Promise<void> {
    if (this.inPlace) await this.home.journal.remove([this.current.id]);
    await this.files.remove();
  }

  /** Steps happen one after the other: each builds on what the one before has left. */
  private async inOrder(work: () => Promise<void>): Promise<void> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    await mine;
  }

  private async write(
    state: string,
    facts: Partial<Facts>,
    step: Step,
    standing: Standing,
    how: 'durably' | 'soon',
  ): Promise<void> {
    const before = this.current;
    this.describe(facts);
    const now = this.home.clock.now();
    const { detail } = step;
    const entry =
      state === before.state && detail === undefined
        ? undefined
        : { state, at: now, ...(detail === undefined ? {} : { detail }) };
    this.current = { ...advanced(this.current, state, {}, step, now), ...claimOf(standing) };
    if (!this.inPlace) {
      if (entry) this.early.push(entry);
      return;
    }
    const { factsChanges } = this;
    const { writes } = this.files;
    const written: JournalStep = {
      change: this.changeFor(step, standing),
      steps: this.steps,
      key: before.key,
      files: writes,
      ...(entry ? { entry } : {}),
    };
    if (how === 'soon' && writes.length === 0) {
      this.home.journal.note(before.id, written).catch(() => (this.isForgotten = true));
    } else {
      try {
        await this.files.syncNames();
        await this.home.journal.step(before.id, written);
      } catch (error) {
        this.current = { ...before, facts: withoutChanges(this.current.facts, facts, before.facts) };
        throw error;
      }
      this.files.written(writes);
      this.isForgotten = false;
    }
    this.factsWritten = factsChanges;
    if (entry) this.steps++;
  }

  private changeFor(step: Step, { claimed, refusedBytes }: Standing): Change {
    const { state, updatedAt, facts, dueAt, attempts, owner, unreported } = this.current;
    const has = (name: keyof Step): boolean => this.isForgotten || step[name] !== undefined;
    return {
      state,
      updated_at: updatedAt,
      ...(has('dueAt') ? { due_at: dueAt ?? null } : {}),
      ...(has('attempts') ? { attempts } : {}),
      ...(has('owner') ? { owner: owner ?? null } : {}),
      ...(has('unreported') ? { unreported: unreported ? 1 : 0 } : {}),
      ...(claimed === undefined ? {} : { claimed: claimed ? 1 : 0 }),
      ...(refusedBytes === undefined ? {} : { refused_bytes: refusedBytes }),
      // Answers to repeats of one message are noted at the same time; what one does not know, it leaves alone.
      ...(this.isForgotten || this.factsChanges !== this.factsWritten
        ? { facts: JSON.stringify(facts) }
        : {}),
    };
  }

  /**
   * Takes the folder back after its row was refused. When it is not sure that there is no row, both stay: a row without
   * its bytes would be worse than an exchange too many.
   */
  private async unsettle(reason: unknown): Promise<void> {
    try {
      const isRefused =
        isAs2Error(reason) && (reason.code === 'exchange-taken' || reason.code === 'store-full');
      if (!isRefused) await this.home.journal.remove([this.current.id]);
      await this.files.unsettle();
    } catch {
      this.inPlace = true;
    }
  }
}

/** What was described while a step was being written stays; what came with the step goes. */
function withoutChanges<Facts extends object>(facts: Facts, changes: Partial<Facts>, before: Facts): Facts {
  const kept = Object.entries(facts).filter(([name]) => !(name in changes));
  const old = Object.entries(before).filter(([name]) => name in changes);
  return Object.fromEntries([...old, ...kept]) as Facts;
}

function claimOf({ claimed }: Standing): { claimed?: boolean } {
  return claimed === undefined ? {} : { claimed };
}

function withDetail(history: readonly HistoryEntry[], detail: object | undefined): HistoryEntry[] {
  return history.map((entry, index) =>
    detail === undefined || index < history.length - 1 ? entry : { ...entry, detail },
  );
}

function parseFacts(text: string, exchange: string): object {
  try {
    const facts: unknown = JSON.parse(text);
    if (typeof facts === 'object' && facts !== null) return facts;
    throw new TypeError('it is no object');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new As2Error('exchange-unreadable', { exchange, reason }, { cause: error });
  }
}
