import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { type Chunks, readAll } from '../bytes';
import { As2Error, toAs2Error } from '../errors';
import { Headers } from '../mime';
import type { ConnectionOptions, ServerAgent } from './agent';
import { authorizationFor } from './authorization';
import type { PostRequest, PostResponse } from './client';
import { responseTimeout, transferError, type TransferState } from './client-errors';
import { CONNECTION_DEFAULTS, type ConnectionSettings } from './connection';
import { ownHeaders } from './own-headers';
import { bareHost, type Proxy, proxyRefusal } from './proxy';
import { urlForProxy } from './url';

const RESPONSE_LIMIT_BYTES = 4 * 1024 * 1024;
/** A body up to this size is handed over in one piece. */
const SMALL_BYTES = 64 * 1024;
/** Receipts of some products carry long headers (HTTP-19). */
const MAX_HEADER_BYTES = 64 * 1024;

/** Connections that carried a request before. */
const used = new WeakSet<object>();

export interface AttemptOptions {
  readonly url: URL;
  readonly request: PostRequest;
  readonly settings: ConnectionSettings;
  readonly proxy: Proxy | undefined;
  /** Whether user name and password are sent. */
  readonly sendsLogin: boolean;
}

/** One request on one connection. */
export class Attempt {
  private outgoing: ClientRequest | undefined;
  private sentBytes = 0;
  private answered = false;
  private onKeptConnection = false;
  /** Why we ended it ourselves; Node reports that only as a broken connection. */
  private ended: As2Error | undefined;

  private readonly url: URL;
  private readonly request: PostRequest;
  private readonly settings: ConnectionSettings;
  /** A proxy that reads the request: only with http. */
  private readonly proxy: Proxy | undefined;
  /** For a connection that is still being made. */
  private readonly stopping = new AbortController();
  private onEnd: ((reason: As2Error) => void) | undefined;

  constructor(private readonly o: AttemptOptions) {
    this.url = o.url;
    this.request = o.request;
    this.settings = o.settings;
    this.proxy = o.url.protocol === 'http:' ? o.proxy : undefined;
  }

  /** Whether a failure can be that of a connection the partner had given up already. */
  get mayBeRepeated(): boolean {
    return this.onKeptConnection && !this.answered;
  }

  /** @throws As2Error */
  async run(agent: ServerAgent): Promise<PostResponse> {
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

  /** @throws As2Error `http-credentials-need-tls`, `http-header-not-allowed` */
  private open(agent: ServerAgent): ClientRequest {
    const { url, request, settings, proxy } = this;
    const authorization = this.o.sendsLogin ? authorizationFor(url, settings) : undefined;
    const own = ownHeaders(url, settings);
    const options: ConnectionOptions = {
      method: request.method ?? 'POST',
      protocol: url.protocol,
      host: bareHost(url),
      port: url.port,
      // RFC 9112 §3.2.2: a proxy is told the whole address.
      path: proxy ? urlForProxy(url) : `${url.pathname}${url.search}`,
      agent,
      // Folded header fields in a receipt of an old product (HTTP-06); what else this lets through is checked below.
      insecureHTTPParser: true,
      maxHeaderSize: MAX_HEADER_BYTES,
      stop: this.stopping.signal,
    };
    const outgoing = httpRequest(options);
    try {
      for (const [name, value] of request.headers.entries()) outgoing.setHeader(name, value);
      for (const [name, value] of own) outgoing.setHeader(name, value);
      if (authorization !== undefined) outgoing.setHeader('Authorization', authorization);
      if (proxy?.authorization !== undefined) outgoing.setHeader('Proxy-Authorization', proxy.authorization);
      if (options.method !== 'POST') outgoing.removeHeader('Content-Length');
      else if (settings.chunked === true) outgoing.setHeader('Transfer-Encoding', 'chunked');
      else outgoing.setHeader('Content-Length', request.body.length);
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
      this.onEnd = reject;
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      // Another protocol instead of an answer: Node.js drops the connection without an error.
      outgoing.once('close', () => {
        if (!this.answered) reject(this.otherProtocol());
      });
    });
    const sending = this.request.body.length <= SMALL_BYTES ? this.sendAtOnce(outgoing) : this.pump(outgoing);
    // A failure of sending reaches `answer` as the error of the request; an answer that comes earlier wins.
    sending.catch(() => undefined);
    const incoming = await answer;
    this.answered = true;
    const response = await this.read(incoming);
    // REL-10: a success counts only when the partner took everything; a refusal needs no further bytes.
    if (response.status < 300) await sending.catch((error: unknown) => this.unlessClosedBehind(error));
    return response;
  }

