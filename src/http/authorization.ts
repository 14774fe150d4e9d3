import { As2Error } from '../errors';
import type { Headers } from '../mime';
import type { ConnectionSettings, Credentials } from './connection';

/**
 * The value of Authorization for a server (TLS-06).
 * @throws As2Error `http-credentials-need-tls`
 */
export function authorizationFor(url: URL, settings: ConnectionSettings): string | undefined {
  const credentials = credentialsFor(url, settings);
  if (!credentials) return undefined;
  if (url.protocol !== 'https:') throw new As2Error('http-credentials-need-tls', { host: url.hostname });
  // RFC 6750 §2.1; RFC 7617 §2.
  if ('bearer' in credentials) return `Bearer ${tokenOf(credentials.bearer)}`;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

/** Whether a server has to ask first. */
export function waitsForChallenge({ credentials }: ConnectionSettings): boolean {
  return credentials !== undefined && 'send' in credentials && credentials.send === 'when-asked';
}

/** Whether a 401 asks for what we have: a user name and a password (RFC 9110 §11.6.1). */
export function asksForBasic(headers: Headers): boolean {
  return headers
    .getAll('WWW-Authenticate')
    .some((challenge) => /(?:^|[\s,])basic(?:$|[\s,])/i.test(challenge));
}

function credentialsFor(url: URL, { credentials }: ConnectionSettings): Credentials | undefined {
  if (credentials || url.username === '') return credentials;
  return { username: decode(url.username), password: decode(url.password) };
}

function tokenOf(text: string): string {
  const token = text.trim();
  if (/^[a-z0-9._~+/-]+=*$/i.test(token)) return token;
  throw new As2Error('http-header-not-allowed', {
    name: 'Authorization',
    reason: 'the bearer token has characters that no token has',
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
