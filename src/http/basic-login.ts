import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Whether a request brings this user name and password (RFC 7617); how long it takes tells nothing (SEC-06). */
export function bringsLogin(request: IncomingMessage, { username, password }: Login): boolean {
  const [, encoded = ''] = /^basic +([a-z0-9+/=_-]+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  const given = digest(Buffer.from(encoded, 'base64'));
  const expected = `${username}:${password}`;
  // Old products write characters beyond ASCII in Latin-1.
  const isUtf8 = timingSafeEqual(given, digest(Buffer.from(expected, 'utf8')));
  const isLatin1 = timingSafeEqual(given, digest(Buffer.from(expected, 'latin1')));
  return isUtf8 || (isLatin1 && isInLatin1(expected));
}

/** Other characters would be cut down to one byte, and fit something else. */
function isInLatin1(text: string): boolean {
  return Buffer.from(text, 'latin1').toString('latin1') === text;
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
