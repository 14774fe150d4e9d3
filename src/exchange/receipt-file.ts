import { Headers } from '../mime';

/** A receipt with its header fields. */
export interface ReceiptBytes {
  readonly headers: Headers;
  readonly body: Buffer;
}

const BLANK_LINE = '\r\n\r\n';

/** A receipt as one file: header fields, blank line, body; what OpenSSL and mail programs read as well. */
export function receiptFile(headers: Headers, body: Buffer): Buffer {
  const lines = headers.entries().map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${lines.join('')}\r\n`, 'latin1'), body]);
}

/** Reads such a file; the body is what was written, octet by octet. */
export function parseReceiptFile(file: Buffer): ReceiptBytes {
  const end = file.indexOf(BLANK_LINE);
  if (end < 0) return { headers: Headers.fromPairs([]), body: file };
  return { headers: Headers.parse(file.subarray(0, end + 2)), body: file.subarray(end + BLANK_LINE.length) };
}