  /** A server that closes the connection behind its answer can be faster than the word that the last octets are gone. */
  private unlessClosedBehind(error: unknown): void {
    if (this.ended || this.sentBytes < this.request.body.length) throw error;
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
    const status = incoming.statusCode ?? 0;
    if (this.proxy && status === 407) throw proxyRefusal(status, this.proxy, this.url);
    return { status, headers, body };
  }

  /** A body no faster than the network takes it. @returns when it has taken everything */
  private async pump(outgoing: ClientRequest): Promise<void> {
    try {
      for await (const chunk of this.readable(this.request.body.open())) {
        const hasRoom = outgoing.write(chunk);
        this.sentBytes += chunk.length;
        if (!hasRoom) await comes(outgoing, 'drain');
      }
      this.assertWhole();
    } catch (error) {
      outgoing.destroy(toAs2Error(error));
      throw error;
    }
    outgoing.end();
    await comes(outgoing, 'finish');
  }

  private assertWhole(): void {
    const missing = this.request.body.length - this.sentBytes;
    if (missing > 0) throw (this.ended ??= new As2Error('truncated', { expected: missing }));
  }

  /** A small body in one write, for which no stream is worth its while. @returns when the network has taken it */
  private async sendAtOnce(outgoing: ClientRequest): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of this.request.body.open()) {
        parts.push(part);
        this.sentBytes += part.length;
      }
      this.assertWhole();
    } catch (error) {
      this.ended ??= toAs2Error(error);
      outgoing.destroy(this.ended);
      throw error;
    }
    await new Promise<void>((resolve, reject) => {
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) reject(new Error('closed before everything was sent'));
      });
      outgoing.end(parts.length === 1 ? parts[0] : Buffer.concat(parts), resolve);
    });
  }

  /**
   * The body on its way; when it cannot be read, that is the failure, and not the connection we break for it. A generator
   * of its own: a connection that breaks is thrown into the one that is asked for the next chunk.
   */
  private async *readable(chunks: Chunks): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of chunks) yield chunk;
    } catch (error) {
      this.ended ??= toAs2Error(error);
      throw error;
    }
  }

  /** The limit for silence; that until a connection stands is with the agent, which makes it. */
  private watchTime(outgoing: ClientRequest): void {
    const { responseTimeoutMs } = { ...CONNECTION_DEFAULTS, ...this.settings };
    outgoing.once('socket', (socket: Socket) => {
      // Node's own `reusedSocket` misses those that were waited for.
      this.onKeptConnection = used.has(socket);
      used.add(socket);
    });
    outgoing.setTimeout(responseTimeoutMs, () => this.end(responseTimeout(this.state())));
  }

  private end(reason: As2Error): void {
    this.ended ??= reason;
    this.stopping.abort(reason);
    this.outgoing?.destroy(reason);
    // A request without a connection does not say that it was ended.
    this.onEnd?.(reason);
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

async function comes(outgoing: ClientRequest, event: 'drain' | 'finish'): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      outgoing.off(event, onEvent).off('close', onClose);
    };
    const onEvent = (): void => {
      end();
      resolve();
    };
    const onClose = (): void => {
      end();
      reject(new Error('closed before everything was sent'));
    };
    outgoing.once(event, onEvent).once('close', onClose);
    if (outgoing.closed) onClose();
  });
}
