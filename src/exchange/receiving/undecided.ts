import type { ExchangeKey, Spool } from '../../store';
import type { Reply } from './reply';

/**
 * Messages that the flow has and that are not decided. All receivers of a spool share them: a repeat may come to
 * another address than the message.
 */
export class Undecided {
  private static readonly bySpool = new WeakMap<Spool, Undecided>();
  private readonly replies = new Map<string, Promise<Reply>>();

  private constructor() {}

  static of(spool: Spool): Undecided {
    const undecided = this.bySpool.get(spool) ?? new Undecided();
    this.bySpool.set(spool, undecided);
    return undecided;
  }

  /** What the sender will get, when the flow has the message at this moment. */
  replyFor(key: ExchangeKey): Promise<Reply> | undefined {
    return this.replies.get(nameOf(key));
  }

  add(key: ExchangeKey, reply: Promise<Reply>): void {
    const name = nameOf(key);
    const forget = (): void => void this.replies.delete(name);
    this.replies.set(name, reply);
    reply.then(forget, forget);
  }
}

function nameOf({ from, to, messageId }: ExchangeKey): string {
  return JSON.stringify([from, to, messageId]);
}
