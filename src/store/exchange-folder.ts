import { randomUUID } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  fileSource,
  makeDirectoryDurably,
  type SizedSource,
  type SpilledBytes,
  syncDirectory,
  syncFile,
  writeFileDurably,
} from '../bytes';
import { As2Error } from '../errors';
import { advanced, type ExchangeRecord, formatRecord, newRecord, parseRecord } from './exchange-record';
import { storing } from './store-error';

/** The files of an exchange. Their names never come from outside (SEC-10). */
export type ExchangeFile = 'request.raw' | 'request-headers.json' | 'payload' | 'receipt';

const RECORD = 'exchange.json';

/**
 * The folder of one exchange: the bytes that travelled, and `exchange.json`. It is built aside and moved to its place
 * in one step, so that what is found there is complete.
 */
export class ExchangeFolder<Facts extends object> {
  private constructor(
    private directory: string,
    private current: ExchangeRecord<Facts>,
    private inPlace: boolean,
  ) {}

  /** @throws As2Error `store-full`, `store-unavailable` */
  static async create<Facts extends object>(
    directory: string,
    start: Parameters<typeof newRecord<Facts>>[0],
  ): Promise<ExchangeFolder<Facts>> {
    await storing(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
    return new ExchangeFolder(directory, newRecord(start), false);
  }

  /**
   * @returns undefined, when there is none
   * @throws As2Error `exchange-unreadable`, `store-unavailable`
   */
  static async open<Facts extends object>(directory: string): Promise<ExchangeFolder<Facts> | undefined> {
    const path = join(directory, RECORD);
    const text = await storing(path, () => readIfThere(path));
    if (text === undefined) return undefined;
    try {
      return new ExchangeFolder(directory, parseRecord<Facts>(text), true);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new As2Error('exchange-unreadable', { path: directory, reason }, { cause: error });
    }
  }

  get record(): ExchangeRecord<Facts> {
    return this.current;
  }

  /** Whether it was moved to its place; before that it may be discarded. */
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
   * by the next `advance`.
   */
  async add(file: ExchangeFile, content: Buffer | string | SpilledBytes): Promise<void> {
    const path = this.pathOf(file);
    await storing(path, async () => {
      if (Buffer.isBuffer(content) || typeof content === 'string') await writeSynced(path, content);
      else if (content.buffer) await writeSynced(path, content.buffer);
      else if (content.path !== undefined) await moveSynced(content.path, path);
      else throw new TypeError('bytes that are neither in memory nor in a file');
    });
  }

  /** Adds to what the record says; written with the next step. */
  describe(facts: Partial<Facts>): void {
    this.current = { ...this.current, facts: { ...this.current.facts, ...facts } };
  }

  /** Notes a step; durable when this returns. */
  async advance(state: string, facts: Partial<Facts> = {}): Promise<void> {
    this.current = advanced(this.current, state, facts);
    const path = join(this.directory, RECORD);
    await storing(path, () => writeFileDurably(path, formatRecord(this.current)));
  }

  /**
   * Notes a step that may be forgotten in a power failure, because nothing depends on it. The record may not: without
   * its bytes on the disk first, the new name could outlive them and an empty record take the place of the old one.
   */
  async note(state: string, facts: Partial<Facts> = {}): Promise<void> {
    this.current = advanced(this.current, state, facts);
    const path = join(this.directory, RECORD);
    // Answers to repeats of one message are noted at the same time.
    const temporary = `${path}.${randomUUID()}.note`;
    await storing(path, async () => {
      await writeSynced(temporary, formatRecord(this.current));
      await rename(temporary, path);
    });
  }

  /**
   * Writes the record and moves the finished folder to its place; all of it is durable when this returns.
   * @throws As2Error `exchange-taken`, when there is one already
   */
  async settle(place: string): Promise<void> {
    await storing(place, async () => {
      await writeSynced(join(this.directory, RECORD), formatRecord(this.current));
      await syncDirectory(this.directory);
      await makeDirectoryDurably(dirname(place));
      await renameFolder(this.directory, place);
      await syncDirectory(dirname(place));
    });
    this.directory = place;
    this.inPlace = true;
  }

  /** Removes the folder with everything in it. */
  async discard(): Promise<void> {
    await storing(this.directory, () => rm(this.directory, { recursive: true, force: true }));
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

async function renameFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // POSIX answers ENOTEMPTY or EEXIST, Windows EPERM.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
    throw new As2Error('exchange-taken', { id: basename(to) }, { cause: error });
  }
}

function isNotMissing(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ENOENT') return false;
  throw error;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
