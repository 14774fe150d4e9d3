import { dirname } from 'node:path';
import { As2Error } from '../../errors';
import type { Direction, ExchangeKey, ExchangeRecord, HistoryEntry } from '../exchange-record';
import { idTime } from '../exchange-id';
import { JournalConnection } from './connection';
import { type Change, type DueFilter, type ListFilter, Queries, rowOf } from './queries';
import type { OpenOptions, Row, Statement } from './protocol';
import { loadQueryBuilder } from './query-builder';
import { type ExchangeRow, migrations } from './schema';
import { JournalFailure } from './sqlite-failure';

/** How long a journal may be held by a process that is just ending. */
const PATIENCE_MS = 10_000;
/** Takes a fraction of a second to be looked through. */
const CHECKED_BYTES = 64 * 1024 * 1024;
/** An exchange that is repeated for ever keeps the beginning and the end of its history. */
const HISTORY_BEGINNING = 50;
const HISTORY_LINES = 1_000;

/** An exchange as a row holds it, before its facts are read. */
export interface JournalEntry {
  readonly record: Omit<ExchangeRecord, 'facts'>;
  /** JSON. */
  readonly facts: string;
  readonly steps: number;
  readonly refused: boolean;
}

export interface ExchangeName {
  readonly id: string;
  readonly direction: Direction;
}

export interface RefusedExchange extends ExchangeName {
  readonly bytes: number;
  readonly updatedAt: number;
}

/** A small file on its way into the journal; null: the journal has it no longer. */
export interface FileWrite {
  readonly name: string;
  readonly content: Buffer | null;
}

/** What a new exchange begins with. */
export interface JournalStart {
  readonly record: ExchangeRecord;
  readonly history: readonly HistoryEntry[];
  /** Octets of a message that was not taken. */
  readonly refusedBytes: number | undefined;
  readonly files: readonly FileWrite[];
}

/** What a step writes. */
export interface JournalStep {
  readonly change: Change;
  /** Absent: nothing that the history should tell. */
  readonly entry?: HistoryEntry;
  /** Lines of history before this step. */
  readonly steps: number;
  readonly key: ExchangeKey;
  readonly files: readonly FileWrite[];
}

/**
 * The durable record of exchanges: who sent what to whom, how far it has come, and how it got there. What is written is
 * on the disk when the promise resolves.
 */
export class Journal {
  private constructor(
    readonly path: string,
    private readonly connection: JournalConnection,
    private readonly queries: Queries,
  ) {}

  /** @throws As2Error `journal-damaged`, `journal-missing`, `journal-newer`, `store-full`, `store-in-use`, `store-unavailable` */
  static async open(path: string, options: Partial<Omit<OpenOptions, 'path'>> = {}): Promise<Journal> {
    const builder = await loadQueryBuilder();
    const connection = new JournalConnection({
      path,
      patienceMs: PATIENCE_MS,
      checkedBytes: CHECKED_BYTES,
      migrations: migrations(builder),
      ...options,
    });
    const journal = new Journal(path, connection, new Queries(builder));
    await connection.open().catch((error: unknown) => {
      throw journal.errorOf(error);
    });
    return journal;
  }

  /** @throws As2Error `exchange-taken`, when another one holds the key */
  async insert({ record, history, refusedBytes, files }: JournalStart): Promise<void> {
    const row = rowOf(record, { steps: history.length, refused_bytes: refusedBytes ?? null });
    const lines = history.map((entry, index) => this.queries.insertHistory(record.id, entry, index + 1));
    await this.write([this.queries.insert(row), ...lines, ...this.fileStatements(record.id, files)], record);
  }

  /** @throws As2Error `exchange-taken`, `exchange-unreadable` when it is not there any more */
  async step(id: string, step: JournalStep): Promise<void> {
    await this.write(this.stepStatements(id, step), { id, key: step.key });
  }

