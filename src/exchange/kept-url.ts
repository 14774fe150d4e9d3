import { urlForLog } from '../http';

/**
 * SEC-13: an address that somebody has named, as it is written down: that it held a user name or a password can be
 * seen, and which cannot. Nothing is sent to such an address (SEC-09).
 */
export function urlToKeep(text: string): string {
  const isMail = /^mailto:/i.test(text);
  const shown = isMail ? text : urlForLog(text);
  return shown === text ? text : shown.replace(/^[a-z][a-z0-9+.-]*:\/\/|^/i, (scheme) => `${scheme}***@`);
}
