import { As2Error } from '../errors';
import type { ConnectionSettings } from './connection';

/** Between two neighbours on the way only (RFC 9110 §7.6.1), or made here for each request. */
const OF_THE_CONNECTION =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|expect)$/;
/** Said by AS2 itself; some of it is signed or answered by the receipt. */
const OF_AS2 =
  /^(?:as2-.*|content-.*|mime-version|message-id|from|to|date|subject|recipient-address|disposition-notification-.*|receipt-delivery-option|ediint-features|original-.*)$/;

/**
 * The header fields of our user's own.
 * @throws As2Error `http-header-not-allowed`, `http-credentials-need-tls`
 */
export function ownHeaders(
  url: URL,
  { headers = {}, credentials }: ConnectionSettings,
): readonly (readonly [string, string])[] {
  return Object.entries(headers).map(([name, value]) => {
    const lower = name.toLowerCase();
    const refuse = (reason: string): As2Error => new As2Error('http-header-not-allowed', { name, reason });
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower)) throw refuse('that is no name of a header');
    if (OF_THE_CONNECTION.test(lower)) throw refuse('HTTP needs it for the connection itself');
    if (OF_AS2.test(lower)) throw refuse('it is a part of the AS2 message');
    // RFC 9110 §5.5: visible characters, blanks and tabs.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw refuse('its value has characters that a header cannot carry');
    if (lower === 'authorization') {
      if (credentials) throw refuse('there is a user name or token already');
      if (url.protocol !== 'https:') throw new As2Error('http-credentials-need-tls', { host: url.hostname });
    }
    return [name, value] as const;
  });
}
