import { As2Error } from '../errors';
import type { PostResponse } from './client';
import type { ConnectionSettings } from './connection';
import { urlForLog } from './url';

const MOST_REDIRECTS = 3;

/**
 * Where a message goes on to (HTTP-15): only 307 and 308 keep the method and the body (RFC 9110 §15.4.8), only the
 * same host is still the partner, and what began protected does not go on in the clear.
 * @returns undefined, when the answer is the last one
 * @throws As2Error `http-redirects-too-many`
 */
export function nextAddress(
  url: URL,
  { status, headers }: Pick<PostResponse, 'status' | 'headers'>,
  { redirects, allowed }: { redirects: number; allowed: ConnectionSettings['redirects'] },
): URL | undefined {
  if (allowed !== 'same-host' || (status !== 307 && status !== 308)) return undefined;
  const location = headers.get('Location') ?? '';
  if (location === '' || !URL.canParse(location, url)) return undefined;
  const next = new URL(location, url);
  if (next.protocol !== 'https:' && next.protocol !== url.protocol) return undefined;
  if (next.hostname !== url.hostname || (hasLogin(next) && !isSameLogin(next, url))) return undefined;
  // A user name in our user's URL is for that server; a relative address brings it along, a whole one does not.
  const isSameServer = next.origin === url.origin;
  next.username = isSameServer ? url.username : '';
  next.password = isSameServer ? url.password : '';
  if (redirects >= MOST_REDIRECTS) {
    throw new As2Error('http-redirects-too-many', {
      host: url.hostname,
      redirects: MOST_REDIRECTS,
      location: urlForLog(next),
    });
  }
  return next;
}

function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

function isSameLogin(one: URL, other: URL): boolean {
  return one.username === other.username && one.password === other.password;
}
