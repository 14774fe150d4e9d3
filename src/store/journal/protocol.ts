/** What the journal's thread and the thread of its user say to each other. All of it can be cloned. */

export type SqlValue = string | number | Uint8Array | null;

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
  /** Less or more changed rows than this are a failure (`row-missing`) of the whole request. */
  readonly expectChanges?: number;
}

/** Statements that happen all or not at all. */
export interface Request {
  readonly statements: readonly Statement[];
  readonly writes: boolean;
}

export type Row = Readonly<Record<string, SqlValue>>;

export type FailureCode =
  | 'journal-damaged'
  | 'journal-missing'
  | 'journal-newer'
  | 'row-missing'
  | 'runtime-without-sqlite'
  | 'store-full'
  | 'store-in-use'
  | 'store-unavailable'
  | 'taken';

export interface Failure {
  readonly code: FailureCode;
  readonly reason: string;
}

/** The rows of each statement, or why nothing was done. */
export type Answer = { readonly rows: readonly (readonly Row[])[] } | { readonly failure: Failure };

/** One list of statements for every version of the schema, from nothing to the newest. */
export type Migrations = readonly (readonly string[])[];

export interface OpenOptions {
  readonly path: string;
  readonly migrations: Migrations;
  /** How long another process may take to let go of the journal. */
  readonly patienceMs: number;
  /** A journal up to this size is looked through for damage before it is used, a larger one while it is. */
  readonly checkedBytes: number;
}
