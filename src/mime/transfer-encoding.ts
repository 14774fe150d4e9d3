import { type ByteFlow, type Chunks, withLength } from '../bytes';
import { base64LinesLength, decodeBase64, encodeBase64 } from './base64';
import { scanParameterized } from './parameter-scanner';
import { decodeQuotedPrintable, encodeQuotedPrintable } from './quoted-printable';

export type TransferEncoding = 'binary' | '7bit' | '8bit' | 'base64' | 'quoted-printable';

/** Nearly always it is nothing else. */
const WORD = /^[A-Za-z0-9-]+$/;

/**
 * Undoes a Content-Transfer-Encoding (RFC 2045 §6). No header means raw octets (MIME-06, HTTP-07), and so does an
 * encoding nobody knows (RFC 2045 §6.4).
 * @param encoding the header's value as received
 * @throws As2Error `base64-foreign`, `base64-truncated`, while reading
 */
export function decodeTransferEncoding(chunks: Chunks, encoding: string | undefined): Chunks {
  if (encoding === undefined) return chunks;
  switch ((WORD.test(encoding) ? encoding : scanParameterized(encoding).value).toLowerCase()) {
    case 'base64':
      return decodeBase64(chunks);
    case 'quoted-printable':
      return decodeQuotedPrintable(chunks);
    default:
      return chunks;
  }
}

/** Applies a Content-Transfer-Encoding. The length stays known, except through quoted-printable. */
export function encodeTransferEncoding(flow: ByteFlow, encoding: TransferEncoding): ByteFlow {
  const { chunks, length } = flow;
  if (encoding === 'quoted-printable') return { chunks: encodeQuotedPrintable(chunks) };
  if (encoding !== 'base64') return flow;
  return withLength(encodeBase64(chunks), length === undefined ? undefined : base64LinesLength(length));
}
