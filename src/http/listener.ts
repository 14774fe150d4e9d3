import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import { As2Error, toAs2Error } from '../errors';
import type { AddressRanges } from './address-ranges';
import { busyAnswer, refusalAnswer, sendAnswer, textAnswer } from './answer';
import { answerClientError } from './client-error';
import { checkFraming } from './framing';
import { ListenerConnections } from './listener-connections';
import { listenError } from './listener-errors';
import { ListenerSecurity, type ListenerTls } from './listener-tls';
import { remoteAddressOf } from './remote-address';

export type { ListenerTls } from './listener-tls';

export interface ListenerOptions {
  /** An address of this machine; default all. */
  readonly host?: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly tls?: ListenerTls;
  /** Folded header fields and blanks behind the size of chunks, for very old products (HTTP-06, HTTP-04). */
  readonly tolerant?: boolean;
  /** Default 1000. What comes beyond is closed at once. */
  readonly maxConnections?: number;
  /** Default 250. */
  readonly maxConnectionsPerAddress?: number;
  /** Reverse proxies in front of it: of their connections the number in all counts alone. */
  readonly proxies?: AddressRanges;
  /** How long the head of a request may take, from the connection or the last request on; default 30 s. */
  readonly headersTimeoutMs?: number;
  /** How long a connection may rest between two requests; default 15 s. */
  readonly keepAliveTimeoutMs?: number;
  /** Answers GET with 200 or 503 and nothing else; default none. */
  readonly healthPath?: string;
  readonly isHealthy?: () => boolean;
  /** Finds who answers at a path (with its query cut off); what is in no hands gets 404. */
  readonly route: (path: string) => Route | undefined;
  /** What happens besides: a request that is none, a handler that throws, the server that fails. */
  readonly onProblem?: (error: As2Error) => void;
}

export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export const LISTENER_DEFAULTS = {
  maxConnections: 1000,
  maxConnectionsPerAddress: 250,
  headersTimeoutMs: 30_000,
  keepAliveTimeoutMs: 15_000,
} as const;

/** HTTP-19: the headers of some products are long. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How often Node.js looks for heads that take too long. */
const CHECKING_MS = 2_000;
const REQUESTS_PER_CONNECTION = 1_000;
const GRACE_MS = 8_000;

/** A server for AS2 alone, which brings requests to who handles their path. */
export class HttpListener {
  private readonly server: Server;
  private readonly security: ListenerSecurity | undefined;
  private readonly connections: ListenerConnections;
  private readonly working = new Set<Promise<void>>();
  private isClosing = false;

  private constructor(private readonly options: ListenerOptions) {
    const { maxConnections, maxConnectionsPerAddress, proxies } = { ...LISTENER_DEFAULTS, ...options };
    const settings = serverOptions(options);
    this.security = options.tls && new ListenerSecurity(options.tls, settings);
    this.server = this.security?.server ?? createServer(settings);
    const perAddress = maxConnectionsPerAddress;
    this.connections = new ListenerConnections({ all: maxConnections, perAddress, proxies });
    this.connections.watch(this.server);
    this.server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
    this.server.on('request', (request, response) => this.take(request, response));
    this.server.on('clientError', answerClientError);
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** @throws As2Error `listener-…` */
  static async open(options: ListenerOptions): Promise<HttpListener> {
    const listener = new HttpListener(options);
    await listener.listen();
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? 0;
  }

  get isSecure(): boolean {
    return this.security !== undefined;
  }

  /** Connections that are open at this moment. */
  get inUse(): number {
    return this.connections.size;
  }

  /**
   * Certificates of senders, or of who issued them, that are let in beside those of `tls.options.ca`; counts for new
   * connections.
   * @throws As2Error `listener-tls-unusable`
   */
  trustClients(certificates: readonly string[]): void {
    this.security?.trustClients(certificates);
  }

  /**
   * Another certificate with its key (`tls.options`) for new connections; open ones go on as they are.
   * @throws As2Error `listener-tls-unusable`, and the one of before stays
   */
  showCertificate(options: TlsOptions): void {
    this.security?.show(options);
  }

  /** No new connections; what is in work goes on for `graceMs` at most, and new requests on old connections get 503. */
  async close(graceMs: number = GRACE_MS): Promise<void> {
    this.isClosing = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const patience = new AbortController();
    await Promise.race([this.idle(), delay(graceMs, undefined, { signal: patience.signal })]);
    patience.abort();
    // Answers that are finished are with the network by now; nobody has to wait for those who keep quiet.
    this.connections.destroyAll();
    await closed;
  }

  private async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.all(this.working);
  }

  private async listen(): Promise<void> {
    const { host = '', port } = this.options;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, host, port));
      this.server.once('error', failed);
      this.server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
        this.server.off('error', failed);
        this.server.on('error', (error) => this.tell(listenError(error, host, port)));
        resolve();
      });
    });
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    // Law 8: the connection may break at any time, and nobody but us listens.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const work = this.answer(request, response).catch(async (error: unknown) => {
      this.tell(toAs2Error(error));
      await sendAnswer(request, response, busyAnswer());
    });
    this.working.add(work);
    void work.finally(() => this.working.delete(work));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isClosing) {
      await sendAnswer(request, response, busyAnswer());
      return;
    }
    try {
      checkFraming(request);
    } catch (error) {
      const refusal = toAs2Error(error);
      this.tell(refusal);
      await sendAnswer(request, response, refusalAnswer(refusal));
      return;
    }
    // Where a chunk ends is a matter of opinion for a tolerant parser: nothing may follow on this connection (HTTP-05).
    if (this.options.tolerant && request.headers['transfer-encoding'] !== undefined) {
      response.shouldKeepAlive = false;
    }
    await this.bring(request, response);
  }

  private async bring(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { healthPath, isHealthy = () => true, route } = this.options;
    const path = (request.url ?? '').replace(/[?#].*$/s, '');
    if (path === healthPath && (request.method === 'GET' || request.method === 'HEAD')) {
      await sendAnswer(request, response, isHealthy() ? textAnswer(200, 'ok') : textAnswer(503, 'not ready'));
      return;
    }
    const handle = route(path);
    if (handle) {
      await handle(request, response);
      return;
    }
    const refusal = new As2Error('request-path-unknown', { remoteAddress: remoteAddressOf(request), path });
    this.tell(refusal);
    await sendAnswer(request, response, refusalAnswer(refusal));
  }

  private tell(problem: As2Error): void {
    try {
      this.options.onProblem?.(problem);
    } catch (error) {
      // Law 8: nobody else is there to be told.
      process.emitWarning(new Error('a problem of a listener could not be told', { cause: error }));
    }
  }
}

function serverOptions(options: ListenerOptions): ServerOptions {
  const { tolerant = false } = options;
  const { headersTimeoutMs, keepAliveTimeoutMs } = { ...LISTENER_DEFAULTS, ...options };
  return {
    insecureHTTPParser: tolerant,
    maxHeaderSize: MAX_HEADER_BYTES,
    // HTTP-19: a body may take as long as it takes; silence in it is for who reads it.
    requestTimeout: 0,
    headersTimeout: headersTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECKING_MS, headersTimeoutMs),
  };
}
