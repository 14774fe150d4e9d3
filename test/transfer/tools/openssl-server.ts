import { connect, type Socket } from 'node:net';
import { freePort } from '../../support/free-port';
import { RunningTool } from './running-tool';
import type { Issued } from './tls-authority';

/** What runs over a connection to `openssl s_server`. */
export interface OpensslServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** What openssl complained about so far. */
  readonly complaints: () => string;
  /** Bytes of the plain text that came through TLS. */
  readonly receivedBytes: () => number;
}

export interface OpensslServerOptions {
  readonly shows: Issued;
  /** More of its own words, such as `-tls1_2`. */
  readonly words?: readonly string[];
  /** Where the plain text goes on to: a server without TLS. */
  readonly upstream: string;
}

/**
 * Runs `work` against `openssl s_server`, which speaks TLS for a server that does not; for one connection, because
 * s_server does not tell where one ends.
 */
export async function withOpensslServer<T>(
  { shows, words = [], upstream }: OpensslServerOptions,
  work: (server: OpensslServer) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const own = ['-cert', shows.certificateFile, '-key', shows.keyFile, '-cert_chain', shows.certificateFile];
  const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-quiet', ...own, ...words];
  const tool = await RunningTool.start('openssl', args, port);
  const { hostname, port: upstreamPort } = new URL(upstream);
  let behind: Socket | undefined;
  let receivedBytes = 0;
  tool.child.stdout.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    behind ??= connect(Number(upstreamPort), hostname)
      .on('error', () => undefined)
      .on('data', (answer: Buffer) => tool.child.stdin.write(answer));
    behind.write(chunk);
  });
  try {
    return await work({
      url: `https://localhost:${port}`,
      complaints: () => tool.complaints,
      receivedBytes: () => receivedBytes,
    });
  } finally {
    behind?.destroy();
    await tool.stop();
  }
}
