import { As2Error } from '../errors';

/**
 * The address of a partner.
 * @throws As2Error `http-url-invalid`
 */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new As2Error('http-url-invalid', { url: textForLog(text), reason: 'it is not a URL' });
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const reason = `${url.protocol}// is another protocol`;
    throw new As2Error('http-url-invalid', { url: textForLog(text), reason });
  }
  return url;
}

/** A URL without user name and password (SEC-13); what cannot be parsed is shown without anything before an `@`. */
export function urlForLog(url: URL | string): string {
  return textForLog(String(url));
}

/** A URL as it is said to a proxy: without user name, password and fragment. */
export function urlForProxy(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

/** Port of a URL, also when it is the default one. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function textForLog(text: string): string {
  if (!URL.canParse(text)) return text.replace(/^.*@/s, '');
  return text.replace(/^([a-z][a-z0-9+.-]*:)?\/*[^/?#]*@/i, '$1//');
}
