import type { SizedSource } from '../bytes';
import type { Headers } from '../mime';
import { asksForBasic } from './authorization';
import type { ConnectionSettings } from './connection';
import { nextAddress } from './redirect';
import { ServerConnections } from './server-connections';
import { withoutOwnCertificate } from './tls';
import { parseHttpUrl } from './url';

export interface PostRequest {
  /** http or https; a user name and password in it are used like credentials and never shown. */
  readonly url: string;
  /** Without Host and Content-Length, which are made here. */
  readonly headers: Headers;
  /** Default: POST. A GET or HEAD, whose body is empty, is for looking what is there. */
  readonly method?: 'POST' | 'GET' | 'HEAD';
  /** Read once for every attempt on a connection. */
  readonly body: SizedSource;
  /** Largest answer that is read; default 4 MiB, a receipt has a few KiB. */
  readonly responseLimitBytes?: number;
  /** `fresh`: not on a connection that was kept; for a repeat, when the last one may have broken (HTTP-17). */
  readonly connection?: 'kept' | 'fresh';
  /** Requests that go to the server at one time, this one too; default 16. A fresh connection does not count. */
  readonly parallel?: number | undefined;
  readonly signal?: AbortSignal;
}

export interface PostResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Sends requests to one partner and keeps connections open between them. */
export interface HttpClient {
  /**
   * POSTs a body of known length (HTTP-01, HTTP-03). Interim answers are skipped (HTTP-16); every status is an answer,
   * but a challenge is answered (HTTP-14) and a redirect followed (HTTP-15) where the settings say so: with the same
   * headers and the same bytes.
   * @throws As2Error `http-…`, `tls-…` or `proxy-…`: there is no complete answer
   */
  post(request: PostRequest): Promise<PostResponse>;
  /** Closes all connections. */
  close(): void;
}

export function createHttpClient(settings: ConnectionSettings = {}): HttpClient {
  const servers = new Map<string, ServerConnections>();
  const serverOf = (url: URL, own: ConnectionSettings): ServerConnections => {
    // A redirect to another port has its own connections, without what is for the partner's own address.
    const key = `${url.origin} ${own === settings}`;
    const server = servers.get(key) ?? new ServerConnections(url, own);
    servers.set(key, server);
    return server;
  };
  return {
    async post(request) {
      const first = parseHttpUrl(request.url);
      let url = first;
      for (let redirects = 0; ; redirects++) {
        const own = url.origin === first.origin ? settings : withoutLogin(settings);
        const response = await postWithLogin(serverOf(url, own), url, request);
        const next = nextAddress(url, response, { redirects, allowed: settings.redirects });
        if (!next) return response;
        url = next;
      }
    },
    close() {
      for (const server of servers.values()) server.close();
      servers.clear();
    },
  };
}

/** HTTP-14: a challenge is answered once; the second 401 is the answer. */
async function postWithLogin(
  server: ServerConnections,
  url: URL,
  request: PostRequest,
): Promise<PostResponse> {
  const response = await server.post(url, request);
  if (response.status !== 401 || server.sendsLogin || !asksForBasic(response.headers)) return response;
  server.sendsLogin = true;
  return server.post(url, request);
}

/** What belongs to one server only: it is not shown to another one. */
function withoutLogin({ credentials: _c, headers: _h, ...settings }: ConnectionSettings): ConnectionSettings {
  return { ...settings, tls: withoutOwnCertificate(settings.tls ?? {}) };
}
