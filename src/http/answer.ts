import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { As2Error, As2ErrorCode } from '../errors';
import { Headers } from '../mime';

/** An HTTP answer, ready to be sent. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The connection cannot be used any more, because the request was not read to its end. */
  readonly close?: boolean;
  /** What Content-Length says in the answer to a HEAD, which has no body. */
  readonly describedLength?: number;
}

/**
 * A sender that is still sending gets this long, and so many bytes, to see the answer before the connection is closed; and
 * not even that, when nothing comes any more.
 */
const LINGER = { longestMs: 5_000, silenceMs: 2_000, bytes: 64 * 1024 * 1024 } as const;
const RETRY_AFTER_SECONDS = 60;
/** Until a connection that has broken without a word is given up. */
const LOCKED_SECONDS = 2;

/** What a sender is told; it says less than the error our user sees (design: texts to partners say less). */
const REFUSALS: Partial<
  Record<As2ErrorCode, { readonly status: number; readonly text: string; readonly close?: true }>
> = {
  'request-method': {
    status: 405,
    text: 'This address takes AS2 messages (RFC 4130), which are sent with POST. It is working.',
  },
  'request-address-refused': {
    status: 403,
    text: 'Requests from your address are not taken here.',
    close: true,
  },
  'request-certificate-missing': {
    status: 403,
    text: 'This needs your TLS client certificate, and none was shown.',
    close: true,
  },
  'request-certificate-wrong': {
    status: 403,
    text: 'The TLS client certificate is not the one that belongs to this AS2 name.',
    close: true,
  },
  'request-login-missing': { status: 401, text: 'This needs a user name and password.', close: true },
  'request-login-needs-tls': {
    status: 403,
    text: 'This needs a user name and password, which are taken over https only.',
    close: true,
  },
  'request-login-wrong': { status: 401, text: 'The user name or the password is wrong.', close: true },
  'request-too-often': { status: 429, text: 'Too many requests. Please send again later.', close: true },
  'request-path-unknown': { status: 404, text: 'There is no AS2 station at this address.' },
  'request-header-repeated': {
    status: 400,
    text: 'A header that may occur once occurs more than once.',
    close: true,
  },
  'request-head-malformed': { status: 400, text: 'The head of the request is malformed.', close: true },
  'request-length-ambiguous': {
    status: 400,
    text: 'The length of the request is stated in two ways.',
    close: true,
  },
  'request-encoding': { status: 415, text: 'Content-Encoding is not used with AS2.', close: true },
  'request-too-large': { status: 413, text: 'The message is larger than this station accepts.', close: true },
  'receipt-too-large': { status: 413, text: 'The receipt is larger than receipts are.' },
  'request-timeout': { status: 408, text: 'The message did not arrive in time.', close: true },
  'request-too-slow': { status: 408, text: 'The message did not arrive in time.', close: true },
  'request-cut-off': { status: 400, text: 'The message is not complete.', close: true },
  'request-interrupted': { status: 400, text: 'The message is not complete.', close: true },
  'request-range-refused': { status: 416, text: 'This is not where the message goes on.', close: true },
  'transfer-in-work': { status: 500, text: 'This message is coming on another connection.', close: true },
  'as2-header-missing': { status: 400, text: 'This is not an AS2 message: AS2-From or AS2-To is missing.' },
  'as2-name-malformed': { status: 400, text: 'AS2-From or AS2-To is not an AS2 name.' },
};

/** A short answer in plain text. */
export function textAnswer(
  status: number,
  text: string,
  options: { readonly headers?: readonly (readonly [string, string])[]; readonly close?: boolean } = {},
): HttpAnswer {
  const headers = Headers.fromPairs([
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cache-Control', 'no-store'],
    ...(options.headers ?? []),
  ]);
  return { status, headers, body: Buffer.from(`${text}\n`), close: options.close ?? false };
}

/** 200 without a body: taken, and no receipt was asked for (HTTP-11). */
export function emptyAnswer(status: 200 | 204 = 200): HttpAnswer {
  return { status, headers: Headers.fromPairs([]), body: Buffer.alloc(0) };
}

