import { randomInt } from 'node:crypto';

/** Ids of one millisecond begin in the lower half of what eight digits can say, and go up in steps below this. */
const LONGEST_STEP = 2 ** 16;

/** The last one that was made. */
let last = { time: Number.NaN, number: 0 };

/**
 * Sortable by the order in which they were made, unique, and good as a file name everywhere:
 * `20261122T051501123Z-1f3a9c0e`. It is never made of what a partner sent (SEC-10).
 */
export function newExchangeId(now: number): string {
  const isNext = now === last.time && last.number < 2 ** 32 - LONGEST_STEP;
  const number = isNext ? last.number + randomInt(1, LONGEST_STEP) : randomInt(2 ** 31);
  last = { time: now, number };
  return `${idTime(now)}-${number.toString(16).padStart(8, '0')}`;
}

/** The start of all ids made at this time, or the least of them: `20261122T051501123Z`. */
export function idTime(time: number): string {
  return new Date(time).toISOString().replace(/[-:.]/g, '');
}

/** Milliseconds since 1970, or undefined when the name is none of ours. */
export function timeOfId(id: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}$/.exec(id);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, ms] = parts.map(Number) as [number, ...number[]];
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, ms);
}

/** The folder of the day in which an exchange lies: `20261122`. */
export function dayOf(id: string): string {
  return id.slice(0, 8);
}
