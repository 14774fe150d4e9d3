import type { IncomingMessage, ServerResponse } from 'node:http';
import { withHttpServer } from '../../partner/servers';

/** What a request asked for, and what came with it. */
export interface Asked {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What the receiver does with a HEAD: octets it says to have, a status, or it drops the connection. */
export type OnHead = number | { readonly status: number } | 'drop';
/** With a POST: it drops the connection when so many octets have come, or answers when all have. */
export type OnPost =
  { readonly dropAt: number } | { readonly status: number; readonly range?: string } | 'lose-answer';

export interface Script {
  readonly heads?: readonly OnHead[];
  readonly posts: readonly OnPost[];
  /** Octets it says to have of transfers it has never heard of. */
  readonly unknownBytes?: number;
}

export interface Receiver {
  readonly url: string;
  readonly asked: Asked[];
  readonly heads: Asked[];
  readonly posts: Asked[];
}

/** A receiver that does what its script says, the last entry again and again. It needs no receipt. */
export async function withReceiver(
  script: Script,
  work: (receiver: Receiver) => Promise<void>,
): Promise<void> {
  const heads = [...(script.heads ?? [{ status: 404 }])];
  const posts = [...script.posts];
  const asked: Asked[] = [];
  await withHttpServer(
    async (request, response) => {
      if (request.method === 'HEAD') {
        const isKnown = asked.length === 0 || request.headers.etag === asked[0]?.headers.etag;
        if (!isKnown) return answerHead(response, script.unknownBytes);
        asked.push({ method: 'HEAD', headers: request.headers, body: Buffer.alloc(0) });
        answerHead(response, nextOf(heads));
      } else {
        const post = nextOf(posts);
        const body = await bodyOf(
          request,
          typeof post === 'object' && 'dropAt' in post ? post.dropAt : Infinity,
        );
        asked.push({ method: 'POST', headers: request.headers, body });
        answerPost(response, post);
      }
    },
    (url) =>
      work({
        url: `${url}/as2`,
        asked,
        get heads() {
          return asked.filter(({ method }) => method === 'HEAD');
        },
        get posts() {
          return asked.filter(({ method }) => method === 'POST');
        },
      }),
  );
}

function nextOf<T>(script: T[]): T | undefined {
  return script.length > 1 ? script.shift() : script[0];
}

async function bodyOf(request: IncomingMessage, dropAt: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= dropAt) break;
  }
  return Buffer.concat(parts);
}

function answerHead(response: ServerResponse, head: OnHead = 0): void {
  if (head === 'drop') response.destroy();
  else if (typeof head === 'number') response.writeHead(200, { 'Content-Length': head }).end();
  else response.writeHead(head.status).end();
}

function answerPost(response: ServerResponse, post: OnPost = { status: 200 }): void {
  if (post === 'lose-answer' || 'dropAt' in post) response.destroy();
  else response.writeHead(post.status, post.range === undefined ? {} : { 'Content-Range': post.range }).end();
}
