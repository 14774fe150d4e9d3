import { As2Error, toAs2Error } from '../../errors';
import { urlForLog } from '../../http';
import { asStoreError, type Clock, type Spool } from '../../store';
import { receiptFile } from '../receipt-file';
import { restoredError } from '../stored-error';
import type { OutboxOptions, Partner, Relationship } from '../types';
import type { Announcer } from './announcer';
import { isDueAt } from './lanes';
import { lock } from './lock';
import type { OutgoingMessage } from './outgoing-message';
import { decision, isFinal } from './outgoing-state';
import { progressOf } from './progress';
import { isPassing, pauseBeforeNext, receiptTimeoutMs, retryPlan } from './retry-plan';
import { attemptsMade, type Steps } from './steps';
import { transmit, type Transmitted } from './transmission';

/** How long it takes until a disk that did not work is tried again. */
const STORE_PAUSE_MS = 5_000;

interface Parts extends Pick<OutboxOptions, 'directory' | 'pausesMs'> {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly steps: Steps;
  readonly announcer: Announcer;
}

/** What is found out before an attempt. */
type Prepared = { readonly relationship: Relationship } | { readonly error: As2Error };

/** Brings messages to their partners, one attempt at a time, and notes what comes of it. */
export class Delivery {
  private readonly running = new Map<string, AbortController>();
  private readonly cancelled = new Set<string>();
  private readonly closing = new AbortController();

  constructor(private readonly parts: Parts) {}

  /** Makes the attempt that is due, or finds that a receipt is overdue. */
  async handle(message: OutgoingMessage): Promise<void> {
    this.cancelled.delete(message.id);
    const prepared = await this.noting(message, () => this.prepare(message));
    if (!prepared) return;
    const transmitted = await this.attempt(message, prepared);
    await this.noting(message, () => this.conclude(message, transmitted, prepared));
  }

  /**
   * Ends the attempt that is being made; unless it succeeds in that moment, the message is cancelled.
   * @returns to be called when the attempt has ended
   */
  cancel(id: string): () => void {
    this.cancelled.add(id);
    this.running.get(id)?.abort();
    return () => this.cancelled.delete(id);
  }

  /** Ends all attempts; the messages go back into the queue. */
  abort(): void {
    this.closing.abort();
    for (const controller of this.running.values()) controller.abort();
  }

  /** How many messages may go to its partner at one time. */
  mostFor(message: OutgoingMessage): number | undefined {
    const prepared = this.lookUp(message);
    return partnerOf(prepared)?.parallel;
  }

  /** @returns undefined, when there is no attempt to be made */
  private async prepare(message: OutgoingMessage): Promise<Prepared | undefined> {
    const { steps, clock } = this.parts;
    const { state, dueAt } = message.record;
    const prepared = this.lookUp(message);
    // Settled as being sent.
    if (state === 'sending') return prepared;
    // A receipt or our user may have been faster.
    if (dueAt === undefined || !isDueAt(dueAt, clock.now())) return undefined;
    if (state === 'awaiting-receipt' && !(await this.resendsOverdue(message, prepared))) return undefined;
    await steps.begin(message);
    return prepared;
  }

  /** The partner as it is configured now. */
  private lookUp(message: OutgoingMessage): Prepared {
    const { from, to } = message.record.key;
    const { messageId, partner } = message.facts;
    try {
      const relationship = this.parts.directory.find({ from: to, to: from, partner });
      if (relationship) return { relationship };
      return { error: new As2Error('partner-gone', { messageId, partner, from, to }) };
    } catch (error) {
      return { error: toAs2Error(error) };
    }
  }

  /** RCV-07. @returns whether the message is sent again; else it has failed */
  private async resendsOverdue(message: OutgoingMessage, prepared: Prepared): Promise<boolean> {
    const { steps, pausesMs } = this.parts;
    const partner = partnerOf(prepared);
    const error = await overdueError(message);
    steps.emitterOf(message)('receipt-overdue', { error, attempt: message.record.attempts });
    const hasAttempts = attemptsMade(message) < retryPlan(partner, pausesMs).attempts;
    if (partner?.sending.receiptOverdue === 'resend' && hasAttempts) return true;
    await steps.fail(message, error);
    return false;
  }

