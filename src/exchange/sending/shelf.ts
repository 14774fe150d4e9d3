import type { ExchangeKey, Spool } from '../../store';
import type { OutgoingFacts, OutgoingFolder } from './outgoing-facts';
import { OutgoingMessage } from './outgoing-message';

interface Entry {
  readonly message: OutgoingMessage;
  users: number;
}

/**
 * The messages that somebody works with, each one as one object: an attempt, a receipt that arrives and a cancellation
 * see what the others do. What is not in use is in the journal only.
 */
export class Shelf {
  private readonly entries = new Map<string, Entry>();
  private readonly loading = new Map<string, Promise<OutgoingFolder | undefined>>();
  private readonly watches = new Set<Set<string>>();
  /** Messages that are being settled: their rows may be there before those who settle them know. */
  private readonly arriving = new Map<string, Promise<void>>();

  /** @param onRelease told when somebody has done with a message what was to be done */
  constructor(
    private readonly spool: Spool,
    private readonly onRelease: (message: OutgoingMessage) => void,
  ) {}

  /**
   * The row of a message is about to be written. Until that is over, and it was put here, nobody takes the row for one of
   * before.
   * @returns ends it, whatever came of it
   */
  expect(id: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.arriving.set(id, promise);
    return () => {
      this.arriving.delete(id);
      resolve();
    };
  }

  /** Puts a message there that nobody else can know yet; to be released. */
  put(message: OutgoingMessage): OutgoingMessage {
    this.entries.set(message.id, { message, users: 1 });
    return message;
  }

  /** The message of an id, or undefined; to be released. */
  async load(id: string): Promise<OutgoingMessage | undefined> {
    for (;;) {
      const here = this.use(id);
      if (here) return here;
      const arriving = this.arriving.get(id);
      if (arriving) {
        await arriving;
        continue;
      }
      // All who want it wait for the same reading, so that nobody gets what another one has changed since.
      const folder = await (this.loading.get(id) ?? this.read(id));
      const now = this.use(id);
      if (now) return now;
      if (!folder) return undefined;
      if (this.loading.has(id)) continue;
      return this.put(new OutgoingMessage(folder));
    }
  }

  /** The message of a key, or undefined; to be released. */
  async find(key: ExchangeKey): Promise<OutgoingMessage | undefined> {
    const folder = await this.spool.find<OutgoingFacts>('out', key);
    return folder ? this.load(folder.record.id) : undefined;
  }

  /**
   * Messages by way of a list of folders; those are left out that changed while it was read, or are being settled. To be
   * released.
   */
  async takeAll(list: () => Promise<OutgoingFolder[]>): Promise<OutgoingMessage[]> {
    const changed = new Set<string>();
    this.watches.add(changed);
    try {
      const folders = await list();
      return folders.flatMap((folder) => {
        const { id } = folder.record;
        const here = this.use(id);
        if (here) return [here];
        const isElsewhere = changed.has(id) || this.loading.has(id) || this.arriving.has(id);
        return isElsewhere ? [] : [this.put(new OutgoingMessage(folder))];
      });
    } finally {
      this.watches.delete(changed);
    }
  }

  /** One more works with a message that is in use already. */
  hold(message: OutgoingMessage): void {
    const entry = this.entries.get(message.id);
    if (entry) entry.users++;
    else this.put(message);
  }

  release(message: OutgoingMessage): void {
    const entry = this.entries.get(message.id);
    if (!entry) return;
    if (--entry.users === 0) {
      this.entries.delete(message.id);
      for (const changed of this.watches) changed.add(message.id);
    }
    this.onRelease(message);
  }

  private use(id: string): OutgoingMessage | undefined {
    const entry = this.entries.get(id);
    if (!entry) return undefined;
    entry.users++;
    return entry.message;
  }

  private async read(id: string): Promise<OutgoingFolder | undefined> {
    const reading = this.spool.get<OutgoingFacts>(id);
    this.loading.set(id, reading);
    try {
      return await reading;
    } finally {
      this.loading.delete(id);
    }
  }
}
