import { randomUUID } from 'node:crypto';

/**
 * Sortable by time, unique, and good as a file name everywhere: `20261122T051501123Z-1f3a9c0e`. It is never made of
 * what a partner sent (SEC-10).
 */
export function newExchangeId(now: number): string {
  return `${idTime(now)}-${randomUUID().slice(0, 8)}`;
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
