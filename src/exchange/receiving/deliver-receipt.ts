import { bufferSource } from '../../bytes';
import { As2Error, toAs2Error } from '../../errors';
import { createHttpClient, parseHttpUrl, portOf, statusError, urlForLog } from '../../http';
import type { Arrival } from './arrival';
import { clientFor } from '../clients';
import type { Reply } from './reply';
import type { Partner } from '../types';

/** Sends an asynchronous receipt to where the partner wants it (RFC 4130 §7.2, MDN-13), once. It never throws. */
export async function deliverReceipt(
  arrival: Arrival,
  { receipt, disposition, folder }: Reply,
): Promise<void> {
  const deliveryUrl = arrival.request.receipt?.deliveryUrl;
  if (!receipt || deliveryUrl === undefined) return;
  const { partner } = arrival.relationship;
  try {
    const url = allowedReceiptUrl(deliveryUrl, partner);
    const body = bufferSource(receipt.body);
    const response = await postTo(url, partner, { headers: receipt.headers, body, signal: arrival.closing });
    const refusal = statusError(url, body.length, response);
    if (refusal) throw refusal;
    arrival.emit('receipt-sent', { disposition, httpStatus: response.status });
    await folder.note('receipt-sent');
  } catch (error) {
    arrival.emit('receipt-not-sent', { disposition, error: toAs2Error(error) });
  }
}

type Post = Omit<Parameters<ReturnType<typeof createHttpClient>['post']>[0], 'url'>;

async function postTo(
  url: URL,
  partner: Partner,
  post: Post,
): ReturnType<ReturnType<typeof createHttpClient>['post']> {
  const sameOrigin = partner.url !== undefined && parseHttpUrl(partner.url).origin === url.origin;
  if (sameOrigin) return clientFor(partner.connection).post({ url: url.href, ...post });
  // HTTP-14: user name and password are for the partner's own address only.
  const { credentials: _credentials, ...settings } = partner.connection ?? {};
  const client = createHttpClient(settings);
  try {
    return await client.post({ url: url.href, ...post });
  } finally {
    client.close();
  }
}

/**
 * SEC-09: the address is the sender's wish, and could make us call into our own network. So only the partner's own
 * host is called, on its own or a standard port, and what our user has listed.
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
