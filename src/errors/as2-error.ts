import { safeText } from './safe-text';
import { errorTexts } from './texts';

/** The stable name of a failure; a `switch` over it narrows. */
export type As2ErrorCode = keyof typeof errorTexts;

export type Fact = string | number | boolean | undefined;
export type Facts = Readonly<Record<string, Fact>>;

/** What does not fit into one value, as named tables: who signed, for whom it was encrypted. Plain JSON. */
export type Details = Readonly<Record<string, readonly Facts[]>>;

/** More rows than people read; a message can name any number of recipients. */
const MOST_ROWS = 50;

type Places<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Places<Rest>
  : never;

/** The facts an error of this code needs, because its sentence names them; more may be given. */
export type FactsOf<Code extends As2ErrorCode> = Record<Places<(typeof errorTexts)[Code]>, Fact> & Facts;

/**
 * The one error of the package. `message` is a sentence for the user and says what to do, `facts` are the same
 * things as data, `details` what needs more room than a sentence has, `cause` keeps what lay underneath. `code` is an
 * own property: Node-RED hands it to Catch nodes.
 */
export class As2Error<Code extends As2ErrorCode = As2ErrorCode> extends Error {
  override readonly name: string;
  readonly code: Code;
  readonly facts: Facts;
  declare readonly details?: Details;

  constructor(
    code: Code,
    facts: FactsOf<Code>,
    { details, ...options }: { readonly cause?: unknown; readonly details?: Details | undefined } = {},
  ) {
    const safe = safeFacts(facts);
    super(fillText(errorTexts[code], safe), options);
    this.name = 'As2Error';
    this.code = code;
    this.facts = safe;
    if (details) this.details = safeDetails(details);
  }
}

/** The same error with more to tell; where it was thrown stays visible. */
export function withMore(
  error: As2Error,
  { facts, details }: { readonly facts?: Facts; readonly details?: Details },
): As2Error {
  // The facts of an error of that code are complete already.
  const all = { ...error.facts, ...facts } as unknown as FactsOf<As2ErrorCode>;
  const more = new As2Error(error.code, all, {
    cause: error.cause,
    details: details ? { ...error.details, ...details } : error.details,
  });
  if (error.stack !== undefined) more.stack = error.stack;
  return more;
}

/** Puts the facts into the `{name}` places of a text; a place without a fact stays visible as `?`. */
export function fillText(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (_place, name: string) => String(facts[name] ?? '?'));
}

export function isAs2Error(error: unknown): error is As2Error {
  return error instanceof As2Error;
}

/** The same failure as an As2Error; something foreign becomes `unexpected` with its own words as the reason. */
export function toAs2Error(error: unknown): As2Error {
  if (isAs2Error(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new As2Error('unexpected', { reason }, { cause: error });
}

function safeFacts(facts: Facts): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'string' ? safeText(fact) : fact]),
  );
}

function safeDetails(details: Details): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, rows]) => [
      name,
      rows.slice(0, MOST_ROWS).map((row) => withoutGaps(safeFacts(row))),
    ]),
  );
}

function withoutGaps(facts: Facts): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
}
