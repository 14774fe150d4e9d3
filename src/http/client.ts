import { type ClientRequest, type IncomingMessage, request as httpRequest, type Agent } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Chunks, readAll, type SizedSource } from '../bytes';
import { As2Error, isAs2Error, toAs2Error } from '../errors';
import { Headers } from '../mime';
import { connectTimeout, responseTimeout, transferError, type TransferState } from './client-errors';
import { CONNECTION_DEFAULTS, type ConnectionSettings, createAgent } from './connection';
import { parseHttpUrl } from './url';

export interface PostRequest {
  /** http or https; a user name and password in it are used like credentials and never shown. */
  readonly url: string;
  /** Without Host and Content-Length, which are made here. */
  readonly headers: Headers;
  /** Read once for every attempt on a connection. */
  readonly body: SizedSource;
  /** Largest answer that is read; default 4 MiB, a receipt has a few KiB. */
  readonly responseLimitBytes?: number;
  /** `fresh`: not on a connection that was kept; for a repeat, when the last one may have broken (HTTP-17). */
  readonly connection?: 'kept' | 'fresh';
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
   * POSTs a body of known length (HTTP-01, HTTP-03). No redirect is followed (HTTP-15), interim answers are skipped
   * (HTTP-16), and every status is an answer.
   * @throws As2Error `http-…` or `tls-…`: there is no complete answer
   */
  post(request: PostRequest): Promise<PostResponse>;
  /** Closes the connections that are kept; a request in work ends first. */
  close(): void;
}

const RESPONSE_LIMIT_BYTES = 4 * 1024 * 1024;
/** A body up to this size is handed over in one piece. */
const SMALL_BYTES = 64 * 1024;
/** Receipts of some products carry long headers (HTTP-19). */
const MAX_HEADER_BYTES = 64 * 1024;

