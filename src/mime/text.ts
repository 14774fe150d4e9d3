import { decodeCharset, decodeUnlabelled, withoutControls } from './charset';
import { assertOneLine } from './headers';

/** RFC 2047 §2: `=?charset*language?encoding?text?=`; blanks in the text are tolerated. */
const ENCODED_WORD = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?=/g;

/** RFC 2047 §2: a word has 75 characters at most; `=?UTF-8?B?…?=` leaves 63 of them, which is 45 bytes. */
const BYTES_PER_WORD = 45;

/**
 * Makes readable text of a header value: bytes above ASCII are UTF-8 or else Windows-1252, then encoded words
 * (RFC 2047) are decoded wherever they stand, also inside quotes. Control characters are dropped (SEC-08).
 * @param value latin1 string as `Headers` gives it; text that is decoded already passes unchanged
 */
export function decodeHeaderText(value: string): string {
  return withoutControls(decodeWords(decodeBytes(value)));
}

/**
 * Writes text for a header: ASCII as it is, all else as encoded words in UTF-8 with base64, on one line (HTTP-06).
 * @throws As2Error `header-injection` for line breaks and NUL
 */
export function encodeHeaderText(text: string): string {
  assertOneLine('header text', text);
  if (/^[\t\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text;
  return splitByBytes(text.toWellFormed(), BYTES_PER_WORD)
    .map((piece) => `=?UTF-8?B?${piece.toString('base64')}?=`)
    .join(' ');
}

function decodeBytes(value: string): string {
  // oxlint-disable-next-line no-control-regex -- the range of latin1 begins with the control characters
  const isLatin1 = /^[\u0000-\u00ff]*$/.test(value);
  return isLatin1 && /[\u0080-\u00ff]/.test(value) ? decodeUnlabelled(Buffer.from(value, 'latin1')) : value;
}

/** One encoded word or several with the same charset that stand side by side. */
interface Words {
  readonly charset: string;
  readonly pieces: Buffer[];
}

/** Neighbouring words are joined before decoding: mailers cut in the middle of a UTF-8 character. */
function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  let result = '';
  let pending: Words | undefined;
  let end = 0;
  for (const match of text.matchAll(ENCODED_WORD)) {
    const [whole, charset = '', encoding = '', content = ''] = match;
    const between = text.slice(end, match.index);
    const word = { charset: charset.toLowerCase(), pieces: [decodeWord(encoding, content)] };
    end = match.index + whole.length;
    // RFC 2047 §6.2: white space between two encoded words is not part of the text.
    const adjacent = pending !== undefined && /^[ \t\r\n]*$/.test(between);
    if (pending && adjacent && pending.charset === word.charset) {
      pending.pieces.push(...word.pieces);
      continue;
    }
    if (pending) result += decodeTogether(pending);
    if (!adjacent) result += between;
    pending = word;
  }
  if (pending) result += decodeTogether(pending);
  return result + text.slice(end);
}

function decodeTogether({ charset, pieces }: Words): string {
  return decodeCharset(Buffer.concat(pieces), charset);
}

function decodeWord(encoding: string, content: string): Buffer {
  if (encoding.toUpperCase() === 'B') return Buffer.from(content, 'base64');
  const text = content
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

/** Pieces of at most `most` bytes of UTF-8, cut between characters (RFC 2047 §5). */
function splitByBytes(text: string, most: number): Buffer[] {
  const bytes = Buffer.from(text, 'utf8');
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    let end = Math.min(start + most, bytes.length);
    while (end < bytes.length && isContinuationByte(bytes[end])) end -= 1;
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

function isContinuationByte(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}
