import { Headers } from '../../../src/mime';

/** An HTTP answer as it was read from the wire. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Statuses of the interim answers before it (RFC 9110 §15.2). */
  readonly interim: readonly number[];
}

/**
 * Reads an answer from what has arrived so far.
 * @param ended no more will come
 * @returns undefined when it is not complete
 */
export function readAnswer(received: Buffer, ended: boolean): HttpAnswer | undefined {
  const interim: number[] = [];
  let rest = received;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = rest.subarray(0, end);
    const lineEnd = head.indexOf('\r\n');
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head.toString('latin1'))?.[1] ?? 0);
    const headers = Headers.parse(lineEnd < 0 ? Buffer.alloc(0) : head.subarray(lineEnd + 2));
    rest = rest.subarray(end + 4);
    if (status >= 200 || status === 0) {
      const body = readBody(status, headers, rest, ended);
      return body && { status, headers, body, interim };
    }
    interim.push(status);
  }
}

function readBody(status: number, headers: Headers, rest: Buffer, ended: boolean): Buffer | undefined {
  if (status === 204 || status === 304) return Buffer.alloc(0);
  if (/chunked/i.test(headers.get('Transfer-Encoding') ?? '')) return joinedChunks(rest);
  const length = headers.get('Content-Length');
  if (length === undefined) return ended ? rest : undefined;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
}

function joinedChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (size === 0) return Buffer.concat(chunks);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
