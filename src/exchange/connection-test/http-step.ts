import { bufferSource } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import { createHttpClient, type PostResponse, statusError, urlForLog } from '../../http';
import { Headers } from '../../mime';
import { PRODUCT } from '../product';
import type { Target } from './network-steps';
import type { Notebook } from './step-runner';

const ANSWER_LIMIT_BYTES = 256 * 1024;
const LONGEST_HEADER = 120;
/** Behind these is a proxy or server that cannot do its work now, whatever the method. */
const DOWN = new Set([502, 503, 504]);

/**
 * A GET, which no AS2 system takes for a message: whether a web server answers, and what its status means (HTTP-13).
 * @throws As2Error of the client, or of a status that a message would get, too
 */
export async function askServer(notes: Notebook<'http'>, target: Target, signal: AbortSignal): Promise<void> {
  const { url, settings } = target;
  const client = createHttpClient(settings);
  try {
    const answer = await client.post({
      url: url.href,
      method: 'GET',
      headers: Headers.fromPairs([
        ['User-Agent', PRODUCT],
        ['Accept', '*/*'],
      ]),
      body: bufferSource(Buffer.alloc(0)),
      responseLimitBytes: ANSWER_LIMIT_BYTES,
      connection: 'fresh',
      signal,
    });
    const { status, headers } = answer;
    notes.note({ status, ...shown('server', headers.get('Server')) });
    notes.note(shown('contentType', headers.get('Content-Type')));
    judge(notes, url, answer);
  } catch (error) {
    if (!isAs2Error(error) || error.code !== 'http-response-too-large') throw error;
    notes.warn(new As2Error('test-web-page', { url: urlForLog(url) }));
  } finally {
    client.close();
  }
}

/**
 * AS2 servers answer a GET in every way: most with 200, 400, 405 or 501. Only what a message would get as well is a
 * failure; where it cannot be told, a warning says that a test message tells.
 */
function judge(notes: Notebook<'http'>, url: URL, answer: PostResponse): void {
  const { status, headers } = answer;
  const error = statusError(url, 0, answer);
  const isFinal = [401, 407].includes(status) || DOWN.has(status) || leadsAway(url, answer);
  if (error && isFinal) throw error;
  if (status >= 300 && status < 400) {
    const location = urlForLog(headers.get('Location') ?? '-');
    notes.warn(new As2Error('test-redirect', { url: urlForLog(url), status, location }));
  } else if ([403, 404, 408, 410, 425, 429].includes(status) || (status >= 500 && status !== 501)) {
    notes.warn(new As2Error('test-status-unclear', { url: urlForLog(url), status }));
  } else if (status < 300 && /^text\/html\b/i.test(headers.get('Content-Type') ?? '')) {
    notes.warn(new As2Error('test-web-page', { url: urlForLog(url) }));
  }
}

/** To another server or from http to https: then messages are sent away, too. */
function leadsAway(url: URL, { status, headers }: PostResponse): boolean {
  const location = headers.get('Location') ?? '';
  if (status < 300 || status >= 400 || !URL.canParse(location, url)) return false;
  return new URL(location, url).origin !== url.origin;
}

function shown<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  if (value === undefined) return {};
  // What a server says about itself goes to terminals and pages.
  const text = value.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_HEADER);
  return { [name]: text } as { [N in Name]?: string };
}
