import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  bufferSource,
  fileSource,
  makeDirectoryDurably,
  type SizedSource,
  type SpilledBytes,
  syncDirectory,
  writeFileSynced,
} from '../bytes';
import type { FolderHome } from './folder-home';
import type { FileWrite } from './journal/journal';
import { storing } from './store-error';

/** The files of an exchange. Their names never come from outside (SEC-10). */
export type ExchangeFile =
  'request.raw' | 'request-headers.json' | 'payload' | 'receipt' | 'message.json' | `attachment-${number}`;

/**
 * The bytes of one exchange. Small ones lie in the journal, and are written together with its row: that costs no wait
 * for the disk of their own, and no folder. Large ones are files in the exchange's folder.
 */
export class ExchangeFiles {
  /** Small files that the journal does not have yet, and those it must forget. */
  private pending = new Map<ExchangeFile, Buffer | null>();
  private directoryMade: Promise<void> | undefined;
  /** Files were added whose names may not be on the disk. */
  private hasNewNames = false;

  /**
   * @param directory where its folder is, or would be
   * @param inPlace whether the journal knows the exchange
   */
  constructor(
    private readonly home: FolderHome,
    private readonly id: string,
    private directory: string,
    private inPlace: boolean,
  ) {}

  get path(): string {
    return this.directory;
  }

  /** @param content bytes that came to rest are nobody else's from now on */
  async add(name: ExchangeFile, content: Buffer | string | SpilledBytes): Promise<void> {
    const small = this.smallOf(content);
    if (small) {
      this.pending.set(name, small);
      return;
    }
    const path = join(this.directory, name);
    await storing(path, async () => {
      await this.makeDirectory();
      if (Buffer.isBuffer(content) || typeof content === 'string') await writeFileSynced(path, content);
      else await content.persist(path);
    });
    if (this.inPlace) this.pending.set(name, null);
    else this.pending.delete(name);
    this.hasNewNames = true;
  }

  async has(name: ExchangeFile): Promise<boolean> {
    if (await this.small(name)) return true;
    const path = join(this.directory, name);
    return storing(path, () => access(path).then(() => true, isNotMissing));
  }

  async source(name: ExchangeFile): Promise<SizedSource & { readonly length: number }> {
    const small = await this.small(name);
    // What is kept stays as it is, whatever a flow does with the bytes it gets.
    if (small) return { length: small.length, open: () => bufferSource(Buffer.from(small)).open() };
    const { length } = await this.fileSource(name);
    return { length, open: () => this.chunksOf(name) };
  }

  /** A file without its first octets, which are not read over. */
  async tail(name: ExchangeFile, start: number): Promise<SizedSource> {
    const small = await this.small(name);
    if (small) return bufferSource(Buffer.from(small.subarray(start)));
    const path = join(this.directory, name);
    return storing(path, () => fileSource(path, { start }));
  }

  async read(name: ExchangeFile): Promise<Buffer> {
    const small = await this.small(name);
    if (small) return Buffer.from(small);
    const path = join(this.directory, name);
    return storing(path, () => readFile(path));
  }

  /** Looks for the folder when it is read: until then it may move to its place. */
  private async *chunksOf(name: ExchangeFile): AsyncGenerator<Buffer, void> {
    yield* (await this.fileSource(name)).open();
  }

  private async fileSource(name: ExchangeFile): Promise<SizedSource> {
    const path = join(this.directory, name);
    return storing(path, () => fileSource(path));
  }

  /** The path of a file that holds the bytes; for a small one it is made now. It goes when the exchange goes. */
  async file(name: ExchangeFile): Promise<string> {
    const path = join(this.directory, name);
    const small = await this.small(name);
    if (small) await storing(path, () => this.copyTo(path, small));
    return path;
  }

  /** What has to be written into the journal with the next step. */
  get writes(): FileWrite[] {
    return [...this.pending].map(([name, content]) => ({ name, content }));
  }

  /** The journal has these; what was added meanwhile stays to be written. */
  written(writes: readonly FileWrite[]): void {
    for (const { name, content } of writes) {
      if (this.pending.get(name as ExchangeFile) === content) this.pending.delete(name as ExchangeFile);
      if (content) this.home.recent.add(this.id, name, content);
      else this.home.recent.remove(this.id, name);
    }
  }

  /** Makes the names of added files durable. */
  async syncNames(): Promise<void> {
    if (!this.hasNewNames) return;
    await storing(this.directory, () => syncDirectory(this.directory));
    this.hasNewNames = false;
  }

  /** Moves the folder, if there is one, to its place; durable when this returns. */
  async settle(place: string): Promise<void> {
    if (this.directoryMade) {
      await storing(place, async () => {
        await this.directoryMade;
        await syncDirectory(this.directory);
        await makeDirectoryDurably(dirname(place));
        await rename(this.directory, place);
        await syncDirectory(dirname(place));
      });
    }
    this.hasNewNames = false;
    this.directory = place;
    this.inPlace = true;
  }

  /** Takes the folder back from its place. */
  async unsettle(): Promise<void> {
    const aside = this.home.asideOf(this.id);
    if (this.directoryMade) await rename(this.directory, aside);
    this.directory = aside;
    this.inPlace = false;
  }

  /** Removes the folder, if there is one, with everything in it. */
  async remove(): Promise<void> {
    const aside = this.home.asideOf(this.id);
    this.home.recent.removeAll(this.id);
    await storing(this.directory, async () => {
      if (this.directory !== aside) await rename(this.directory, aside).catch(ignoreMissing);
      await rm(aside, { recursive: true, force: true });
    });
    this.directory = aside;
  }

  /** Octets of all files. */
  async totalBytes(): Promise<number> {
    let total = this.inPlace ? await this.home.journal.fileBytes(this.id) : 0;
    for (const content of this.pending.values()) total += content?.length ?? 0;
    for (const name of await readdir(this.directory).catch(() => [])) {
      total += await stat(join(this.directory, name)).then(
        ({ size }) => size,
        () => 0,
      );
    }
    return total;
  }

  private smallOf(content: Buffer | string | SpilledBytes): Buffer | undefined {
    const buffer =
      typeof content === 'string'
        ? Buffer.from(content)
        : Buffer.isBuffer(content)
          ? Buffer.from(content)
          : content.buffer;
    return buffer && buffer.length <= this.home.smallBytes ? buffer : undefined;
  }

  private async small(name: ExchangeFile): Promise<Buffer | undefined> {
    const pending = this.pending.get(name);
    if (pending !== undefined) return pending ?? undefined;
    if (!this.inPlace) return undefined;
    const recent = this.home.recent.get(this.id, name);
    if (recent) return recent;
    return this.home.journal.readFile(this.id, name);
  }

  private async makeDirectory(): Promise<void> {
    this.directoryMade ??= this.inPlace
      ? makeDirectoryDurably(this.directory)
      : mkdir(this.directory, { recursive: true, mode: 0o700 }).then(() => undefined);
    try {
      await this.directoryMade;
    } catch (error) {
      this.directoryMade = undefined;
      throw error;
    }
  }

  private async copyTo(path: string, content: Buffer): Promise<void> {
    await this.makeDirectory();
    const there = await readFile(path).catch(() => undefined);
    if (there?.equals(content)) return;
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, path);
  }
}

function isNotMissing(error: NodeJS.ErrnoException): boolean {
  ignoreMissing(error);
  return false;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
