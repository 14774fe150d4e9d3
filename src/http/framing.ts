import type { IncomingMessage } from 'node:http';
import { As2Error } from '../errors';
import { remoteAddressOf } from './remote-address';

/** RFC 9110 §5.6.2; the tolerant parser lets `Content-Length ` through, which a proxy may read as something else. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5: no control characters but the tab. Folds are one blank by now. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * What two HTTP programs in a row can understand differently is refused, so that no request hides in another one
 * (HTTP-05, RFC 9112 §11.2). Node.js checks most of it itself, unless its parser is told to be tolerant.
 * @throws As2Error `request-head-malformed`, `request-header-repeated`, `request-length-ambiguous`
 */
export function checkFraming(request: IncomingMessage): void {
  const remoteAddress = remoteAddressOf(request);
  const { rawHeaders, httpVersion } = request;
  const lengths = new Set<string>();
  const hosts = new Set<string>();
  let isChunked = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (!TOKEN.test(name) || CONTROL.test(value)) {
      throw new As2Error('request-head-malformed', { header: name, remoteAddress });
    }
    const field = name.toLowerCase();
    if (field === 'content-length') lengths.add(value.trim());
    if (field === 'host') hosts.add(value.trim());
    if (field === 'transfer-encoding') isChunked = true;
  }
  if (hosts.size > 1) throw new As2Error('request-header-repeated', { header: 'Host', remoteAddress });
  const isPlain = [...lengths].every((length) => /^\d+$/.test(length));
  // RFC 9112 §6.1: HTTP/1.0 does not know chunks, so whoever passed the request on may not have seen its end.
  if (lengths.size > 1 || !isPlain || (isChunked && (lengths.size > 0 || httpVersion === '1.0'))) {
    throw new As2Error('request-length-ambiguous', { remoteAddress });
  }
}
