import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectSecurely } from 'node:tls';

const CHUNK = Buffer.alloc(64 * 1024, 'x');

/**
 * Posts so many bytes without reading anything meanwhile, as simple HTTP programs do: what the server says waits in the
 * system, which throws it away when the connection is reset.
 * @param fields of the head, `Name: value`
 * @returns the answer, to the end of the connection
 */
export async function uploadBlindly(
  url: string,
  fields: readonly string[],
  sizeBytes: number,
  announcedBytes: number = sizeBytes,
): Promise<string> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const to = { host: hostname, port: Number(port), allowHalfOpen: true };
  const socket =
    protocol === 'https:' ? connectSecurely({ ...to, rejectUnauthorized: false }) : connect(to).pause();
  await once(socket, protocol === 'https:' ? 'secureConnect' : 'connect');
  const broken: Error[] = [];
  socket.on('error', (error) => broken.push(error));
  const head = [`POST ${pathname} HTTP/1.1`, 'Host: station', ...fields, `Content-Length: ${announcedBytes}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  for (let left = sizeBytes; left > 0 && broken.length === 0; left -= CHUNK.length) {
    await written(socket, CHUNK.subarray(0, left));
  }
  return text(socket).catch((error: unknown) => `${String(broken[0])}, ${String(error)}`);
}

async function written(socket: Socket, chunk: Buffer): Promise<void> {
  await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
}