  /** Writes a step with the next one that somebody waits for, or soon. Resolves when it is written. */
  async note(id: string, step: JournalStep): Promise<void> {
    await this.connection.runSoon({ statements: this.stepStatements(id, step), writes: true });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.run(
      ids.flatMap((id) => this.queries.remove(id)),
      true,
    );
  }

  async readFile(id: string, name: string): Promise<Buffer | undefined> {
    const [[row] = []] = await this.run([this.queries.readFile(id, name)]);
    if (!row) return undefined;
    const { content } = row;
    return content instanceof Uint8Array
      ? Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      : Buffer.alloc(0);
  }

  /** Octets of the files of an exchange that lie in the journal. */
  async fileBytes(id: string): Promise<number> {
    const [[row] = []] = await this.run([this.queries.fileBytes(id)]);
    return numberOf(row?.bytes) ?? 0;
  }

  async find(direction: Direction, key: ExchangeKey): Promise<JournalEntry | undefined> {
    const [entry] = await this.entries([this.queries.find(direction, key)]);
    return entry;
  }

  async get(id: string): Promise<JournalEntry | undefined> {
    const [entry] = await this.entries([this.queries.get(id)]);
    return entry;
  }

  /** @param never nothing is due later than this; what says so was written before the clock was set back */
  async due(filter: DueFilter, until: number, never: number, limit: number): Promise<JournalEntry[]> {
    const entries = await this.entries([
      this.queries.due(filter, Math.min(until, never), limit),
      this.queries.dueTooLate(filter, never, limit),
    ]);
    return entries.slice(0, limit);
  }

  /** The next time at which something is due; also one that can never be reached, see `due`. */
  async nextDue(filter: DueFilter, after: number | undefined, never: number): Promise<number | undefined> {
    const [[next] = [], [tooLate] = []] = await this.run([
      this.queries.nextDue(filter, after),
      this.queries.nextDue(filter, never),
    ]);
    return numberOf(tooLate?.due_at) ?? numberOf(next?.due_at);
  }

  /** Oldest first. @param after only those after this id */
  async unreported(
    direction: Direction,
    owner: string,
    after: string | undefined,
    limit: number,
  ): Promise<JournalEntry[]> {
    return this.entries([this.queries.unreported(direction, owner, after ?? '', limit)]);
  }

  /** Newest first. */
  async list(filter: ListFilter): Promise<JournalEntry[]> {
    const { from, to, limit } = filter;
    const entries = await this.entries(
      this.queries.list(filter, {
        ...(from === undefined ? {} : { from: idTime(from) }),
        ...(to === undefined ? {} : { to: idTime(to) }),
      }),
    );
    return entries.sort((a, b) => (a.record.id < b.record.id ? 1 : -1)).slice(0, limit);
  }

  async history(id: string): Promise<HistoryEntry[]> {
    const [rows = []] = await this.run([this.queries.history(id)]);
    return rows.map(({ state, at, detail }) => ({
      state: String(state),
      at: Number(at),
      ...(detail === null || detail === undefined ? {} : { detail: detailOf(String(detail)) }),
    }));
  }

  /** Exchanges that began before a time and have not changed since, oldest first. */
  async older(before: number, limit: number): Promise<ExchangeName[]> {
    const [rows = []] = await this.run([this.queries.older(idTime(before), before, limit)]);
    return rows.map(nameOf);
  }

  /** Exchanges of messages that were not taken, oldest first. */
  async refused(limit: number): Promise<RefusedExchange[]> {
    const [rows = []] = await this.run([this.queries.refused(limit)]);
    return rows.map((row) => ({
      ...nameOf(row),
      bytes: numberOf(row.refused_bytes) ?? 0,
      updatedAt: numberOf(row.updated_at) ?? 0,
    }));
  }

  async refusedTotal(): Promise<{ readonly count: number; readonly bytes: number }> {
    const [[row] = []] = await this.run([this.queries.refusedTotal()]);
    return { count: numberOf(row?.count) ?? 0, bytes: numberOf(row?.bytes) ?? 0 };
  }

