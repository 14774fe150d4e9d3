import type { LookupFunction } from 'node:net';
import type { ProxySettings } from './proxy';
import type { TlsSettings } from './tls';

/** How a partner's server is reached; everything has a default. */
export interface ConnectionSettings {
  /** Longest time for name resolution, TCP, proxy and TLS together; default 30 s. */
  readonly connectTimeoutMs?: number;
  /** Longest silence, while sending or while waiting for the answer; default 180 s, for slow synchronous receipts. */
  readonly responseTimeoutMs?: number;
  /** Over https only (TLS-06). */
  readonly credentials?: Credentials;
  /** Header fields a partner wants beside those of AS2, such as the key of an API gateway. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsSettings;
  /** `environment`: what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say. Default: no proxy. */
  readonly proxy?: ProxySettings | 'environment';
  /** Chunked transfer instead of a Content-Length, for partners that want it; default false. */
  readonly chunked?: boolean;
  /**
   * HTTP-15: `same-host` follows 307 and 308 to another address of the same host, at most three times and never from
   * https to http. Default: `no`, the answer is a failure.
   */
  readonly redirects?: 'no' | 'same-host';
  /** In place of the system's name resolution. */
  readonly lookup?: LookupFunction;
  /**
   * Asked for every address a host name stands for (or that stands in the URL), before there is a connection.
   * @returns why it must not be called; undefined when it may be
   */
  readonly refuseAddress?: (address: string) => string | undefined;
}

export type Credentials =
  | {
      readonly username: string;
      readonly password: string;
      /**
       * HTTP-14: with every request, so that a large message does not travel twice; or only after the server has asked
       * for them once, for servers that trip over an unexpected `Authorization`. Default: `at-once`.
       */
      readonly send?: 'at-once' | 'when-asked';
    }
  | { readonly bearer: string };

export const CONNECTION_DEFAULTS = { connectTimeoutMs: 30_000, responseTimeoutMs: 180_000 } as const;
