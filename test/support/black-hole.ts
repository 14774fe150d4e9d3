import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Listens and then does nothing at all: nobody takes connections out of the queue of the system. */
const DEAF = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** So many connections Linux takes for such a server before it drops what comes, as a firewall does. */
const QUEUE = 2;

/** Runs `work` with a port of this machine at which connections are neither taken nor refused. */
export async function withBlackHole(work: (port: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(said.toString());
    for (let taken = 0; taken < QUEUE; taken++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      waiting.push(socket);
      await once(socket, 'connect');
    }
    await work(port);
  } finally {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}