export function createHttpClient(settings: ConnectionSettings = {}): HttpClient {
  const agents = new Map<string, Agent>();
  const keptAgent = (url: URL): Agent => {
    const agent = agents.get(url.protocol) ?? createAgentSafely(url, settings, true);
    agents.set(url.protocol, agent);
    return agent;
  };
  return {
    async post(request) {
      const url = parseHttpUrl(request.url);
      const attempt = new Attempt(url, request, settings);
      if (request.connection === 'fresh') return attempt.run(createAgentSafely(url, settings, false));
      try {
        return await attempt.run(keptAgent(url));
      } catch (error) {
        // A kept connection may be closed by the partner at the very moment it is used again. Nothing was answered,
        // and the same bytes with the same Message-ID may be repeated (REL-01).
        if (!(attempt.mayBeRepeated && isAs2Error(error) && error.code === 'http-connection-lost'))
          throw error;
        return new Attempt(url, request, settings).run(createAgentSafely(url, settings, false));
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function createAgentSafely(url: URL, settings: ConnectionSettings, keepAlive: boolean): Agent {
  try {
    return createAgent(url, settings, keepAlive);
  } catch (error) {
    throw isAs2Error(error) ? error : optionsUnreadable(url, error);
  }
}

function optionsUnreadable(url: URL, error: unknown): As2Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new As2Error('tls-options-unreadable', { host: url.hostname, reason }, { cause: error });
}

/** One request on one connection. */
class Attempt {
  private outgoing: ClientRequest | undefined;
  private sentBytes = 0;
  private answered = false;
  private onKeptConnection = false;
  /** Why we ended it ourselves; Node reports that only as a broken connection. */
  private ended: As2Error | undefined;

  constructor(
    private readonly url: URL,
    private readonly request: PostRequest,
    private readonly settings: ConnectionSettings,
  ) {}

  /** Whether a failure can be that of a connection the partner had given up already. */
  get mayBeRepeated(): boolean {
    return this.onKeptConnection && !this.answered;
  }

  async run(agent: Agent): Promise<PostResponse> {
    if (this.request.signal?.aborted) throw this.aborted();
    const outgoing = this.open(agent);
    this.outgoing = outgoing;
    const onAbort = (): void => this.end(this.aborted());
    this.request.signal?.addEventListener('abort', onAbort);
    try {
      return await this.exchange(outgoing);
    } catch (error) {
      throw this.ended ?? transferError(error, this.state());
    } finally {
      this.request.signal?.removeEventListener('abort', onAbort);
      if (!outgoing.writableFinished) outgoing.destroy();
    }
  }

  /** @throws As2Error `http-credentials-need-tls`, `tls-options-unreadable` */
  private open(agent: Agent): ClientRequest {
    const { url, request } = this;
    const authorization = authorizationFor(url, this.settings);
    const secure = url.protocol === 'https:';
    let outgoing: ClientRequest;
    try {
      outgoing = (secure ? httpsRequest : httpRequest)({
        method: 'POST',
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        agent,
        // Folded header fields in a receipt of an old product (HTTP-06); what else this lets through is checked below.
        insecureHTTPParser: true,
        maxHeaderSize: MAX_HEADER_BYTES,
      });
    } catch (error) {
      throw optionsUnreadable(url, error);
    }
    try {
      for (const [name, value] of request.headers.entries()) outgoing.setHeader(name, value);
      if (authorization !== undefined) outgoing.setHeader('Authorization', authorization);
      outgoing.setHeader('Content-Length', request.body.length);
      this.watchTime(outgoing);
    } catch (error) {
      // Node.js refuses some values; the request exists already, and its own error must find a listener (law 8).
      outgoing.on('error', () => undefined).destroy();
      throw error;
    }
    return outgoing;
  }

  private async exchange(outgoing: ClientRequest): Promise<PostResponse> {
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      // Another protocol instead of an answer: Node.js drops the connection without an error.
      outgoing.once('close', () => {
        if (!this.answered) reject(this.otherProtocol());
      });
    });
    const chunks = this.counted(this.request.body.open());
    const sending =
      this.request.body.length <= SMALL_BYTES
        ? sendAtOnce(chunks, outgoing)
        : pipeline(inBytes(chunks), outgoing);
    // A failure of sending reaches `answer` as the error of the request; an answer that comes earlier wins.
    sending.catch(() => undefined);
    const incoming = await answer;
    this.answered = true;
    const response = await this.read(incoming);
    // REL-10: a success counts only when the partner took everything; a refusal needs no further bytes.
    if (response.status < 300) await sending;
    return response;
  }

  private async read(incoming: IncomingMessage): Promise<PostResponse> {
    const host = this.url.hostname;
    const headers = Headers.fromRawHeaders(incoming.rawHeaders);
    if (headers.has('Content-Length') && headers.has('Transfer-Encoding')) {
      incoming.destroy();
      throw new As2Error('http-response-malformed', { host, reason: 'its length is stated in two ways' });
    }
    const limitBytes = this.request.responseLimitBytes ?? RESPONSE_LIMIT_BYTES;
    const tooLarge = (): As2Error => new As2Error('http-response-too-large', { host, limitBytes });
    const body = await readAll(incoming, limitBytes, tooLarge);
    if (!incoming.complete) throw new As2Error('http-response-truncated', { host });
    return { status: incoming.statusCode ?? 0, headers, body };
  }

  /** The body on its way; when it cannot be read, that is the failure, and not the connection we break for it. */
  private async *counted(chunks: Chunks): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of chunks) {
        yield chunk;
        this.sentBytes += chunk.length;
      }
      const missing = this.request.body.length - this.sentBytes;
      if (missing > 0) throw new As2Error('truncated', { expected: missing });
    } catch (error) {
      this.ended ??= toAs2Error(error);
      throw error;
    }
  }

  /** One limit until the connection stands, another one for silence on it. */
  private watchTime(outgoing: ClientRequest): void {
    const { connectTimeoutMs, responseTimeoutMs } = { ...CONNECTION_DEFAULTS, ...this.settings };
    outgoing.once('socket', (socket: Socket & { readonly secureConnecting?: boolean }) => {
      // Of a kept connection; Node's own `reusedSocket` misses those that were waited for.
      this.onKeptConnection = !socket.connecting && socket.secureConnecting !== true;
      if (this.onKeptConnection) return;
      const ready = this.url.protocol === 'https:' ? 'secureConnect' : 'connect';
      const timer = setTimeout(() => this.end(connectTimeout(this.state())), connectTimeoutMs);
      const stop = (): void => clearTimeout(timer);
      socket.once(ready, stop);
      outgoing.once('close', stop);
    });
    outgoing.setTimeout(responseTimeoutMs, () => this.end(responseTimeout(this.state())));
  }

  private end(reason: As2Error): void {
    this.ended ??= reason;
    this.outgoing?.destroy(reason);
  }

  private otherProtocol(): As2Error {
    const reason = 'it is for another protocol than HTTP';
    return new As2Error('http-response-malformed', { host: this.url.hostname, reason });
  }

  private aborted(): As2Error {
    return new As2Error('http-aborted', { host: this.url.hostname });
  }

  private state(): TransferState {
    const { url, settings, sentBytes, answered } = this;
    return { url, settings, sentBytes, answered, totalBytes: this.request.body.length };
  }
}

function inBytes(chunks: Chunks): Readable {
  return Readable.from(chunks, { objectMode: false });
}

/** The same in one write, for which no stream is worth its while. @returns when the network has taken it */
async function sendAtOnce(chunks: Chunks, outgoing: ClientRequest): Promise<void> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of chunks) parts.push(chunk);
  } catch (error) {
    outgoing.destroy(toAs2Error(error));
    throw error;
  }
  await new Promise<void>((resolve, reject) => {
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) reject(new Error('closed before everything was sent'));
    });
    outgoing.end(Buffer.concat(parts), resolve);
  });
}

/** HTTP Basic, sent at once: a large message should not travel twice. Only over TLS (TLS-06). */
function authorizationFor(url: URL, settings: ConnectionSettings): string | undefined {
  const credentials =
    settings.credentials ??
    (url.username === '' ? undefined : { username: decode(url.username), password: decode(url.password) });
  if (!credentials) return undefined;
  if (url.protocol !== 'https:') throw new As2Error('http-credentials-need-tls', { host: url.hostname });
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
