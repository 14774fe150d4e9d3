import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** One that stays the same over all lives; nobody else asks for it in the meantime. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Takes a port, so that others cannot have it. */
export async function occupy(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export async function free(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
