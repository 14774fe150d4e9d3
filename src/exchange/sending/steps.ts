import { As2Error } from '../../errors';
import type { Clock } from '../../store';
import { type Emit, emitterFor } from '../events';
import { storedError } from '../stored-error';
import type { ExchangeEvent } from '../types';
import type { Announcer } from './announcer';
import type { OutgoingFacts } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';
import type { OutgoingState } from './outgoing-state';

type Known = Partial<OutgoingFacts>;

/** Until something happens again by itself. */
interface Pause {
  readonly waitsMs: number;
  /** How many will be made at most. */
  readonly attempts: number;
  readonly known: Known;
}

/** The steps of a message from state to state: noted durably, then reported. Whoever calls them holds its lock. */
export class Steps {
  constructor(
    private readonly announcer: Announcer,
    private readonly clock: Clock,
    private readonly onEvent: ((event: ExchangeEvent) => void) | undefined,
  ) {}

  /** Reports what happens to a message. */
  emitterOf({ id, record, facts }: OutgoingMessage): Emit {
    const { from, to } = record.key;
    const { messageId, partner } = facts;
    return emitterFor(this.onEvent, 'out', { exchangeId: id, messageId, from, to, partner });
  }

  /** An attempt begins. Its number may be forgotten in a power failure, and the attempt is then made again. */
  async begin(message: OutgoingMessage): Promise<void> {
    const step = { dueAt: null, attempts: message.record.attempts + 1 };
    await message.folder.note('sending' satisfies OutgoingState, {}, step);
  }

  async complete(message: OutgoingMessage, known: Known): Promise<void> {
    await this.end(message, 'completed', { ...known, error: undefined });
    this.emitterOf(message)('send-completed', attemptOf(message));
    this.announcer.announce(message);
  }

  async fail(message: OutgoingMessage, error: As2Error, known: Known = {}): Promise<void> {
    await this.end(message, 'failed', { ...known, error: storedError(error) });
    this.emitterOf(message)('send-failed', { error, ...attemptOf(message) });
    this.announcer.announce(message, error);
  }

  async cancel(message: OutgoingMessage, known: Known = {}): Promise<void> {
    const { messageId, partner } = message.facts;
    const { attempts } = message.record;
    const error = new As2Error('send-cancelled', { messageId, partner, attempts });
    await this.end(message, 'cancelled', { ...known, error: storedError(error) });
    this.emitterOf(message)('send-cancelled', attemptOf(message));
    this.announcer.announce(message, error);
  }

  async retry(message: OutgoingMessage, error: As2Error, { waitsMs, attempts, known }: Pause): Promise<void> {
    const dueAt = this.clock.now() + waitsMs;
    const facts = { ...known, error: storedError(error) };
    const detail = { ...summary(message, known, error), dueAt };
    await message.folder.advance('retrying' satisfies OutgoingState, facts, { dueAt, detail });
    const nextAttemptAt = new Date(dueAt).toISOString();
    this.emitterOf(message)('send-retry', { error, nextAttemptAt, ...attemptOf(message) });
    this.waiting(message, { attempts, nextAttemptAt, error });
  }

  async awaitReceipt(message: OutgoingMessage, { waitsMs, attempts, known }: Pause): Promise<void> {
    const dueAt = this.clock.now() + waitsMs;
    const detail = { ...summary(message, known), dueAt };
    await message.folder.advance(
      'awaiting-receipt' satisfies OutgoingState,
      { ...known, error: undefined },
      { dueAt, detail },
    );
    const nextAttemptAt = new Date(dueAt).toISOString();
    this.emitterOf(message)('receipt-awaited', { nextAttemptAt, ...attemptOf(message) });
    this.waiting(message, { attempts, nextAttemptAt, awaitingReceipt: true });
  }

  /** A receipt came that proves nothing: it is kept, and the message waits on. */
  async keepRefused(message: OutgoingMessage, error: As2Error, known: Known): Promise<void> {
    const { record } = message;
    const detail = { ...summary(message, known, error), receipt: 'refused' };
    await message.folder.advance(record.state, { ...known, error: storedError(error) }, { detail });
    if (record.state === ('awaiting-receipt' satisfies OutgoingState)) {
      this.waiting(message, {
        error,
        awaitingReceipt: true,
        ...(record.dueAt === undefined ? {} : { nextAttemptAt: new Date(record.dueAt).toISOString() }),
      });
    }
  }

  /** The attempt was ended because we stop; it does not count. */
  async putBack(message: OutgoingMessage, known: Known): Promise<void> {
    const attempts = message.record.attempts - 1;
    const step = { dueAt: this.clock.now(), attempts };
    await message.folder.advance((attempts > 0 ? 'retrying' : 'queued') satisfies OutgoingState, known, step);
  }

  /** The same bytes and Message-ID again, with a schedule that begins anew. */
  async again(message: OutgoingMessage): Promise<void> {
    const { attempts } = message.record;
    const unknown = { httpStatus: undefined, receipt: undefined, error: undefined };
    const facts = { ...unknown, scheduleFrom: attempts, decidedByReceipt: false };
    await message.folder.advance('queued' satisfies OutgoingState, facts, {
      dueAt: this.clock.now(),
      unreported: false,
    });
    this.emitterOf(message)('send-again');
  }

  waiting(
    message: OutgoingMessage,
    info: {
      readonly attempts?: number;
      readonly nextAttemptAt?: string;
      readonly error?: As2Error;
      readonly awaitingReceipt?: boolean;
    },
  ): void {
    const attempt = attemptsMade(message);
    const { messageId } = message.facts;
    try {
      this.announcer.listenerOf(message)?.waiting?.({ exchangeId: message.id, messageId, attempt, ...info });
    } catch {
      // A listener must not change the course of the exchange (law 8).
    }
  }

  private async end(message: OutgoingMessage, to: OutgoingState, facts: Known): Promise<void> {
    const { error } = facts;
    const detail = summary(message, facts, error);
    const isOwned = message.record.owner !== undefined;
    await message.folder.advance(to, facts, { dueAt: null, unreported: isOwned, detail });
  }
}

/** In the schedule that counts now: the last time it began, and not before. */
export function attemptsMade({ record, facts }: OutgoingMessage): number {
  return record.attempts - (facts.scheduleFrom ?? 0);
}

function attemptOf(message: OutgoingMessage): { attempt: number } {
  return { attempt: message.record.attempts };
}

/** For the history: what was found out in this step. */
function summary(
  { record }: OutgoingMessage,
  { httpStatus, receipt }: Known,
  error?: { readonly code: string; readonly message: string },
): object {
  return {
    attempt: record.attempts,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(receipt ? { disposition: receipt.disposition } : {}),
    ...(error ? { error: { code: error.code, message: error.message } } : {}),
  };
}
