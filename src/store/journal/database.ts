import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type * as NodeSqlite from 'node:sqlite';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Answer, OpenOptions, Request, Row, Statement } from './protocol';
import { failureOf, isOfRequest, JournalFailure } from './sqlite-failure';

type Sqlite = typeof NodeSqlite;

/** How long a reader, such as an administrator's sqlite3, may hold up a write. */
const BUSY_MS = 5_000;
const MARK = `There is a journal here, journal.sqlite. Without it nothing is sent or received, because messages that wait would be
forgotten and repeats taken for new. To start anew, move the whole directory away.
`;
/** Statements kept ready; the journal uses some dozens. */
const MOST_STATEMENTS = 200;

/**
 * The journal's SQLite file, with a lock of its own beside it, so that only one process writes and everybody may read.
 * Synchronous: it lives in a thread of its own.
 */
export class JournalDatabase {
  private readonly statements = new Map<string, StatementSync>();

  private constructor(
    private readonly path: string,
    private readonly database: DatabaseSync,
    private readonly lock: DatabaseSync,
    private readonly inode: number,
    /** Whether it was looked through for damage. */
    readonly isChecked: boolean,
  ) {}

  /** @throws JournalFailure, errors of SQLite and of the file system */
  static open(sqlite: Sqlite, { path, migrations, patienceMs, checkedBytes }: OpenOptions): JournalDatabase {
    const lock = takeLock(sqlite, path, patienceMs);
    let database: DatabaseSync | undefined;
    try {
      provide(sqlite, path, migrations);
      const { size, ino } = statSync(path);
      if (size === 0) throw new JournalFailure('journal-damaged', 'the file is empty');
      database = new sqlite.DatabaseSync(path);
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      // What is not ours is not even configured.
      versionOf(database, migrations.length);
      configure(database);
      const isChecked = size <= checkedBytes;
      if (isChecked) assertSound(database);
      migrate(database, migrations);
      return new JournalDatabase(path, database, lock, ino, isChecked);
    } catch (error) {
      database?.close();
      lock.close();
      throw error;
    }
  }

  /**
   * Runs requests in one transaction, so that they share the wait for the disk. One that fails is taken back and leaves
   * the others alone. When this returns, what was written is durable.
   * @throws errors of SQLite and of the file system, when nothing of it was written
   */
  run(requests: readonly Request[]): Answer[] {
    this.assertInPlace();
    try {
      return this.transaction(requests, (request) => ({ rows: this.rowsOf(request) }));
    } catch (error) {
      if (!isOfRequest(error)) throw error;
    }
    // One of them cannot be. That is rare, and savepoints cost a copy of every page that changes: only now each gets one.
    return this.transaction(requests, (request) => this.answer(request));
  }

  close(): void {
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.database.close();
      this.lock.close();
    }
  }

  private transaction(requests: readonly Request[], answer: (request: Request) => Answer): Answer[] {
    const writes = requests.some((request) => request.writes);
    this.prepare(writes ? 'BEGIN IMMEDIATE' : 'BEGIN').run();
    try {
      const answers = requests.map(answer);
      this.prepare('COMMIT').run();
      return answers;
    } catch (error) {
      rollBack(this.database);
      throw error;
    }
  }

  /** Takes back what fails, and leaves the others alone. */
  private answer(request: Request): Answer {
    if (!request.writes) return { rows: this.rowsOf(request) };
    this.database.exec('SAVEPOINT request');
    try {
      const rows = this.rowsOf(request);
      this.database.exec('RELEASE request');
      return { rows };
    } catch (error) {
      if (!isOfRequest(error)) throw error;
      this.database.exec('ROLLBACK TO request; RELEASE request');
      return { failure: failureOf(error) };
    }
  }

  private rowsOf({ statements }: Request): Row[][] {
    return statements.map((statement) => this.execute(statement));
  }

  private execute({ sql, parameters, expectChanges }: Statement): Row[] {
    const statement = this.prepare(sql);
    if (expectChanges === undefined) return statement.all(...parameters) as Row[];
    const { changes } = statement.run(...parameters);
    if (Number(changes) !== expectChanges)
      throw new JournalFailure('row-missing', 'it is not in the journal');
    return [];
  }

  private prepare(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      if (this.statements.size >= MOST_STATEMENTS) this.statements.clear();
      this.statements.set(sql, (statement = this.database.prepare(sql)));
    }
    return statement;
  }

  /** Writing goes on into a file that was removed or moved; what it says would be gone with the next start. */
  private assertInPlace(): void {
    if (statSync(this.path).ino !== this.inode) {
      throw new JournalFailure('store-unavailable', 'the journal was exchanged while it was in use');
    }
  }
}

