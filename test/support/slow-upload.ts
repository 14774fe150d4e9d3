import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { WireMessage } from '../partner/wire-message';

/** A message of which the first half was sent. */
export interface SlowUpload {
  /** A server of this process has seen its head. */
  readonly arrived: Promise<void>;
  /** Sends the rest. @returns the status of the answer */
  finish(): Promise<number>;
}

/** Begins to post a message, for what happens in the middle of a transfer. */
export function beginUpload(url: string, { headers, body }: WireMessage): SlowUpload {
  const arrived = arrivalOf(headers.get('Message-ID'));
  const request = httpRequest(url, { method: 'POST', agent: false });
  for (const [name, value] of headers.entries()) request.setHeader(name, value);
  request.setHeader('Content-Length', body.length);
  const half = Math.floor(body.length / 2);
  request.write(body.subarray(0, half));
  return {
    arrived,
    async finish() {
      request.end(body.subarray(half));
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode ?? 0;
    },
  };
}

const REQUESTS = 'http.server.request.start';

async function arrivalOf(messageId: string | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const see = (event: unknown): void => {
      const { request } = event as { readonly request: IncomingMessage };
      if (request.headers['message-id'] !== messageId) return;
      unsubscribe(REQUESTS, see);
      resolve();
    };
    subscribe(REQUESTS, see);
  });
}
