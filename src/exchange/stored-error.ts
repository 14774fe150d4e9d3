import { As2Error, type As2ErrorCode, type Details, errorTexts, type Facts } from '../errors';

/** An error as JSON, as the journal keeps it: what happened and what to change. */
export interface StoredError {
  readonly code: string;
  readonly message: string;
  readonly facts?: Facts;
  readonly details?: Details;
}

/** Tables beyond this are left away; hostile messages name recipients and signers without end. */
const LONGEST_DETAILS = 16 * 1024;

export function storedError({ code, message, facts, details }: As2Error): StoredError {
  const kept = details && bounded(details);
  return { code, message, facts, ...(kept ? { details: kept } : {}) };
}

/** The error again, after a restart; a code that this version does not know becomes `unexpected`. */
export function restoredError({ code, message, facts = {}, details }: StoredError): As2Error {
  if (!Object.hasOwn(errorTexts, code)) return new As2Error('unexpected', { reason: message });
  // The facts of an error of that code were complete when it was stored.
  return new As2Error(code as As2ErrorCode, facts as never, { details });
}

function bounded(details: Details): Details {
  let left = LONGEST_DETAILS;
  const kept = Object.entries(details).map(([name, rows]): [string, readonly Facts[]] => [
    name,
    rows.filter((row) => (left -= JSON.stringify(row).length) >= 0),
  ]);
  return Object.fromEntries(kept.filter(([, rows]) => rows.length > 0));
}
