import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line between two stations that breaks where it is told to; it sees only what travels, with TLS nothing at all. */
export interface CuttingProxy {
  readonly port: number;
  /** Octets on their way from clients to the server, of all connections. */
  readonly sentBytes: number;
  /** Cuts that were made. */
  readonly cuts: number;
  close(): Promise<void>;
}

/**
 * @param cutAt when so many octets have gone to the server on all connections together, the one that carries them breaks;
 *   ascending
 */
export async function openCuttingProxy(serverPort: number, cutAt: readonly number[]): Promise<CuttingProxy> {
  const waiting = [...cutAt];
  const sockets = new Set<Socket>();
  let sentBytes = 0;
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk: Buffer) => {
      sentBytes += chunk.length;
      if (sentBytes >= (waiting[0] ?? Infinity)) {
        waiting.shift();
        client.resetAndDestroy();
        return;
      }
      if (!upstream.write(chunk)) client.pause();
    });
    upstream.on('drain', () => client.resume());
    client.on('end', () => upstream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get sentBytes() {
      return sentBytes;
    },
    get cuts() {
      return cutAt.length - waiting.length;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** So many places in a body, at random. */
export function randomCuts(count: number, totalBytes: number): number[] {
  const cuts = Array.from({ length: count }, () => Math.floor((0.02 + 0.96 * Math.random()) * totalBytes));
  return cuts.sort((a, b) => a - b);
}
