import type { IncomingMessage } from 'node:http';
import { bufferSource, type Chunks, spill, type SpilledBytes, type SpillOptions } from '../bytes';
import { As2Error } from '../errors';
import { Headers } from '../mime';
import { checkFraming } from './framing';
import { remoteAddressOf } from './remote-address';

export interface RequestLimits {
  /** Largest body. */
  readonly limitBytes: number;
  /** Longest silence while the body arrives; the total time is not limited (HTTP-19), but see `SLOWEST`. */
  readonly idleTimeoutMs: number;
}

/**
 * A body that keeps its connection open with a byte now and then: after so many of the longest silences it must have
 * come to so many bytes a second. The slowest modems are faster.
 */
const SLOWEST = { afterSilences: 10, bytesPerSecond: 100 } as const;

/** A body that another middleware of the same server read already (Node-RED's `rawBodyCapture`). */
type CapturedRequest = IncomingMessage & { readonly body?: unknown; readonly _body?: boolean };

/** Header fields that decide something and may not be said twice (HTTP-18; RFC 9112 §6.3 for Content-Length). */
const ONCE_ONLY = [
  'AS2-From',
  'AS2-To',
  'AS2-Version',
  'Message-ID',
  'Content-Type',
  'Content-Transfer-Encoding',
  'Disposition-Notification-To',
  'Disposition-Notification-Options',
  'Receipt-Delivery-Option',
  'ETag',
  'Content-Range',
];

/** Whether it asks how much of a body is here (RST-02): a HEAD that names a transfer. */
export function isStateQuery({ method, headers }: IncomingMessage): boolean {
  return method === 'HEAD' && headers.etag !== undefined;
}

/**
 * Checks the head of a request before anything of its body is read.
 * @throws As2Error `request-method`, `request-head-malformed`, `request-header-repeated`, `request-length-ambiguous`, `request-encoding`,
 *   `request-too-large`
 */
export function readRequestHead(request: IncomingMessage, limitBytes: number): Headers {
  const remoteAddress = remoteAddressOf(request);
  const method = request.method ?? '';
  if (method !== 'POST' && !isStateQuery(request))
    throw new As2Error('request-method', { method, remoteAddress });
  checkFraming(request);
  const headers = Headers.fromRawHeaders(request.rawHeaders);
  for (const header of ONCE_ONLY) {
    const [first, ...others] = headers.getAll(header);
    if (others.some((value) => value !== first)) {
      throw new As2Error('request-header-repeated', { header, remoteAddress });
    }
  }
  const encoding = foreignEncoding(headers);
  if (encoding) throw new As2Error('request-encoding', { encoding, remoteAddress });
  if (Number(headers.get('Content-Length') ?? 0) > limitBytes) {
    throw new As2Error('request-too-large', { limitBytes, remoteAddress });
  }
  return headers;
}

/** A coding of the body that nobody undoes here; Node.js takes `gzip, chunked` for chunked. */
function foreignEncoding(headers: Headers): string | undefined {
  const content = headers.getAll('Content-Encoding').join(', ').trim().toLowerCase();
  if (content !== '' && content !== 'identity') return content;
  const transfer = headers.getAll('Transfer-Encoding').join(', ').trim().toLowerCase();
  return transfer === '' || transfer === 'chunked' ? undefined : transfer;
}

/**
 * Reads the body of a request to its end.
 * @throws As2Error `request-too-large`, `request-timeout`, `request-too-slow`, `request-cut-off`, `request-body-taken`, `spill-failed`
 */
export async function readRequestBody(
  request: IncomingMessage,
  limits: RequestLimits,
  spillOptions: Pick<SpillOptions, 'directory' | 'thresholdBytes'>,
): Promise<SpilledBytes> {
  const remoteAddress = remoteAddressOf(request);
  return spill(requestBody(request, limits), {
    ...spillOptions,
    limitBytes: limits.limitBytes,
    limitError: (limitBytes) => new As2Error('request-too-large', { limitBytes, remoteAddress }),
  });
}

/**
 * The body of a request as it comes.
 * @throws As2Error while it is read: `request-timeout`, `request-too-slow`, `request-cut-off`, `request-body-taken`
 */
export function requestBody(
  request: IncomingMessage,
  { idleTimeoutMs }: Pick<RequestLimits, 'idleTimeoutMs'>,
): Chunks {
  return capturedBody(request) ?? arrivingBody(request, idleTimeoutMs);
}

function capturedBody(request: CapturedRequest): Chunks | undefined {
  return request._body === true && Buffer.isBuffer(request.body)
    ? bufferSource(request.body).open()
    : undefined;
}

/** The body as it arrives. Time counts only while we wait for the sender, not while our disk is slow. */
async function* arrivingBody(request: IncomingMessage, idleTimeoutMs: number): AsyncGenerator<Buffer, void> {
  const remoteAddress = remoteAddressOf(request);
  if (request.readableDidRead) throw new As2Error('request-body-taken', { remoteAddress });
  let receivedBytes = 0;
  let waitedMs = 0;
  // The socket has to outlive an early end: the sender gets an answer.
  const arriving = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const problem = (code: 'request-timeout' | 'request-too-slow', ms: number): As2Error => {
    return new As2Error(code, { remoteAddress, receivedBytes, seconds: ms / 1000 });
  };
  try {
    for (;;) {
      const before = performance.now();
      const next = await withinTime(arriving.next(), idleTimeoutMs, () =>
        problem('request-timeout', idleTimeoutMs),
      );
      waitedMs += performance.now() - before;
      if (next.done) break;
      receivedBytes += next.value.length;
      if (isDripping(receivedBytes, waitedMs, idleTimeoutMs)) {
        throw problem('request-too-slow', Math.round(waitedMs));
      }
      yield next.value;
    }
  } catch (error) {
    if (error instanceof As2Error) throw error;
    throw new As2Error('request-cut-off', { remoteAddress, receivedBytes }, { cause: error });
  } finally {
    // Lets go of the request, so that the rest can be drained. After a time-out this waits for the sender, so we do not.
    arriving.return?.().catch(() => undefined);
  }
  if (!request.complete) throw new As2Error('request-cut-off', { remoteAddress, receivedBytes });
}

/** Whether a body is slower than any honest sender. */
export function isDripping(receivedBytes: number, waitedMs: number, idleTimeoutMs: number): boolean {
  const { afterSilences, bytesPerSecond } = SLOWEST;
  return waitedMs > afterSilences * idleTimeoutMs && receivedBytes < (bytesPerSecond * waitedMs) / 1000;
}

async function withinTime<T>(
  promise: Promise<T>,
  timeoutMs: number,
  timeoutError: () => As2Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timeoutError()), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
