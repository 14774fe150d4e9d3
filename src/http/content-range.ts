import type { Headers } from '../mime';

/** Which octets of a body a request carries (RFC 9110 §14.4, RST-03). Positions begin at 0; `last` is included. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  /** Absent while the sender does not know it. */
  readonly total?: number;
}

/** The unit is missing in requests of senders that follow the first draft of AS2 Restart. */
const RANGE = /^(?:bytes\s*[ =:]\s*)?(\d{1,15})\s*-\s*(\d{1,15})\s*\/\s*(\d{1,15}|\*)$/i;
const UNSATISFIED = /^(?:bytes\s*[ =:]\s*)?\*\s*\/\s*(\d{1,15})$/i;

/** @returns undefined without the field; `unreadable` for one that says nothing sensible */
export function parseContentRange(headers: Headers): ContentRange | 'unreadable' | undefined {
  const value = headers.get('Content-Range');
  if (value === undefined) return undefined;
  const found = RANGE.exec(value.trim());
  if (!found) return 'unreadable';
  const [first, last, total] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (first > last || last >= total) return 'unreadable';
  return Number.isNaN(total) ? { first, last } : { first, last, total };
}

/** From an octet to the end. */
export function formatContentRange(first: number, total: number): string {
  return `bytes ${first}-${total - 1}/${total}`;
}

/** How many octets are there, in an answer with status 416 (RST-04). */
export function heldOf(headers: Headers): number | undefined {
  const held = UNSATISFIED.exec(headers.get('Content-Range')?.trim() ?? '')?.[1];
  return held === undefined ? undefined : Number(held);
}
