import type { Failure, FailureCode } from './protocol';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const CORRUPT = 11;
const FULL = 13;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;
/** Extended: two rows want the same place in a unique index. */
const CONSTRAINT_UNIQUE = 2067;

/** A failure that the journal itself has found. */
export class JournalFailure extends Error {
  constructor(
    readonly code: FailureCode,
    reason: string,
  ) {
    super(reason);
  }
}

/** Whether what failed is the one request, and neither the disk nor the database. */
export function isOfRequest(error: unknown): boolean {
  if (error instanceof JournalFailure) return error.code === 'row-missing';
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && (errcode & 0xff) === CONSTRAINT;
}

export function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof JournalFailure) return { code: error.code, reason };
  return { code: codeOf(error), reason };
}

function codeOf(error: unknown): FailureCode {
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode !== 'number')
    return code === 'ENOSPC' || code === 'EDQUOT' ? 'store-full' : 'store-unavailable';
  if (errcode === CONSTRAINT_UNIQUE) return 'taken';
  switch (errcode & 0xff) {
    case CORRUPT:
    case NOT_A_DATABASE:
      return 'journal-damaged';
    case FULL:
      return 'store-full';
    default:
      return 'store-unavailable';
  }
}
