import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
};

type ServerSocket = Duplex & {
  readonly _httpMessage?: ServerResponse | null;
  readonly bytesWritten?: number;
};

/**
 * The answer to bytes that are no request. Not into an answer that has begun already: what follows it would be taken
 * for a part of it.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: ServerSocket): void {
  const answering = socket._httpMessage?.headersSent ?? false;
  if (!socket.writable || answering || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
