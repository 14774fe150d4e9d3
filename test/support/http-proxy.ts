import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TestProxy {
  readonly url: string;
  /** First lines of the requests it got, such as `CONNECT localhost:443`. */
  readonly asked: string[];
  /** Everything that went through to servers, as the proxy could read it. */
  readonly overheard: () => Buffer;
  /** What it answers instead of letting anything through; undefined: it works. */
  refuse?: number;
}

/** Runs a forwarding HTTP proxy on a port of its own (RFC 9110 §9.3.6, RFC 9112 §3.2.2), stopped afterwards. */
export async function withHttpProxy(
  login: string | undefined,
  work: (proxy: TestProxy) => Promise<void>,
): Promise<void> {
  const heard: Buffer[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer();
  const proxy: TestProxy = await listen(server).then((port) => ({
    url: `http://127.0.0.1:${port}`,
    asked: [],
    overheard: () => Buffer.concat(heard),
  }));
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const refusal = ({ method, url, headers }: IncomingMessage): number | undefined => {
    proxy.asked.push(`${method} ${url}`);
    if (expected !== undefined && headers['proxy-authorization'] !== expected) return 407;
    return proxy.refuse;
  };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('connect', (incoming: IncomingMessage, client: Duplex) => {
    const status = refusal(incoming);
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const upstream = connect(Number(port), hostname, () => client.write('HTTP/1.1 200 Established\r\n\r\n'));
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('data', (chunk: Buffer) => heard.push(chunk));
    client.pipe(upstream).pipe(client);
  });
  server.on('request', (incoming, response) => {
    const status = refusal(incoming);
    if (status !== undefined) {
      incoming.resume();
      response.writeHead(status).end();
      return;
    }
    const { 'proxy-authorization': _login, ...headers } = incoming.headers;
    const upstream = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    incoming.on('data', (chunk: Buffer) => heard.push(chunk));
    incoming.pipe(upstream);
  });
  try {
    await work(proxy);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
