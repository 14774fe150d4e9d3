import { As2Error } from '../../errors';
import { parseHttpUrl, portOf, urlForLog } from '../../http';
import type { Partner } from '../types';

/**
 * SEC-09: the address is the sender's wish, and could make us call into our own network. So only the partner's own
 * host is called, on its own or a standard port, and what our user has listed; also with another scheme (MDN-14).
 * @throws As2Error `receipt-url-refused`
 */
export function allowedReceiptUrl(
  text: string,
  partner: Pick<Partner, 'name' | 'url' | 'receiptHosts'>,
): URL {
  const refused = (reason: string) => {
    return new As2Error('receipt-url-refused', { partner: partner.name, url: urlForLog(text), reason });
  };
  if (!URL.canParse(text)) throw refused('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('only http and https are used');
  if (url.username !== '' || url.password !== '') throw refused('it holds a user name or password');
  const own = partner.url === undefined ? undefined : parseHttpUrl(partner.url);
  const isOwn = own?.hostname === url.hostname && [80, 443, portOf(own)].includes(portOf(url));
  const isListed = partner.receiptHosts?.some(
    (host) => host === url.hostname || host === `${url.hostname}:${portOf(url)}`,
  );
  if (!isOwn && !isListed) throw refused('it is not the host of the partner’s URL');
  return url;
}
