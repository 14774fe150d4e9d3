import type { ExchangeRecord } from '../../store';
import type { ReceiptReport } from '../types';
import type { OutgoingFacts } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';

/** The states of a message that goes through the outbox. */
export type OutgoingState =
  /** Durable, not tried yet. */
  | 'queued'
  /** An attempt is being made; found after a restart, it is made again. */
  | 'sending'
  /** An attempt failed, another one has its time. */
  | 'retrying'
  /** The partner has it; `dueAt` is when its receipt is overdue. */
  | 'awaiting-receipt'
  | 'completed'
  | 'failed'
  | 'cancelled';

const final: ReadonlySet<string> = new Set<OutgoingState>(['completed', 'failed', 'cancelled']);

export function isFinal({ state }: Pick<ExchangeRecord, 'state'>): boolean {
  return final.has(state);
}

/** Whether a receipt may still decide: also of a message that was given up because none came (RCV-07). */
export function isOpenToReceipt({ state, facts }: ExchangeRecord<OutgoingFacts>): boolean {
  if (facts.receiptWanted === 'none' || facts.decidedByReceipt) return false;
  return state === 'failed' || !final.has(state);
}

/**
 * Whether our user may have it sent again: the same bytes and Message-ID, for which a partner that recognises repeats
 * sends its first receipt again. Not when a receipt proves that the partner has it: then a new message is meant.
 */
export function isResendable({ state, facts }: ExchangeRecord<OutgoingFacts>): boolean {
  return state !== 'sending' && !(state === 'completed' && facts.receiptWanted !== 'none');
}

/** Whether a receipt has the last word: not when it proves nothing although a signed one was asked for. */
export function counts({ facts }: OutgoingMessage, receipt: ReceiptReport): boolean {
  return receipt.signed || facts.receiptWanted !== 'signed';
}

export function decision(
  message: OutgoingMessage,
  receipt: ReceiptReport | undefined,
): Pick<OutgoingFacts, 'decidedByReceipt'> {
  return receipt && counts(message, receipt) ? { decidedByReceipt: true } : {};
}