  private async attempt(message: OutgoingMessage, prepared: Prepared): Promise<Transmitted> {
    if ('error' in prepared) return { facts: {}, error: prepared.error };
    const { steps, announcer, clock } = this.parts;
    const { id, sizeBytes } = message;
    const controller = new AbortController();
    let resumed = 0;
    this.running.set(id, controller);
    if (this.closing.signal.aborted || this.cancelled.has(id)) controller.abort();
    try {
      return await transmit({
        message,
        clock,
        relationship: prepared.relationship,
        emit: steps.emitterOf(message),
        connection: message.record.attempts > 1 ? 'fresh' : 'kept',
        signal: controller.signal,
        onSent: progressOf(sizeBytes, clock, (sentBytes) => {
          const again = resumed > 0 ? { resumed } : {};
          const told = { exchangeId: id, sentBytes, totalBytes: sizeBytes, ...again };
          announcer.listenerOf(message)?.progress?.(told);
        }),
        onResumed: () => {
          resumed++;
        },
      });
    } finally {
      this.running.delete(id);
    }
  }

  private async conclude(
    message: OutgoingMessage,
    transmitted: Transmitted,
    prepared: Prepared,
  ): Promise<void> {
    // RCV-05: an asynchronous receipt was faster than the answer.
    if (isFinal(message.record)) return;
    const { steps } = this.parts;
    const { facts: known, answer, error, awaitsReceipt } = transmitted;
    if (answer) await message.folder.add('receipt', receiptFile(answer.headers, answer.body));
    const decided = { ...known, ...decision(message, known.receipt) };
    if (!error && !awaitsReceipt) return steps.complete(message, decided);
    if (this.cancelled.has(message.id)) return steps.cancel(message, known);
    const partner = partnerOf(prepared);
    const plan = retryPlan(partner, this.parts.pausesMs);
    const { attempts } = plan;
    if (!error) {
      const waitsMs = partner ? receiptTimeoutMs(partner) : 0;
      return steps.awaitReceipt(message, { waitsMs, attempts, known });
    }
    if (error.code === 'send-aborted') return steps.putBack(message, known);
    const made = attemptsMade(message);
    const isAgain = 'error' in prepared || isPassing(error, plan);
    if (!isAgain || made >= attempts) return steps.fail(message, error, decided);
    return steps.retry(message, error, { waitsMs: pauseBeforeNext(made, error, plan), attempts, known });
  }

  /**
   * Takes a step as soon as the disk takes it: what is known after an attempt must not be lost, and while nothing can
   * be noted nothing new should be sent.
   */
  private async noting<T>(message: OutgoingMessage, step: () => Promise<T>): Promise<T | undefined> {
    const { spool, steps } = this.parts;
    for (;;) {
      try {
        return await lock(spool, message, step);
      } catch (reason) {
        const error = asStoreError(reason, spool.directory);
        // Its row is gone, or damaged: waiting would not bring it back.
        const isLost = error?.code === 'exchange-unreadable';
        if (!error || isLost) return this.giveUp(message, error ?? toAs2Error(reason));
        // The next process finds it as it was.
        if (this.closing.signal.aborted) return undefined;
        steps.waiting(message, { error });
        await this.pause();
      }
    }
  }

  /** What is stored cannot be understood; trying again would find the same. */
  private async giveUp(message: OutgoingMessage, error: As2Error): Promise<undefined> {
    const { spool, steps } = this.parts;
    try {
      await lock(spool, message, () => steps.fail(message, error));
    } catch {
      steps.emitterOf(message)('send-failed', { error });
    }
  }

  /** Ends early when we stop. */
  private async pause(): Promise<void> {
    const { signal } = this.closing;
    await new Promise<void>((resolve) => {
      const timer = this.parts.clock.setTimeout(resolve, STORE_PAUSE_MS);
      signal.addEventListener(
        'abort',
        () => {
          timer.cancel();
          resolve();
        },
        { once: true },
      );
    });
  }
}

function partnerOf(prepared: Prepared): Partner | undefined {
  return 'relationship' in prepared ? prepared.relationship.partner : undefined;
}

/** What the message has failed with when nothing more comes: also why a receipt that came does not count. */
async function overdueError(message: OutgoingMessage): Promise<As2Error> {
  const { error, messageId, partner, sentAt } = message.facts;
  if (error) return restoredError(error);
  const waitedMs = (message.record.dueAt ?? 0) - Date.parse(sentAt ?? '');
  return new As2Error('receipt-overdue', {
    messageId,
    partner,
    minutes: Math.max(1, Math.round(waitedMs / 60_000)),
    url: await receiptUrlOf(message),
  });
}

/** For texts: without a login of ours that may stand in it. */
async function receiptUrlOf(message: OutgoingMessage): Promise<string | undefined> {
  const headers = await message.headers().catch(() => undefined);
  const url = headers?.get('Receipt-Delivery-Option');
  return url === undefined ? undefined : urlForLog(url);
}
