import { randomUUID } from 'node:crypto';
import { type ByteFlow, concatFlows } from '../bytes';
import { As2Error } from '../errors';

/** RFC 2046 §5.1.1 `boundary`: 1 to 70 of bchars, no blank at the end. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/**
 * A multipart body: CRLF framing, no preamble, no epilogue, one CRLF after the closing delimiter (MIME-01, HTTP-08).
 * Each part is a whole entity, headers included. The length is known if every part's is.
 * @param boundary from `newBoundary`; nothing looks for it in the parts
 * @throws As2Error `mime-boundary-invalid`
 */
export function multipartFlow(boundary: string, parts: readonly ByteFlow[]): ByteFlow {
  if (!BOUNDARY.test(boundary)) throw new As2Error('mime-boundary-invalid', { boundary });
  return concatFlows(
    ...parts.flatMap((part, index) => [delimiterLine(index === 0 ? '' : '\r\n', boundary), part]),
    Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'),
  );
}

/**
 * 32 hexadecimal digits. MIME-05 wants a boundary that is in no part; 122 random bits are in none, and a stream that
 * is read once cannot be searched before it is written.
 */
export function newBoundary(): string {
  return randomUUID().replaceAll('-', '');
}

function delimiterLine(lineBreakBefore: string, boundary: string): Buffer {
  return Buffer.from(`${lineBreakBefore}--${boundary}\r\n`, 'latin1');
}
