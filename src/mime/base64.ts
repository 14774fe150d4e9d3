import type { Chunks } from '../bytes';
import { As2Error } from '../errors';

/** 48 bytes make a line of 64 characters, the length that PEM and OpenSSL use (RFC 2045 §6.8 allows 76). */
const BYTES_PER_LINE = 48;
const LINE_CHARACTERS = 64;

/** What a byte means in base64 text. */
const enum Kind {
  Skipped,
  Digit,
  Padding,
  Foreign,
}

const kinds = Uint8Array.from({ length: 256 }, (_value, byte) => kindOf(byte));

/**
 * Decodes base64 as it comes (RFC 2045 §6.8): any line length and line end, blanks and other printable characters
 * in between are passed over, padding may be missing (MIME-06) or stand in the middle, where blocks were joined.
 * @throws As2Error `base64-foreign` for bytes that show that this is no base64; `base64-truncated` when the text
 *   ends after the first character of a group
 */
export async function* decodeBase64(chunks: Chunks): AsyncGenerator<Buffer, void> {
  const group = new DigitGroups();
  for await (const chunk of chunks) {
    const decoded = group.decode(chunk);
    if (decoded.length > 0) yield decoded;
  }
  const last = group.finish();
  if (last.length > 0) yield last;
}

/** Lines of 64 characters, each ended by CRLF. */
export function base64Lines(bytes: Buffer): Buffer {
  const text = bytes.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += LINE_CHARACTERS) lines.push(text.slice(at, at + LINE_CHARACTERS));
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

/** Number of bytes that `base64Lines` makes of `length` bytes. */
export function base64LinesLength(length: number): number {
  return Math.ceil(length / 3) * 4 + Math.ceil(length / BYTES_PER_LINE) * 2;
}

/** The same for bytes that stream by. */
export async function* encodeBase64(chunks: Chunks): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = bytes.length - (bytes.length % BYTES_PER_LINE);
    if (whole > 0) yield base64Lines(bytes.subarray(0, whole));
    rest = bytes.subarray(whole);
  }
  if (rest.length > 0) yield base64Lines(rest);
}

/** Collects digits and decodes them by groups of four; up to three wait for the next chunk. */
class DigitGroups {
  private waiting: Buffer = Buffer.alloc(0);

  decode(chunk: Buffer): Buffer {
    const digits = Buffer.allocUnsafe(this.waiting.length + chunk.length);
    let count = this.waiting.copy(digits);
    let start = 0;
    const done: Buffer[] = [];
    // Measured: this loop with Node's decoder is faster than any regular expression, and even for all inputs.
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      const kind = kinds[byte];
      if (kind === Kind.Digit) {
        digits[count] = byte;
        count += 1;
      } else if (kind === Kind.Padding && count > start) {
        done.push(decodeDigits(digits.subarray(start, count)));
        start = count;
      } else if (kind === Kind.Foreign) {
        throw new As2Error('base64-foreign', { byte });
      }
    }
    const whole = count - ((count - start) % 4);
    if (whole > start) done.push(decodeDigits(digits.subarray(start, whole)));
    this.waiting = digits.subarray(whole, count);
    return done.length === 1 && done[0] ? done[0] : Buffer.concat(done);
  }

  finish(): Buffer {
    return decodeDigits(this.waiting);
  }
}

function decodeDigits(digits: Buffer): Buffer {
  if (digits.length % 4 === 1) throw new As2Error('base64-truncated', {});
  return Buffer.from(digits.toString('latin1'), 'base64');
}

function kindOf(byte: number): Kind {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9+/]/.test(character)) return Kind.Digit;
  if (character === '=') return Kind.Padding;
  return /[\t\n\v\f\r\x20-\x7e]/.test(character) ? Kind.Skipped : Kind.Foreign;
}
