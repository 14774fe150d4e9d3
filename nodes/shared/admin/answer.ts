import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { type As2ErrorCode, toAs2Error } from '../../../src/errors';
import { describe } from '../describe';
import { onRequest } from '../events';

export type AdminRequest = IncomingMessage & {
  readonly body?: unknown;
  /** Of places in the path, such as `:id`. */
  readonly params: object;
  readonly query: object;
};

export const NEVER_CACHED = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Answers with what `work` returns, or with the code and the sentence of its error. */
export function answering(RED: NodeAPI, work: (request: AdminRequest) => unknown) {
  return onRequest<AdminRequest, ServerResponse>(RED, async (request, response) => {
    try {
      answer(response, 200, await work(request));
    } catch (thrown) {
      answerError(RED, response, thrown);
    }
  });
}

export function answerError(RED: NodeAPI, response: ServerResponse, thrown: unknown): void {
  const error = toAs2Error(thrown);
  answer(response, STATUS.get(error.code) ?? 400, { code: error.code, message: describe(RED, error) });
}

const STATUS: ReadonlyMap<As2ErrorCode, number> = new Map([
  ['exchange-not-found', 404],
  ['exchange-file-missing', 404],
  ['partner-not-deployed', 404],
  ['cancel-too-late', 409],
  ['resend-impossible', 409],
  ['test-running', 409],
  ['journal-damaged', 503],
  ['journal-missing', 503],
  ['journal-newer', 503],
  ['runtime-without-sqlite', 503],
  ['store-full', 503],
  ['store-in-use', 503],
  ['store-unavailable', 503],
]);

function answer(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { ...NEVER_CACHED, 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(content));
}
