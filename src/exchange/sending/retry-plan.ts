import { type As2Error, type As2ErrorCode } from '../../errors';
import { isWorthRepeating, LONGEST_PAUSE_MS, pauseAfter, RETRY_DEFAULTS, retryAfterMs } from '../retry';
import type { Partner } from '../types';

/** When a partner gets a message again that did not reach it. */
export interface RetryPlan {
  readonly attempts: number;
  readonly pausesMs: readonly number[];
  readonly alsoStatuses: readonly number[];
}

const RECEIPT_TIMEOUT_MS = 30 * 60_000;

/**
 * Beside what `isWorthRepeating` knows of transfers: the answer is no receipt (RCV-06), often the page of a proxy whose
 * server is away; our own disk did not work; the partner is not configured at this moment.
 */
const passing: ReadonlySet<As2ErrorCode> = new Set<As2ErrorCode>([
  'partner-gone',
  'receipt-missing',
  'receipt-unreadable',
  'spill-failed',
  'store-full',
  'store-unavailable',
]);

/** @param pausesMs for partners without own ones */
export function retryPlan(partner: Partner | undefined, pausesMs?: readonly number[]): RetryPlan {
  const { retry = {} } = partner ?? {};
  return {
    attempts: Math.max(1, retry.attempts ?? RETRY_DEFAULTS.attempts),
    pausesMs: [retry.pausesMs, pausesMs].find((own) => own && own.length > 0) ?? RETRY_DEFAULTS.pausesMs,
    alsoStatuses: retry.alsoStatuses ?? [],
  };
}

/** REL-03. */
export function isPassing(error: As2Error, { alsoStatuses }: RetryPlan): boolean {
  if (passing.has(error.code) || isWorthRepeating(error)) return true;
  const { status } = error.facts;
  return typeof status === 'number' && alsoStatuses.includes(status);
}

/**
 * How long to wait after a failed attempt. A server that says when it can be asked again is not asked before.
 * @param attempt how many have failed, from 1
 */
export function pauseBeforeNext(attempt: number, error: As2Error, plan: RetryPlan): number {
  return Math.max(pauseAfter(attempt, plan), retryAfterMs(error) ?? 0);
}

/** RCV-07. */
export function receiptTimeoutMs({ sending }: Partner): number {
  return Math.min(sending.receiptTimeoutMs ?? RECEIPT_TIMEOUT_MS, LONGEST_PAUSE_MS);
}
