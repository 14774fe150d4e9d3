import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs `openssl s_server` on a port of its own: it answers every request with an empty 200, and is stopped afterwards.
 * @param args such as `-tls1_2`, `-cert`, `-key`
 */
export async function withOpensslServer<T>(
  args: readonly string[],
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...args]);
  const ended = once(server, 'close');
  let output = '';
  const url = new Promise<string>((resolve, reject) => {
    server.once('error', reject);
    server.once('close', () => reject(new Error(`openssl s_server ended: ${output}`)));
    const onData = (chunk: Buffer): void => {
      output += chunk.toString('latin1');
      const port = /^ACCEPT .*:(\d+)\s*$/m.exec(output)?.[1];
      if (port !== undefined) resolve(`https://localhost:${port}`);
      if (!output.includes('\r\n\r\n')) return;
      output = '';
      server.stdin.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    };
    server.stdout.on('data', onData);
    server.stderr.on('data', onData);
  });
  server.stdin.on('error', () => undefined);
  try {
    return await work(await url);
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}
