import { withoutControls } from './charset';
import type { Headers } from './headers';
import { formatParameterized, type ParameterText, readParameterized } from './parameterized';
import { decodeHeaderText } from './text';

/** Room is left below the 255 bytes of common file systems for what a store puts before or behind a name. */
const LONGEST_NAME_BYTES = 200;

/** Up to this many characters behind the last dot count as an extension, which survives shortening. */
const LONGEST_EXTENSION = 20;

/** Device names of Windows, which are devices with any extension too, also behind blanks. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\p{Zs}*(?:\.|$)/iu;

/**
 * The file name a sender gave to an entity, decoded but otherwise untouched and not safe for a disk: `filename` of
 * Content-Disposition, otherwise `name` of Content-Type (FN-01), RFC 2231 before RFC 2047 and raw bytes.
 */
export function filenameOf(headers: Headers): string | undefined {
  const disposition = readParameterized(headers.get('content-disposition') ?? '').parameters.get('filename');
  const type = readParameterized(headers.get('content-type') ?? '').parameters.get('name');
  return readable(disposition) || readable(type) || undefined;
}

/**
 * A Content-Disposition for an attachment of that name (FN-01).
 * @throws As2Error `header-injection` for line breaks and NUL
 */
export function dispositionWithFilename(name: string): string {
  return formatParameterized('attachment', { filename: name });
}

/**
 * The one sanitiser for names from outside that become file names (SEC-10, FN-03): a base name without separators,
 * control and reserved characters, neither hidden nor an option (`-rf`), no device, at most 200 bytes of UTF-8, in
 * Unicode's composed form. A safe name passes unchanged. Uniqueness is the store's business.
 * @param fallback used when nothing is left
 */
export function safeFilename(name: string, fallback: string): string {
  return sanitise(name) || sanitise(fallback) || 'unnamed';
}

function readable(parameter: ParameterText | undefined): string {
  if (!parameter) return '';
  return parameter.decoded ? parameter.text : decodeHeaderText(parameter.text);
}

function sanitise(name: string): string {
  const visible = withoutControls(name.toWellFormed().normalize('NFC'))
    // C1 controls, formatting characters such as direction overrides, line and paragraph separators
    .replace(/[\u0080-\u009f\p{Cf}\p{Zl}\p{Zp}]+/gu, '');
  const base = visible.slice(Math.max(visible.lastIndexOf('/'), visible.lastIndexOf('\\')) + 1);
  const plain = trimDotsAndBlanks(base.replace(/[<>:"|?*]/g, '_'));
  const shown = plain.replace(/^[.-]/, '_');
  return shorten(RESERVED.test(shown) ? `_${shown}` : shown);
}

/** Windows drops dots and blanks at the end; leading blanks and names of dots alone only deceive. */
function trimDotsAndBlanks(name: string): string {
  const start = name.search(/[^\p{Zs}]/u);
  let end = name.length;
  while (end > 0 && /[.\p{Zs}]/u.test(name[end - 1] ?? '')) end -= 1;
  return start < 0 || start >= end ? '' : name.slice(start, end);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot - 1 <= LONGEST_EXTENSION ? name.slice(dot) : '';
  const room = LONGEST_NAME_BYTES - Buffer.byteLength(extension);
  const stem = name.slice(0, name.length - extension.length);
  return trimDotsAndBlanks(cutToBytes(stem, room)) + extension;
}

/** Cuts between characters. */
function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}
