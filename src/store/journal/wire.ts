import type { Answer, Failure, OpenOptions, Request, SqlValue } from './protocol';

/**
 * How requests travel between the threads. Cloning what they say costs more than SQLite needs for it, so every text of
 * SQL goes once and is called by its number afterwards, all files go in one piece of memory that is handed over, and what
 * was written is answered with as little as possible.
 */

/** Where a file lies in the bytes of its batch. */
type Place = readonly [start: number, end: number];
type WireValue = Exclude<SqlValue, Uint8Array> | Place;

/** Text (a number when it was sent before), changed rows expected (-1: any), parameters. */
export type WireStatement = readonly [
  text: number | string,
  expectChanges: number,
  parameters: readonly WireValue[],
];
export type WireRequest = readonly [writes: boolean, statements: readonly WireStatement[]];
/** null: written. */
export type WireAnswer = Answer | null;

export interface WireBatch {
  /** Those that are new; the first one has the number of all that were sent before. */
  readonly texts: readonly string[];
  readonly requests: readonly WireRequest[];
  /** All files; handed over, not copied. */
  readonly bytes: Uint8Array<ArrayBuffer>;
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
    const files = new Files();
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
          parameters.map((value) => (value instanceof Uint8Array ? files.add(value) : value)),
        ]),
      ]),
      texts,
      bytes: files.together(),
    };
  }
}

class Files {
  private readonly files: Uint8Array[] = [];
  private length = 0;

  add(file: Uint8Array): Place {
    this.files.push(file);
    const start = this.length;
    this.length += file.length;
    return [start, this.length];
  }

  together(): Uint8Array<ArrayBuffer> {
    // Memory of its own: Node.js lends the one of its pool only.
    const bytes = Buffer.allocUnsafeSlow(this.length);
    let at = 0;
    for (const file of this.files) {
      bytes.set(file, at);
      at += file.length;
    }
    return bytes;
  }
}

/** The side of the journal's thread. */
export class WireReader {
  private readonly texts: string[] = [];

  decode({ texts, requests, bytes }: WireBatch): Request[] {
    this.texts.push(...texts);
    const valueOf = (value: WireValue): SqlValue =>
      typeof value === 'object' && value !== null ? bytes.subarray(...value) : value;
    return requests.map(([writes, statements]) => ({
      writes,
      statements: statements.map(([text, expectChanges, parameters]) => ({
        sql: typeof text === 'string' ? text : (this.texts[text] ?? ''),
        parameters: parameters.map(valueOf),
        ...(expectChanges < 0 ? {} : { expectChanges }),
      })),
    }));
  }
}

/** @param requests those that were answered */
export function wireAnswers(answers: readonly Answer[], requests: readonly Request[]): WireAnswer[] {
  return answers.map((answer, index) => (requests[index]?.writes && 'rows' in answer ? null : answer));
}
