import { As2Error } from '../errors';
import { trimBlanks } from '../mime';

/** RFC 4130 §6.2: 1 to 128 characters. */
const LONGEST_NAME = 128;
/** HDR-07: products send longer names; beyond this it is not a name. */
const LONGEST_ACCEPTED_NAME = 255;

/** AS2-text: `!`, 0x23-0x5B, 0x5D-0x7E; neither space, quote nor backslash (RFC 4130 §6.2). */
const ATOMIC_NAME = /^[!\x23-\x5b\x5d-\x7e]+$/;
/** AS2-quoted-string may hold these: AS2-text, space, and with a backslash before them quote and backslash. */
const PRINTABLE_NAME = /^[\x20-\x7e]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what is being looked for
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

/**
 * The value of an AS2-From or AS2-To field as received: unquoted and unescaped (HDR-07). Names are compared on this
 * value, case-sensitively (HDR-09).
 * @throws As2Error `as2-name-malformed` for an empty one, more than 255 characters, or control characters
 */
export function parseAs2Name(field: string): string {
  const text = trimBlanks(field);
  const name = text.startsWith('"') ? unquote(text) : text;
  if (name.length === 0 || name.length > LONGEST_ACCEPTED_NAME || CONTROL_CHARACTER.test(name)) {
    throw new As2Error('as2-name-malformed', { name: text });
  }
  return name;
}

/**
 * The names an AS2-From or AS2-To field can mean, most likely first. An unquoted name with blanks inside breaks the
 * grammar; products agreed to try the whole value, then the part before the first blank (HDR-07).
 * @throws As2Error `as2-name-malformed`
 */
export function as2NameCandidates(field: string): string[] {
  const name = parseAs2Name(field);
  const [beforeBlank = ''] = name.split(/[ \t]/, 1);
  const quoted = field.trim().startsWith('"');
  return quoted || beforeBlank === name || beforeBlank === '' ? [name] : [name, beforeBlank];
}

/**
 * A name as it stands in a header: quoted only when it has to be (HDR-08).
 * @throws As2Error `as2-name-invalid`
 */
export function formatAs2Name(name: string): string {
  assertAs2Name(name);
  return ATOMIC_NAME.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Checks a name that we are about to use or to store: 1 to 128 printable ASCII characters (RFC 4130 §6.2).
 * @throws As2Error `as2-name-invalid`
 */
export function assertAs2Name(name: string): void {
  if (name.length === 0 || name.length > LONGEST_NAME || !PRINTABLE_NAME.test(name) || name.trim() === '') {
    throw new As2Error('as2-name-invalid', { name, longest: LONGEST_NAME });
  }
}

/** Undoes AS2-quoted-string; what follows a closing quote is not part of the name. */
function unquote(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  return quoted?.[1] === undefined ? text : quoted[1].replace(/\\(.)/g, '$1');
}
