import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

export type Listener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Runs `work` against a web server on a port of its own, which is closed afterwards. */
export async function withHttpServer<T>(
  listener: Listener,
  work: (url: string) => Promise<T>,
  options: ServerOptions = {},
): Promise<T> {
  const server = createHttpServer(options);
  return withListener(server, listener, (port) => work(`http://127.0.0.1:${port}`));
}

export async function withHttpsServer<T>(
  tls: TlsOptions,
  listener: Listener,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = createHttpsServer(tls);
  // A client that does not trust us breaks the handshake; that is what such tests are about.
  server.on('tlsClientError', () => undefined);
  return withListener(server, listener, (port) => work(`https://localhost:${port}`));
}

/** What goes wrong in the listener makes the test fail. */
async function withListener<T>(
  server: HttpServer,
  listener: Listener,
  work: (port: number) => Promise<T>,
): Promise<T> {
  const failures: unknown[] = [];
  server.on('request', (request, response) => {
    Promise.resolve(listener(request, response)).catch((error: unknown) => {
      failures.push(error);
      response.destroy();
    });
  });
  const result = await withServer(server, work);
  if (failures.length > 0) throw failures[0];
  return result;
}

/** Runs `work` against a server that writes bytes by hand: what no HTTP library would send. */
export async function withRawServer<T>(
  onConnection: (socket: Socket) => void,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  return withServer(
    server,
    (port) => work(`http://127.0.0.1:${port}`),
    () => {
      for (const socket of sockets) socket.destroy();
    },
  );
}

/** Waits for a whole request head plus `bodyBytes`, then calls `answer`; again for every request on the connection. */
export function onRawRequest(socket: Socket, answer: (head: string, body: Buffer) => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      const body = received.subarray(end + 4, end + 4 + length);
      received = received.subarray(end + 4 + length);
      answer(head, body);
    }
  });
}

async function withServer<T>(
  server: Server,
  work: (port: number) => Promise<T>,
  closeConnections: () => void = () => (server as HttpServer).closeAllConnections(),
): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    closeConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
