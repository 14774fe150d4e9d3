import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type ConnectionOptions, getCACertificates, rootCertificates } from 'node:tls';
import { As2Error } from '../errors';

/** How a partner's server is reached; everything has a default. */
export interface ConnectionSettings {
  /** Longest time for name resolution, TCP and TLS together; default 30 s. */
  readonly connectTimeoutMs?: number;
  /** Longest silence, while sending or while waiting for the answer; default 180 s, for slow synchronous receipts. */
  readonly responseTimeoutMs?: number;
  /** HTTP Basic, over https only (TLS-06). */
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly tls?: TlsSettings;
}

export interface TlsSettings {
  /** PEM certificates that are trusted in addition to those of the system: a partner's own one, or its issuer's. */
  readonly ca?: string;
  /** Node's own TLS options: `key`, `cert`, `pfx`, `passphrase`, `servername`, `ca` (instead of the system's), … */
  readonly options?: ConnectionOptions;
}

export const CONNECTION_DEFAULTS = { connectTimeoutMs: 30_000, responseTimeoutMs: 180_000 } as const;

/** Connections are kept for the next message for this long; many servers close after 5 s by themselves. */
const IDLE_CONNECTION_MS = 15_000;
const CONNECTIONS_PER_HOST = 16;

/**
 * An agent for a URL's protocol.
 * @param keepAlive whether connections are kept for the next request
 * @throws As2Error `tls-verification-off`, `tls-options-unreadable`
 */
export function createAgent(
  url: URL,
  settings: ConnectionSettings,
  keepAlive: boolean,
): HttpAgent | HttpsAgent {
  const pool = {
    keepAlive,
    // For one request: with a limit Node.js would still ask the server to keep the connection.
    maxSockets: keepAlive ? CONNECTIONS_PER_HOST : Number.POSITIVE_INFINITY,
    maxFreeSockets: CONNECTIONS_PER_HOST,
    timeout: IDLE_CONNECTION_MS,
    scheduling: 'lifo',
  } as const;
  if (url.protocol === 'http:') return new HttpAgent(pool);
  return new HttpsAgent({ ...tlsOptions(url, settings.tls), ...pool });
}

/** Names and chains are always checked (TLS-04), and nothing below TLS 1.2 is spoken unless configured (TLS-01). */
function tlsOptions(url: URL, settings: TlsSettings = {}): ConnectionOptions {
  const { options = {}, ca } = settings;
  const own = options.ca ?? [...systemCertificates()];
  if (options.rejectUnauthorized === false)
    throw new As2Error('tls-verification-off', { host: url.hostname });
  return {
    minVersion: 'TLSv1.2',
    ...options,
    ...(ca === undefined ? {} : { ca: [...(Array.isArray(own) ? own : [own]), ca] }),
    rejectUnauthorized: true,
  };
}

/** With `ca` Node trusts only what is listed there, so the system's certificates have to be named too. */
function systemCertificates(): readonly string[] {
  return typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
}
