import { type Disposition, formatDisposition, processed, processedError } from '../../as2';
import { As2Error } from '../../errors';
import { type Clock, systemClock } from '../../store';
import type { ReceiptDecision, ReceivedMessage } from '../types';

export interface PendingReceiptsOptions {
  /** How long the flow may take. Partners wait for a synchronous receipt, often not longer than a minute. */
  readonly timeoutMs: number;
  /** The same for messages whose receipt is asynchronous: nobody waits on the line. Default: `timeoutMs`. */
  readonly asyncTimeoutMs?: number;
  /** What counts when the flow did not decide in time; default: a rejection that says so. */
  readonly onTimeout?: ReceiptDecision;
  readonly clock?: Clock;
}

interface Waiting {
  readonly decide: (decision: ReceiptDecision) => void;
  readonly close: () => void;
}

const TOO_LATE: ReceiptDecision = {
  accept: false,
  text: 'The message arrived, but the receiving application did not confirm it in time. Please send it as a new message.',
};

/**
 * Receipts that the flow decides: between a node that hands messages over and one that accepts or rejects them.
 * A message nobody decides about is decided by the time-out, and safely: nobody has taken responsibility for it, so
 * by default the partner is told that it was not accepted.
 */
export class PendingReceipts {
  private readonly waiting = new Map<string, Waiting>();
  private closed = false;

  constructor(private readonly options: PendingReceiptsOptions) {}

  private get clock(): Clock {
    return this.options.clock ?? systemClock;
  }

  private timeoutFor(delivery: ReceivedMessage['receipt']['delivery'] | undefined): number {
    const { timeoutMs, asyncTimeoutMs = timeoutMs } = this.options;
    return delivery === 'async' ? asyncTimeoutMs : timeoutMs;
  }

  get size(): number {
    return this.waiting.size;
  }

  /**
   * The decision about a message; call it before the message goes out, because a flow may decide at once.
   * @throws As2Error `station-closing` (rejects), when it is closed first or was closed before
   */
  async wait(
    message: Pick<ReceivedMessage, 'exchangeId' | 'messageId' | 'partner'> &
      Partial<Pick<ReceivedMessage, 'receipt'>>,
  ): Promise<ReceiptDecision> {
    const { exchangeId, messageId, partner } = message;
    const { onTimeout = TOO_LATE } = this.options;
    const timeoutMs = this.timeoutFor(message.receipt?.delivery);
    if (this.closed) throw new As2Error('station-closing', { messageId });
    return new Promise<ReceiptDecision>((decide, fail) => {
      const timer = this.clock.setTimeout(() => {
        const disposition = formatDisposition(dispositionOf(onTimeout));
        const seconds = timeoutMs / 1000;
        const reason = new As2Error('receipt-decision-timeout', { messageId, partner, seconds, disposition });
        this.decide(exchangeId, { ...onTimeout, reason })?.catch(() => undefined);
      }, timeoutMs);
      this.waiting.set(exchangeId, {
        decide: (decision) => {
          timer.cancel();
          decide(decision);
        },
        close: () => {
          timer.cancel();
          fail(new As2Error('station-closing', { messageId }));
        },
      });
    });
  }

  /**
   * @returns undefined, when no message waits under that name: decided before, too late, or never seen here. Otherwise
   *   a promise that resolves when the decision is durable and the receipt on its way, and rejects with an As2Error
   *   when it could not be kept; the message then comes again.
   */
  decide(exchangeId: string, decision: ReceiptDecision): Promise<void> | undefined {
    const waiting = this.waiting.get(exchangeId);
    if (!waiting) return undefined;
    this.waiting.delete(exchangeId);
    return new Promise((resolve, reject) => {
      const kept = (error?: As2Error): void => (error ? reject(error) : resolve());
      waiting.decide({ ...decision, kept });
    });
  }

  /** Lets go of all that wait; their partners are told to send again. */
  close(): void {
    this.closed = true;
    for (const { close } of this.waiting.values()) close();
    this.waiting.clear();
  }
}

/** What the receipt says for a decision. */
export function dispositionOf(decision: ReceiptDecision): Disposition {
  return decision.accept ? processed : processedError(decision.modifier ?? 'unexpected-processing-error');
}
