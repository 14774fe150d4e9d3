/**
 * What a receipt says about a message (RFC 4130 §7.4.3):
 * `<action-mode>/<sending-mode>; <type>[/<modifier>[: <description>]]`.
 */
export interface Disposition {
  /** `automatic-action` or `manual-action`; it never changes the outcome (DSP-02). */
  readonly actionMode?: string;
  /** `MDN-sent-automatically` or `MDN-sent-manually`. */
  readonly sendingMode?: string;
  /** In lower case: `processed`, `failed`, or what a partner wrote; absent when it is missing. */
  readonly type?: string;
  /** In lower case: `error`, `failure`, `warning`, or what a partner wrote. */
  readonly modifier?: string;
  /** The text after the modifier, as written. */
  readonly description?: string;
}

/** Longest description we send (DSP-18). */
const LONGEST_DESCRIPTION = 200;

/** The message was taken (DSP-01). */
export const processed: Disposition = {
  actionMode: 'automatic-action',
  sendingMode: 'MDN-sent-automatically',
  type: 'processed',
};

/** The message was not taken, for a reason that lies in the message (RFC 4130 §7.5.4). */
export function processedError(description: string): Disposition {
  return { ...processed, modifier: 'error', description };
}

/** The message was taken, with a remark (RFC 4130 §7.5.5). */
export function processedWarning(description: string): Disposition {
  return { ...processed, modifier: 'warning', description };
}

/** The receipt itself cannot be given as it was asked for (RFC 4130 §7.5.3, DSP-12). */
export function failedFailure(description: string): Disposition {
  return { ...processed, type: 'failed', modifier: 'failure', description };
}

/** The value of a Disposition field, on one line (DSP-01). */
export function formatDisposition(disposition: Disposition): string {
  const {
    actionMode = processed.actionMode,
    sendingMode = processed.sendingMode,
    type = 'failed',
  } = disposition;
  return `${actionMode}/${sendingMode}; ${type}${formatModifier(disposition)}`;
}

function formatModifier({ modifier, description }: Disposition): string {
  if (modifier === undefined) return '';
  const text = (description ?? '')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, LONGEST_DESCRIPTION);
  return text === '' ? `/${modifier}` : `/${modifier}: ${text}`;
}

/** `automatic-action / MDN-sent-automatically`, then the rest; the semicolon is sometimes forgotten. */
const MODES = /^([a-z-]+)\s*\/\s*(mdn-sent-[a-z]+)\s*;?\s*(.*)$/is;
/** Modes no standard knows, recognised by the semicolon (DSP-02). */
const FOREIGN_MODES = /^([^;/]*)(?:\/([^;]*))?;\s*(.*)$/s;

/** What stands after the modes; the first shape that fits counts. */
const SHAPES: readonly { readonly shape: RegExp; readonly read: (match: RegExpExecArray) => Disposition }[] =
  [
    // processed
    { shape: /^([a-z-]+)$/i, read: ([, type = '']) => ({ type: type.toLowerCase() }) },
    // error: decryption-failed (the type is missing, DSP-17)
    {
      shape: /^(error|failure|warning)\s*[:/]?\s*(.*)$/is,
      read: ([, modifier = '', description = '']) => withModifier(undefined, [modifier], description),
    },
    // processed/error,warning (the list of RFC 8098 §3.2.6)
    {
      shape: /^([a-z-]+)\s*\/\s*([a-z-]+(?:\s*,\s*[a-z-]+)+)$/i,
      read: ([, type = '', modifiers = '']) => withModifier(type, modifiers.split(','), ''),
    },
    // processed/error: decryption-failed; processed/Error/decryption-failed; processed/error decryption-failed
    {
      shape: /^([a-z-]+)\s*\/\s*([a-z-]+)\s*[:/,]?\s*(.*)$/is,
      read: ([, type = '', modifier = '', description = '']) => withModifier(type, [modifier], description),
    },
  ];

/**
 * Reads the value of a Disposition field, however it is written (part H of the conformance list). It never throws:
 * what fits no shape becomes an unknown type, which is negative.
 */
export function parseDisposition(field: string): Disposition {
  const text = field
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^"(.*)"$/, '$1');
  const { modes, rest } = splitModes(text);
  const stated = withoutSemicolons(stripComment(rest));
  for (const { shape, read } of SHAPES) {
    const match = shape.exec(stated);
    if (match) return { ...modes, ...read(match) };
  }
  return stated === '' ? modes : { ...modes, type: stated.toLowerCase() };
}

/**
 * Whether the partner took the message (DSP-17): processed without a modifier or with a warning. The types
 * `displayed` and `dispatched` of e-mail count as received (DSP-03). Everything else is negative.
 */
export function isPositive({ type, modifier }: Disposition): boolean {
  if (type === 'processed') return modifier === undefined || modifier === 'warning';
  return (type === 'displayed' || type === 'dispatched') && modifier === undefined;
}

function splitModes(text: string): { modes: Disposition; rest: string } {
  const [, actionMode, sendingMode, rest] = MODES.exec(stripComment(text)) ?? FOREIGN_MODES.exec(text) ?? [];
  if (rest === undefined) return { modes: {}, rest: text };
  return { modes: definedModes(actionMode?.trim(), sendingMode?.trim()), rest };
}

/** Without semicolons and blanks at the end; linear in the length of the text. */
function withoutSemicolons(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ';' || text[end - 1] === ' ')) end -= 1;
  return text.slice(0, end);
}

function definedModes(actionMode: string | undefined, sendingMode: string | undefined): Disposition {
  return { ...(actionMode ? { actionMode } : {}), ...(sendingMode ? { sendingMode } : {}) };
}

/** A comment of RFC 5322 may stand between the tokens; the description of a modifier keeps its parentheses. */
function stripComment(text: string): string {
  const description = text.search(/:/);
  const head = description < 0 ? text : text.slice(0, description);
  const tail = description < 0 ? '' : text.slice(description);
  return (
    head
      .replace(/\([^()]*\)/g, ' ')
      .replace(/\s+/g, ' ')
      .trim() + tail
  ).trim();
}

/** Of several modifiers the worst one counts. */
function withModifier(
  type: string | undefined,
  modifiers: readonly string[],
  description: string,
): Disposition {
  const names = modifiers.map((modifier) => modifier.trim().toLowerCase());
  const modifier = names.find((name) => name === 'error' || name === 'failure') ?? names[0] ?? '';
  const text = description.trim() || names.filter((name) => name !== modifier).join(', ');
  return {
    ...(type === undefined ? {} : { type: type.toLowerCase() }),
    modifier,
    ...(text === '' ? {} : { description: text }),
  };
}