/** How many octets of a body are here (RST-02). */
export function heldAnswer(heldBytes: number): HttpAnswer {
  return { ...emptyAnswer(200), describedLength: heldBytes };
}

/** 503: nothing was processed, and the sender may try again (HTTP-13). */
export function busyAnswer(retryAfterSeconds = RETRY_AFTER_SECONDS): HttpAnswer {
  return textAnswer(503, 'This station cannot take messages right now. Please send again later.', {
    headers: [['Retry-After', String(retryAfterSeconds)]],
    close: true,
  });
}

/** The answer for a request that is not processed because of `error`; what is not the sender's doing is a 503. */
export function refusalAnswer(error: As2Error): HttpAnswer {
  const refusal = REFUSALS[error.code];
  if (!refusal) return busyAnswer();
  const headers = headersOf(refusal.status, error);
  return textAnswer(refusal.status, refusal.text, { headers, close: refusal.close ?? false });
}

function headersOf(status: number, { facts }: As2Error): [string, string][] {
  if (status === 405) return [['Allow', 'POST']];
  // TLS-06
  if (status === 401) return [['WWW-Authenticate', 'Basic realm="as2", charset="UTF-8"']];
  // RST-04
  if (status === 416) return [['Content-Range', `bytes */${Number(facts.heldBytes)}`]];
  // RST-06
  if (status === 500) return [['Retry-After', String(LOCKED_SECONDS)]];
  return status === 429 ? [['Retry-After', String(facts.retryAfterSeconds ?? RETRY_AFTER_SECONDS)]] : [];
}

/**
 * Sends an answer; never throws. An answer to a pipelined request waits until those before it are sent.
 * @returns whether all of it was handed to the network
 */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
): Promise<boolean> {
  if (response.headersSent || response.destroyed || request.socket.destroyed) return false;
  const sent = answerSent(request, response);
  const unread = !request.complete && hasBody(request);
  const fields = answer.headers.entries().flat();
  // RFC 9110 §8.6: a 204 has no Content-Length.
  if (answer.status !== 204) {
    fields.push('Content-Length', String(answer.describedLength ?? answer.body.length));
  }
  if (unread || answer.close === true) fields.push('Connection', 'close');
  response.writeHead(answer.status, fields);
  if (request.method !== 'HEAD' && answer.body.length > 0) response.write(answer.body);
  if (unread) await lingerWhileSending(request, response);
  response.end();
  return sent;
}

async function answerSent(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const onFinish = (): void => over(true);
    const onClose = (): void => over(response.writableFinished);
    const over = (sent: boolean): void => {
      response.off('finish', onFinish).off('close', onClose);
      resolve(sent);
    };
    response.on('finish', onFinish).on('close', onClose).on('error', onClose);
    // One that still waits behind others has no connection yet, so it is not told when that closes.
    if (!response.socket) void closeOf(request.socket).then(onClose);
  });
}

const closes = new WeakMap<Socket, Promise<void>>();

/** One listener for all requests of a connection, however many stand in line. */
async function closeOf(socket: Socket): Promise<void> {
  const known = closes.get(socket) ?? new Promise<void>((resolve) => socket.once('close', () => resolve()));
  closes.set(socket, known);
  return known;
}

function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

/**
 * A connection that is closed with unread bytes is reset, and the reset can overtake the answer on its way. So the
 * rest is read and thrown away for a moment; a sender that looks at the answer stops by itself.
 */
async function lingerWhileSending(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([
    discardBytes(request, signal),
    once(request, 'end', { signal }),
    once(request, 'close', { signal }),
    delay(LINGER.longestMs, undefined, { signal }),
  ]).catch(() => undefined);
  over.abort();
}

/** Ends when enough was read and thrown away, or when nothing comes. */
async function discardBytes(request: IncomingMessage, signal: AbortSignal): Promise<void> {
  let left: number = LINGER.bytes;
  return new Promise((resolve) => {
    const silence = setTimeout(resolve, LINGER.silenceMs);
    const discard = (chunk: Buffer): void => {
      silence.refresh();
      left -= chunk.length;
      if (left <= 0) resolve();
    };
    request.on('data', discard).resume();
    signal.addEventListener('abort', () => {
      clearTimeout(silence);
      request.off('data', discard).resume();
    });
  });
}