/** Another process that is ending may need a moment; one that died holds no lock. */
function takeLock({ DatabaseSync }: Sqlite, path: string, patienceMs: number): DatabaseSync {
  const lockPath = path.replace(/\.sqlite$/, '.lock');
  closeSync(openSync(lockPath, 'a', 0o600));
  const lock = new DatabaseSync(lockPath);
  try {
    lock.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
    return lock;
  } catch (error) {
    lock.close();
    const SQLITE_BUSY = 5;
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new JournalFailure('store-in-use', 'another process uses it');
  }
}

/**
 * A journal that is gone is not replaced by an empty one: messages that wait would be forgotten, and repeats delivered
 * again. That there was one, a file beside it says.
 */
function provide(sqlite: Sqlite, path: string, migrations: OpenOptions['migrations']): void {
  const mark = path.replace(/\.sqlite$/, '.begun');
  if (!existsSync(path)) {
    if (existsSync(mark)) throw new JournalFailure('journal-missing', 'it is gone');
    create(sqlite, path, migrations);
  }
  if (existsSync(mark)) return;
  writeFileSync(mark, MARK, { mode: 0o600, flush: true });
  syncDirectory(dirname(path));
}

/** Made aside, so that a journal without content is never taken for a new one. */
function create({ DatabaseSync }: Sqlite, path: string, migrations: OpenOptions['migrations']): void {
  const aside = `${path}.new`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${aside}${suffix}`, { force: true });
  // It belongs to a journal that was moved away, and would be read into the new one.
  for (const suffix of ['-wal', '-shm', '-journal']) setAside(`${path}${suffix}`);
  closeSync(openSync(aside, 'wx', 0o600));
  const database = new DatabaseSync(aside);
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL');
    migrate(database, migrations);
  } finally {
    database.close();
  }
  renameSync(aside, path);
  syncDirectory(dirname(path));
}

function setAside(path: string): void {
  if (existsSync(path)) renameSync(path, `${path}.${Date.now()}.old`);
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // After some failures SQLite has done it by itself.
  }
}

function configure(database: DatabaseSync): void {
  // Half a million exchanges have their indexes in it.
  database.exec('PRAGMA cache_size = -16000');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA journal_size_limit = ${64 * 1024 * 1024}`);
  // In pages of 4 KiB. Pages that many messages change go into the file once for all of them.
  database.exec('PRAGMA wal_autocheckpoint = 4000');
}

/** @throws JournalFailure `journal-damaged`, or the error of SQLite when it cannot even be read */
export function assertSound(database: DatabaseSync): void {
  const [first] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  if (first?.quick_check !== 'ok')
    throw new JournalFailure('journal-damaged', first?.quick_check ?? 'no answer');
}

function migrate(database: DatabaseSync, migrations: OpenOptions['migrations']): void {
  const newest = migrations.length;
  const version = versionOf(database, newest);
  if (version === newest) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const statement of migrations.slice(version).flat()) database.exec(statement);
    database.prepare('UPDATE schema_version SET version = ?').run(newest);
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** @throws JournalFailure `journal-damaged`, `journal-newer` */
function versionOf(database: DatabaseSync, newest: number): number {
  const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all();
  if (tables.length === 0) return 0;
  if (!tables.some(({ name }) => name === 'schema_version')) {
    throw new JournalFailure('journal-damaged', 'it is a database of something else');
  }
  const row = database.prepare('SELECT version FROM schema_version').get();
  if (typeof row?.version !== 'number') throw new JournalFailure('journal-damaged', 'its version is missing');
  if (row.version > newest) {
    throw new JournalFailure('journal-newer', `it has version ${row.version}, this package knows ${newest}`);
  }
  return row.version;
}
