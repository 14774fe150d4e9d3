import type { Answer, Failure, OpenOptions, Request, SqlValue } from './protocol';

/**
 * How requests travel between the threads. Cloning what they say costs more than SQLite needs for it, so every text of
 * SQL goes once and is called by its number afterwards, and what was written is answered with as little as possible.
 */

/** Text (a number when it was sent before), changed rows expected (-1: any), parameters. */
export type WireStatement = readonly [
  text: number | string,
  expectChanges: number,
  parameters: readonly SqlValue[],
];
export type WireRequest = readonly [writes: boolean, statements: readonly WireStatement[]];
/** null: written. */
export type WireAnswer = Answer | null;

export interface WireBatch {
  /** Those that are new; the first one has the number of all that were sent before. */
  readonly texts: readonly string[];
  readonly requests: readonly WireRequest[];
}

export type ToWorker =
  | { readonly type: 'open'; readonly options: OpenOptions }
  | ({ readonly type: 'batch' } & WireBatch)
  | { readonly type: 'close' };

export type FromWorker =
  /** `isChecked`: it was not too large to be looked through at once. */
  | { readonly type: 'opened'; readonly isChecked: boolean; readonly failure?: Failure }
  /** `broken`: the database cannot be used any more; the thread ends. */
  | { readonly type: 'answers'; readonly answers: readonly WireAnswer[]; readonly broken?: boolean };

/** The statements that vary with their filters are many; the most common ones come first. */
const MOST_TEXTS = 500;

/** The side of the journal's user. */
export class WireWriter {
  private readonly numbers = new Map<string, number>();

  encode(requests: readonly Request[]): WireBatch {
    const texts: string[] = [];
    const numberOf = (sql: string): number | string => {
      const known = this.numbers.get(sql);
      if (known !== undefined) return known;
      if (this.numbers.size >= MOST_TEXTS) return sql;
      const number = this.numbers.size;
      this.numbers.set(sql, number);
      texts.push(sql);
      return number;
    };
    return {
      requests: requests.map(({ writes, statements }) => [
        writes,
        statements.map(({ sql, expectChanges = -1, parameters }) => [
          numberOf(sql),
          expectChanges,
          parameters,
        ]),
      ]),
      texts,
    };
  }
}

/** The side of the journal's thread. */
export class WireReader {
  private readonly texts: string[] = [];

  decode({ texts, requests }: WireBatch): Request[] {
    this.texts.push(...texts);
    return requests.map(([writes, statements]) => ({
      writes,
      statements: statements.map(([text, expectChanges, parameters]) => ({
        sql: typeof text === 'string' ? text : (this.texts[text] ?? ''),
        parameters,
        ...(expectChanges < 0 ? {} : { expectChanges }),
      })),
    }));
  }
}

/** @param requests those that were answered */
export function wireAnswers(answers: readonly Answer[], requests: readonly Request[]): WireAnswer[] {
  return answers.map((answer, index) => (requests[index]?.writes && 'rows' in answer ? null : answer));
}
