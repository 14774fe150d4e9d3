import { As2Error } from '../errors';
import type { Headers } from '../mime';
import { statusRemedy } from './status-remedies';
import { urlForLog } from './url';

/** An answer as far as its status is concerned. */
export interface StatusAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Statuses that say "later", whatever else they say (REL-03). */
const BUSY = new Set([408, 425, 429, 503]);
const LONGEST_PAGE_TEXT = 160;

/**
 * What a status outside of 2xx means for our user (HTTP-13, HTTP-15), or undefined for 2xx.
 * @param sizeBytes of the request body
 */
export function statusError(url: URL, sizeBytes: number, answer: StatusAnswer): As2Error | undefined {
  const { status, headers } = answer;
  const host = url.hostname;
  if (status >= 200 && status < 300) return undefined;
  if (BUSY.has(status)) {
    return new As2Error('http-busy', { host, status, retryAfterSeconds: retryAfterSeconds(headers) });
  }
  const page = pageText(answer);
  if (status >= 500) {
    const remedy = statusRemedy(status);
    const facts = { host, status, page, remedy, retryAfterSeconds: retryAfterSeconds(headers) };
    return new As2Error('http-server-error', facts);
  }
  if (status < 400) {
    const location = urlForLog(headers.get('Location') ?? 'an address it does not name');
    return new As2Error('http-redirected', { host, status, location });
  }
  switch (status) {
    case 401:
      return new As2Error('http-unauthorized', { host, status });
    case 403:
      return new As2Error('http-forbidden', { host, status, page });
    case 404:
    case 410:
      return new As2Error('http-not-found', { url: urlForLog(url), status });
    case 405:
      return new As2Error('http-method-refused', { url: urlForLog(url), status });
    case 411:
      return new As2Error('http-length-required', { host, status });
    case 413:
      return new As2Error('http-too-large', { host, status, sizeBytes });
    default:
      return new As2Error('http-refused', { host, status, page, remedy: statusRemedy(status) });
  }
}

/** The words of an answer for our user: the title of a web page, or the beginning of a text. */
function pageText(answer: Pick<StatusAnswer, 'headers' | 'body'>): string {
  const text = answer.body.toString('utf8', 0, 4096);
  const title = /<title[^>]*>([^<]*)<\/title/i.exec(text)?.[1];
  const words = (title ?? text.replace(/<(script|style)\b.*?<\/\1\s*>/gis, ' ').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
  if (words === '') return 'without an explanation';
  return `“${words.length > LONGEST_PAGE_TEXT ? `${words.slice(0, LONGEST_PAGE_TEXT)}…` : words}”`;
}

/** RFC 9110 §10.2.3. A date is compared with the clock of the server, where the answer tells it. */
function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get('Retry-After')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const until = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  const serverTime = Date.parse(headers.get('Date') ?? '');
  return Math.max(0, Math.round((until - (Number.isNaN(serverTime) ? Date.now() : serverTime)) / 1000));
}
