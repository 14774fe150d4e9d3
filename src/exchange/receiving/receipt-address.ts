import { isIP } from 'node:net';
import { As2Error } from '../../errors';
import { type AddressKind, addressKind, parseHttpUrl, portOf, urlForLog } from '../../http';
import type { Partner } from '../types';

type Wanted = Pick<Partner, 'name' | 'url' | 'urls' | 'receiptHosts'>;

/** Where a receipt may go. */
export interface ReceiptTarget {
  readonly url: URL;
  /** Whether the host is the partner's own one or was named by our user, and not only fits a pattern. */
  readonly isNamed: boolean;
  /** What the name of the host must not stand for; see `ConnectionSettings`. */
  readonly refuseAddress?: (address: string) => string | undefined;
}

const USUAL_PORTS = [80, 443];

/**
 * SEC-09: the address is the sender's wish, and could make us call into our own network. So only the partner's own
 * host is called, on its own or a standard port, and what our user has listed; also with another scheme (MDN-14).
 *
 * Whoever owns a name decides what it stands for. A name may stand for an address of our own network only when it was
 * named, and for this machine or the secrets of a cloud machine only when that address itself was. Hosts that fit a
 * pattern (`*.partner.example`, `*`) have to be in the internet.
 * @throws As2Error `receipt-url-refused`
 */
export function allowedReceiptUrl(text: string, partner: Wanted): ReceiptTarget {
  const refused = (reason: string): As2Error => {
    return new As2Error('receipt-url-refused', { partner: partner.name, url: urlForLog(text), reason });
  };
  if (!URL.canParse(text)) throw refused('it is not a URL');
  // Decimal, octal and hexadecimal spellings of an address are the usual one from here on (WHATWG URL §3.5).
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('only http and https are used');
  if (url.username !== '' || url.password !== '') throw refused('it holds a user name or password');
  const host = hostOf(url);
  const listed = (partner.receiptHosts ?? []).map((entry) => entry.toLowerCase());
  if (isOwn(url, partner) || listed.some((entry) => names(entry, url))) {
    const isExact = isIP(host) !== 0 || host === 'localhost';
    return { url, isNamed: true, ...(isExact ? {} : { refuseAddress: refusal(ALLOWED_FOR_NAMED, listed) }) };
  }
  if (!listed.some((entry) => fits(entry, host))) throw refused('it is not the host of the partner’s URL');
  // RFC 6761 §6.3: this machine, whatever a resolver says.
  if (/(?:^|\.)localhost$/.test(host)) throw refused(REASONS.loopback);
  if (!USUAL_PORTS.includes(portOf(url))) throw refused(`${portOf(url)} is no usual port`);
  const refuseAddress = refusal(ALLOWED_FOR_PATTERNS, listed);
  const reason = isIP(host) === 0 ? undefined : refuseAddress(host);
  if (reason !== undefined) throw refused(reason);
  return { url, isNamed: false, refuseAddress };
}

const ALLOWED_FOR_NAMED: ReadonlySet<AddressKind> = new Set(['public', 'private', 'shared']);
const ALLOWED_FOR_PATTERNS: ReadonlySet<AddressKind> = new Set(['public']);

const REASONS: Readonly<Record<Exclude<AddressKind, 'public'>, string>> = {
  private: 'it belongs to a private network',
  shared: 'it belongs to the network of a provider',
  loopback: 'it belongs to this machine',
  'link-local': 'it belongs to the local network only',
  metadata: 'there is the metadata service of a cloud',
  multicast: 'it stands for many machines',
  reserved: 'it is reserved, or stands for another address',
};

function refusal(allowed: ReadonlySet<AddressKind>, listed: readonly string[]) {
  return (address: string): string | undefined => {
    const kind = addressKind(address);
    if (kind === 'public' || allowed.has(kind) || listed.includes(address.toLowerCase())) return undefined;
    return REASONS[kind];
  };
}

function isOwn(url: URL, { url: first, urls = [] }: Wanted): boolean {
  const own = [...(first === undefined ? [] : [first]), ...urls].map(parseHttpUrl);
  return own.some(
    (one) => hostOf(one) === hostOf(url) && [...USUAL_PORTS, portOf(one)].includes(portOf(url)),
  );
}

/** An entry without a port means every port: the host itself is trusted. */
function names(entry: string, url: URL): boolean {
  const host = hostOf(url);
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  return [host, shown, `${shown}:${portOf(url)}`].includes(entry);
}

function fits(entry: string, host: string): boolean {
  return entry === '*' || (entry.startsWith('*.') && host.endsWith(entry.slice(1)));
}

/** As name resolution wants it; `host.` is `host`. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}
