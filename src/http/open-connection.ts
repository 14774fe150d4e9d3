import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { As2Error, isAs2Error } from '../errors';
import { ServerAgent } from './agent';
import { transferError } from './client-errors';
import type { ConnectionSettings } from './connection';
import { proxyFor } from './proxy';

export interface OpenConnectionOptions {
  readonly signal?: AbortSignal;
  /** What the server shows in the TLS handshake, before it is judged; the socket must not be written to. */
  readonly onPeer?: (socket: TLSSocket) => void;
}

/**
 * A connection as a request would get it, with every check of the server, and nothing sent on it yet.
 * @throws As2Error `http-…`, `proxy-…` or `tls-…`
 */
export async function openConnection(
  url: URL,
  settings: ConnectionSettings,
  { signal, onPeer }: OpenConnectionOptions = {},
): Promise<Duplex> {
  const proxy = proxyFor(url, settings.proxy);
  const agent = new ServerAgent({ url, settings, proxy, keepAlive: false, onPeer });
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const stop = (): void => {
    agent.destroy();
    reject(new As2Error('http-aborted', { host: url.hostname }));
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  agent.createConnection({}, (error, socket) => {
    if (error) reject(connectionError(error, url, settings));
    else resolve(socket);
  });
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The failure to connect in our words. */
export function connectionError(error: unknown, url: URL, settings: ConnectionSettings): As2Error {
  if (isAs2Error(error)) return error;
  return transferError(error, { url, settings, sentBytes: 0, totalBytes: 0, answered: false });
}
