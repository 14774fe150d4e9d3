import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below those that systems give to connections and to who asks for any port, so that nobody else gets it meanwhile. */
const [FIRST, LAST] = [15_000, 32_000];

/** One that stays the same over all lives of a server. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = await occupy(port).catch(() => undefined);
    if (!server) continue;
    await free(server);
    return port;
  }
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
