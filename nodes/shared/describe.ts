import { type As2Error, type Details, type Fact, type Facts, toAs2Error } from '../../src/errors';

/** Where the sentences of all errors stand in the catalogues; the build writes them there. */
const CATALOGUE = 'node-red-contrib-as2/as2-out:errors.';

/** The part of `RED` that texts need. */
export interface Texts {
  _(key: string, replacements?: Readonly<Record<string, unknown>>): unknown;
}

/** What an error has in common with one that was stored as JSON. */
export interface Told {
  readonly code: string;
  /** In English. */
  readonly message: string;
  readonly facts?: Facts;
}

/** The sentence of an error in the language of this Node-RED. */
export function describe(RED: Texts, error: Told): string {
  const key = CATALOGUE + error.code;
  // Facts come from partners: they are filled in here, so that i18next never takes them for its own syntax.
  const text = RED._(key, { skipInterpolation: true });
  if (typeof text !== 'string' || text === '' || key.endsWith(text)) return error.message;
  return text.replace(/__(\w+?)__/g, (_place, name: string) => String(error.facts?.[name] ?? '?'));
}

/** What flows find in `msg.as2.error`. */
export interface ErrorReport {
  readonly code: string;
  /** The sentence: what happened and what to do. */
  readonly message: string;
  /** The same things as data. */
  readonly facts: Record<string, Exclude<Fact, undefined>>;
  /** What needs more room, as tables: who signed, for whom it was encrypted, the layers that were reached. */
  readonly details?: Details;
}

export function errorReport(RED: Texts, error: As2Error): ErrorReport {
  const facts = Object.fromEntries(
    Object.entries(error.facts).filter(
      (entry): entry is [string, Exclude<Fact, undefined>] => entry[1] !== undefined,
    ),
  );
  return {
    code: error.code,
    message: describe(RED, error),
    facts,
    ...(error.details ? { details: error.details } : {}),
  };
}

/**
 * The error as Node-RED gives it to Catch nodes: `code` and `cause` are own properties, the message is the sentence
 * alone, and nothing in it resists cloning.
 */
export function flowError(RED: Texts, thrown: unknown): Error & { readonly code: string } {
  const error = toAs2Error(thrown);
  const { cause } = error;
  const told = new Error(
    describe(RED, error),
    cause instanceof Error ? { cause: { message: cause.message } } : undefined,
  );
  // Catch nodes show `String(error)`; without a name that is the sentence.
  told.name = '';
  if (error.stack) told.stack = error.stack;
  return Object.assign(told, { code: error.code });
}