  /** Those of the ids that the journal knows. */
  async known(ids: readonly string[]): Promise<Set<string>> {
    const [rows = []] = await this.run([this.queries.known(ids)]);
    return new Set(rows.map(({ id }) => String(id)));
  }

  async readNote(name: string): Promise<string | undefined> {
    const [[row] = []] = await this.run([this.queries.readNote(name)]);
    return typeof row?.value === 'string' ? row.value : undefined;
  }

  async writeNote(name: string, value: string): Promise<void> {
    await this.run([this.queries.writeNote(name, value)], true);
  }

  /** Gives room that many removed exchanges have left back to the disk, bit by bit. */
  async shrink(): Promise<void> {
    await this.connection.shrink().catch((error: unknown) => {
      throw this.errorOf(error);
    });
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private stepStatements(id: string, { change, entry, steps, files }: JournalStep): Statement[] {
    const statements = [this.queries.update(id, change, entry !== undefined)];
    if (entry) statements.push(this.queries.appendHistory(id, entry));
    const outlived = steps + 1 - (HISTORY_LINES - HISTORY_BEGINNING);
    if (entry && outlived > HISTORY_BEGINNING) statements.push(this.queries.removeHistoryStep(id, outlived));
    return [...statements, ...this.fileStatements(id, files)];
  }

  private fileStatements(id: string, files: readonly FileWrite[]): Statement[] {
    return files.map(({ name, content }) =>
      content ? this.queries.writeFile(id, name, content) : this.queries.removeFile(id, name),
    );
  }

  private async entries(statements: readonly Statement[]): Promise<JournalEntry[]> {
    const rows = await this.run(statements);
    return rows.flat().map((row) => entryOf(row as unknown as ExchangeRow));
  }

  private async write(
    statements: readonly Statement[],
    { id, key }: Pick<ExchangeRecord, 'id' | 'key'>,
  ): Promise<void> {
    try {
      await this.connection.run({ statements, writes: true });
    } catch (error) {
      const { code, message } = failureIn(error);
      if (code === 'taken') throw new As2Error('exchange-taken', { id: key.messageId });
      if (code === 'row-missing')
        throw new As2Error('exchange-unreadable', { exchange: id, reason: message });
      throw this.errorOf(error);
    }
  }

  private async run(statements: readonly Statement[], writes = false): Promise<readonly (readonly Row[])[]> {
    return this.connection.run({ statements, writes }).catch((error: unknown) => {
      throw this.errorOf(error);
    });
  }

  private errorOf(error: unknown): As2Error {
    const { path } = this;
    const { code, message: reason } = failureIn(error);
    switch (code) {
      case 'journal-damaged':
        return new As2Error(code, { path, reason, directory: dirname(path) });
      case 'journal-missing':
        return new As2Error(code, { path, directory: dirname(path) });
      case 'journal-newer':
        return new As2Error(code, { path, reason });
      case 'store-full':
      case 'store-in-use':
        return new As2Error(code, { path });
      case 'runtime-without-sqlite':
        return new As2Error(code, { version: reason });
      case 'row-missing':
      case 'store-unavailable':
      case 'taken':
        return new As2Error('store-unavailable', { path, reason });
    }
  }
}

function failureIn(error: unknown): JournalFailure {
  if (error instanceof JournalFailure) return error;
  throw error;
}

function entryOf(row: ExchangeRow): JournalEntry {
  return {
    record: {
      id: row.id,
      direction: row.direction,
      key: { from: row.sender, to: row.receiver, messageId: row.message_id },
      claimed: row.claimed === 1,
      state: row.state,
      ...(row.owner === null ? {} : { owner: row.owner }),
      ...(row.due_at === null ? {} : { dueAt: row.due_at }),
      attempts: row.attempts,
      unreported: row.unreported === 1,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    },
    facts: row.facts,
    steps: row.steps,
    refused: row.refused_bytes !== null,
  };
}

/** One that is damaged does not hide the lines around it. */
function detailOf(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return { unreadable: text };
  }
}

function nameOf({ id, direction }: Row): ExchangeName {
  return { id: String(id), direction: direction as Direction };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
