import type { As2Error } from '../../errors';
import type { Spool } from '../../store';
import { lock } from './lock';
import { outcomeOf } from './outcome';
import type { OutgoingFacts, OutgoingFolder } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';
import { isFinal } from './outgoing-state';
import type { Shelf } from './shelf';
import type { OutboxListener } from '../types';

/** Of what was not told before, so many are read at a time. */
const PAGE = 100;

/**
 * Tells owners what became of their messages: at least once, also after a crash. What is told is noted when the owner
 * has taken it; what nobody listens to waits in the journal.
 */
export class Announcer {
  private readonly listeners = new Map<string, OutboxListener>();
  /** Ids that are being told; true: there is something newer to tell. */
  private readonly telling = new Map<string, boolean>();
  /** Ids of outcomes that were never told, because nobody listened; of all others in the journal that is not known. */
  private readonly fresh = new Set<string>();
  private readonly work = new Set<Promise<void>>();

  constructor(
    private readonly spool: Spool,
    private readonly shelf: Shelf,
  ) {}

  get inWork(): number {
    return this.work.size;
  }

  /** From now on, and first what it was not told yet. @returns ends it */
  attach(owner: string, listener: OutboxListener): () => void {
    this.listeners.set(owner, listener);
    this.track(this.tellMissed(owner, listener));
    return () => {
      if (this.listeners.get(owner) === listener) this.listeners.delete(owner);
    };
  }

  listenerOf({ record }: OutgoingMessage): OutboxListener | undefined {
    return record.owner === undefined ? undefined : this.listeners.get(record.owner);
  }

  /** Tells the final state; returns before the owner has taken it. */
  announce(message: OutgoingMessage, error?: As2Error): void {
    const listener = this.listenerOf(message);
    // It was sent again while it was told: what comes of that is told afterwards.
    if (this.telling.has(message.id)) this.telling.set(message.id, true);
    else if (listener) this.track(this.tell(message, listener, { error, redelivered: false }));
    else if (isUntold(message)) this.fresh.add(message.id);
  }

  /** Waits until everything that is being told is told. */
  async settle(): Promise<void> {
    while (this.work.size > 0) await Promise.allSettled(this.work);
  }

  /** One after the other, in the order in which they came; there may be many, so only some of them are at hand. */
  private async tellMissed(owner: string, listener: OutboxListener): Promise<void> {
    let after: string | undefined;
    for (;;) {
      let page: readonly OutgoingFolder[] = [];
      const missed = await this.shelf.takeAll(async () => {
        page = await this.spool.unreported<OutgoingFacts>('out', owner, { after, limit: PAGE });
        return [...page];
      });
      for (const message of missed) {
        if (this.listeners.get(owner) === listener) {
          await this.tell(message, listener, { redelivered: !this.fresh.delete(message.id) });
        }
        this.shelf.release(message);
      }
      after = page.at(-1)?.record.id;
      if (page.length < PAGE || this.listeners.get(owner) !== listener) return;
    }
  }

  private async tell(
    message: OutgoingMessage,
    listener: OutboxListener,
    { error, redelivered }: { readonly error?: As2Error | undefined; readonly redelivered: boolean },
  ): Promise<void> {
    const { id } = message;
    if (!isUntold(message) || this.telling.has(id)) return;
    this.telling.set(id, false);
    this.shelf.hold(message);
    try {
      const context = await message.context();
      await listener.outcome(outcomeOf(message, error), {
        exchangeId: id,
        redelivered,
        ...(context ? { context } : {}),
        payload: () => message.payload(),
        attachment: (number) => message.attachment(number),
      });
      await lock(this.spool, message, async () => {
        const isLast = this.telling.get(id) === false && isUntold(message);
        if (isLast) await message.folder.note(message.record.state, {}, { unreported: false });
      });
      this.told(message);
    } catch {
      // It stays untold, and is told again when somebody attaches; or to who has attached meanwhile.
      this.told(message);
      const other = this.listenerOf(message);
      if (other && other !== listener) await this.tell(message, other, { redelivered: true });
    } finally {
      this.shelf.release(message);
    }
  }

  private told(message: OutgoingMessage): void {
    const hasMore = this.telling.get(message.id);
    this.telling.delete(message.id);
    if (hasMore) this.announce(message);
  }

  private track(work: Promise<void>): void {
    const tracked = work.catch(() => undefined).finally(() => this.work.delete(tracked));
    this.work.add(tracked);
  }
}

function isUntold({ record }: OutgoingMessage): boolean {
  return record.unreported && isFinal(record);
}
