import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Somebody on the line, who reads along. */
export interface Recorder {
  readonly port: number;
  /** What has gone past, in both directions. */
  readonly bytes: () => Buffer;
}

/** Runs `work` with a line to a port of this machine. */
export async function withRecorder<T>(to: number, work: (recorder: Recorder) => Promise<T>): Promise<T> {
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((here) => {
    const there = connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [here, there],
      [there, here],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()).on('data', (chunk: Buffer) => seen.push(chunk));
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await work({ port, bytes: () => Buffer.concat(seen) });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}
