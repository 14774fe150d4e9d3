import { type As2ErrorCode, isAs2Error, toAs2Error } from '../errors';

/** How often, and after which pauses, something is sent that did not get through (REL-08). */
export interface RetryPlan {
  /** All attempts, the first one too. */
  readonly attempts: number;
  /** Before the second attempt, the third one and so on; the last pause is used for all that follow. */
  readonly pausesMs: readonly number[];
}

const MINUTE_MS = 60_000;

export const RETRY_DEFAULTS: RetryPlan = {
  attempts: 10,
  pausesMs: [1, 5, 10, 20, 40, 60].map((minutes) => minutes * MINUTE_MS),
};

/** No pause is longer: a due time further away than 7 days counts as the fault of a clock. */
export const LONGEST_PAUSE_MS = 6 * 24 * 60 * MINUTE_MS;

/** A server that wants more is not waited for that long: its operator may have mistyped. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * MINUTE_MS;

/** So that many messages which failed together do not come back together. */
const JITTER = 0.2;

/**
 * The pause after an attempt, in milliseconds, with up to 20 % more or less.
 * @param attempt that has just failed; the first one is 1
 */
export function pauseAfter(
  attempt: number,
  { pausesMs }: Pick<RetryPlan, 'pausesMs'>,
  random: () => number = Math.random,
): number {
  const pause = pausesMs[Math.min(attempt, pausesMs.length) - 1] ?? MINUTE_MS;
  const varied = pause * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.min(Math.max(varied, 0), LONGEST_PAUSE_MS));
}

/**
 * Refusals that the same bytes would meet again: a redirection and the 4xx that do not say "later" (REL-03), and
 * settings with which nothing leaves our house.
 */
const FINAL: ReadonlySet<As2ErrorCode> = new Set([
  'http-address-refused',
  'http-credentials-need-tls',
  'http-forbidden',
  'http-header-not-allowed',
  'http-length-required',
  'http-method-refused',
  'http-not-found',
  'http-redirected',
  'http-redirects-too-many',
  'http-refused',
  'http-too-large',
  'http-unauthorized',
  'http-url-invalid',
  'proxy-refused',
  'proxy-unauthorized',
  'proxy-url-invalid',
  'tls-options-unreadable',
  'tls-pin-unreadable',
  'tls-verification-off',
]);

/** Whether a transfer that failed this way can succeed later: the other side was not reached, or has no time. */
export function isWorthRepeating(error: unknown): boolean {
  const { code } = toAs2Error(error);
  return /^(?:http|proxy|tls)-/.test(code) && !FINAL.has(code);
}

/** What the other side asks us to wait (Retry-After), in milliseconds; at most a day. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!isAs2Error(error)) return undefined;
  const { retryAfterSeconds } = error.facts;
  if (typeof retryAfterSeconds !== 'number') return undefined;
  return Math.min(retryAfterSeconds * 1000, LONGEST_RETRY_AFTER_MS);
}
