import { text } from './texts';

/** A request to our part of Node-RED's admin API that failed; the message is a sentence for the user. */
export class ServerError extends Error {
  constructor(
    message: string,
    /** Code of the core's error, when it was the core that refused. */
    readonly code?: string,
  ) {
    super(message);
  }
}

export function get<Answer>(path: string): Promise<Answer> {
  return ask<Answer>({ url: `as2/${path}`, method: 'GET' });
}

export function post<Answer>(path: string, body: object): Promise<Answer> {
  const data = JSON.stringify(body);
  return ask<Answer>({ url: `as2/${path}`, method: 'POST', contentType: 'application/json', data });
}

interface Request {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly contentType?: string;
  readonly data?: string;
}

/** By jQuery and with a relative URL, so that Node-RED adds the token of the logged-in user. */
function ask<Answer>(request: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answered = $.ajax({ ...request, dataType: 'json' });
    answered.done((answer) => resolve(answer as Answer));
    answered.fail((response) => reject(serverError(response)));
  });
}

function serverError({ status, statusText, responseJSON }: JQueryResponse): ServerError {
  const { message, code } = (responseJSON ?? {}) as { message?: unknown; code?: unknown };
  if (typeof message === 'string' && typeof code === 'string') return new ServerError(message, code);
  if (status === 0) return new ServerError(text('server.unreachable'));
  if (status === 401 || status === 403) return new ServerError(text('server.forbidden'));
  if (status === 413) return new ServerError(text('server.too-large'));
  return new ServerError(text('server.failed', { status: `${status} ${statusText}` }));
}
