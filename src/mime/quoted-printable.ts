import type { Chunks } from '../bytes';
import { isBlank } from './blanks';

/** Characters held back at most because what follows may change their meaning. */
const MOST_HELD = 4096;

/**
 * Decodes quoted-printable as it comes (RFC 2045 §6.7). Line ends stay as they are; escapes in lower case, lines of
 * any length and blanks after a soft line break's `=` are taken; what is no escape stays as it is.
 */
export async function* decodeQuotedPrintable(chunks: Chunks): AsyncGenerator<Buffer, void> {
  let held = '';
  for await (const chunk of chunks) {
    const text = held + chunk.toString('latin1');
    const cut = undecidedFrom(text);
    held = text.slice(cut);
    if (cut > 0) yield Buffer.from(decodeLines(text.slice(0, cut)), 'latin1');
  }
  const last = decodeLine(trimBlanksAtEnd(held), '');
  if (last !== '') yield Buffer.from(last, 'latin1');
}

/** Where the tail begins that needs more text: an unfinished escape, or blanks and CR before a line's end. */
function undecidedFrom(text: string): number {
  const earliest = Math.max(0, text.length - MOST_HELD);
  let at = text.length;
  while (at > earliest && (isBlank(text[at - 1]) || text[at - 1] === '\r')) at -= 1;
  if (text[at - 1] === '=') return at - 1;
  const halfEscape = at === text.length && text[at - 2] === '=';
  return halfEscape ? at - 2 : at;
}

function decodeLines(text: string): string {
  const lines = text.split('\n');
  // The last piece is the beginning of a line of which more will come.
  const begun = lines.pop() ?? '';
  const whole = lines.map((line) => {
    const crlf = line.endsWith('\r');
    return decodeLine(trimBlanksAtEnd(crlf ? line.slice(0, -1) : line), crlf ? '\r\n' : '\n');
  });
  return whole.join('') + unescape(begun);
}

/** A `=` at the end is a soft line break: the line goes on in the next one. */
function decodeLine(content: string, lineEnd: string): string {
  return content.endsWith('=') ? unescape(content.slice(0, -1)) : unescape(content) + lineEnd;
}

function unescape(text: string): string {
  return text.replace(/=([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** RFC 2045 §6.7 (3): blanks at the end of a line were added on the way. */
function trimBlanksAtEnd(line: string): string {
  let end = line.length;
  while (end > 0 && isBlank(line[end - 1])) end -= 1;
  return line.slice(0, end);
}
