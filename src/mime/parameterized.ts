import { decodeCharset, decodeUnlabelled, withoutControls } from './charset';
import { assertOneLine } from './headers';
import { scanParameterized, type ScannedParameter } from './parameter-scanner';

/** A header value with parameters: Content-Type, Content-Disposition and the like. */
export interface Parameterized {
  /** In lower case. */
  readonly value: string;
  /** Names in lower case; the first of a repeated name counts. RFC 2231 is decoded, all else is as received. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface ParameterText {
  readonly text: string;
  /** True when RFC 2231 named the charset, so that the text must not be decoded again. */
  readonly decoded: boolean;
}

/**
 * Reads a parameterized header value (RFC 2045 §5.1, RFC 2231) and never fails (MIME-04): comments, folding, missing
 * semicolons, unquoted values with any character and doubled quotes are taken.
 */
export function parseParameterized(text: string): Parameterized {
  const { value, parameters } = readParameterized(text);
  return {
    value,
    parameters: new Map(Array.from(parameters, ([name, parameter]) => [name, parameter.text])),
  };
}

/** The same, telling which texts were decoded. */
export function readParameterized(text: string): {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, ParameterText>;
} {
  const scanned = scanParameterized(text);
  return { value: scanned.value.toLowerCase(), parameters: decodeParameters(scanned.parameters) };
}

/** Parameters that products compare as strings or that need quotes more often than not (MIME-04). */
const ALWAYS_QUOTED: ReadonlySet<string> = new Set(['boundary', 'filename', 'name', 'protocol']);

/**
 * Writes `value; name=token; name="text"`. A text beyond ASCII is written twice: with `_` for what older readers do
 * not know, and as `name*=UTF-8''…` (RFC 2231 §4). Never folded (HTTP-06).
 * @throws As2Error `header-injection` for line breaks and NUL
 */
export function formatParameterized(value: string, parameters: Readonly<Record<string, string>>): string {
  let line = value;
  for (const [name, text] of Object.entries(parameters)) {
    assertOneLine(name, text);
    const ascii = text.replace(/[^\t\x20-\x7e]/gu, '_');
    line += `; ${name}=${isToken(ascii) && !ALWAYS_QUOTED.has(name) ? ascii : quote(ascii)}`;
    if (ascii !== text) line += `; ${name}*=UTF-8''${percentEncode(text)}`;
  }
  return line;
}

/** RFC 2045 §5.1 token. */
function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`{|}~0-9A-Za-z]+$/.test(text);
}

/** RFC 5322 §3.2.4 quoted-string. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 2231 §7 ext-octet; what encodeURIComponent leaves alone but RFC 2231 does not allow is added. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** RFC 2231: `name*` before `name*0`, `name*1`, … before the plain `name`. */
function decodeParameters(scanned: readonly ScannedParameter[]): Map<string, ParameterText> {
  const parameters = new Map<string, ParameterText>();
  for (const [name, forms] of groupByName(scanned)) {
    const extended = forms.get('*');
    const segments = continuation(forms);
    const plain = forms.get('');
    if (extended !== undefined) parameters.set(name, decodeSegments([{ text: extended, encoded: true }]));
    else if (segments.length > 0) parameters.set(name, decodeSegments(segments));
    else if (plain !== undefined) parameters.set(name, { text: plain, decoded: false });
  }
  return parameters;
}

/** Name without asterisks -> what follows the name (nothing, `*`, `*0`, `*0*`, …) -> text. */
function groupByName(scanned: readonly ScannedParameter[]): Map<string, Map<string, string>> {
  const groups = new Map<string, Map<string, string>>();
  for (const { name, text } of scanned) {
    const star = name.indexOf('*');
    const base = (star < 0 ? name : name.slice(0, star)).toLowerCase();
    const form = star < 0 ? '' : name.slice(star);
    const forms = groups.get(base) ?? new Map<string, string>();
    groups.set(base, forms);
    if (!forms.has(form)) forms.set(form, text);
  }
  return groups;
}

interface Segment {
  readonly text: string;
  readonly encoded: boolean;
}

/** RFC 2231 §3: numbered from 0 in any order; what follows a gap is lost. */
function continuation(forms: ReadonlyMap<string, string>): Segment[] {
  const segments: Segment[] = [];
  for (;;) {
    const encoded = forms.get(`*${segments.length}*`);
    const text = encoded ?? forms.get(`*${segments.length}`);
    if (text === undefined) return segments;
    segments.push({ text, encoded: encoded !== undefined });
  }
}

function decodeSegments(segments: readonly Segment[]): ParameterText {
  const first = segments[0];
  const label = first?.encoded ? /^([^']*)'[^']*'/.exec(first.text) : null;
  const bytes = segments.map(({ text, encoded }, index) => {
    const rest = index === 0 && label ? text.slice(label[0].length) : text;
    return Buffer.from(encoded ? percentDecode(rest) : rest, 'latin1');
  });
  if (!segments.some(({ encoded }) => encoded)) {
    return { text: Buffer.concat(bytes).toString('latin1'), decoded: false };
  }
  const all = Buffer.concat(bytes);
  const charset = label?.[1];
  return {
    text: withoutControls(charset ? decodeCharset(all, charset) : decodeUnlabelled(all)),
    decoded: true,
  };
}

/** To latin1 characters, one for a byte; a broken escape stays as it is. */
function percentDecode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
