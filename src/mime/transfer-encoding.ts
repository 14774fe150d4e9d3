import type { Chunks } from '../bytes';
import { decodeBase64 } from './base64';
import { scanParameterized } from './parameter-scanner';
import { decodeQuotedPrintable } from './quoted-printable';

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
