import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Headers } from '../../../src/mime';
import { type WireAnswer, type WireMessage, withHeaders } from '../../partner/wire-message';

export interface Head {
  readonly status: number;
  readonly length: string | undefined;
  readonly headers: Headers;
}

const PATIENCE_MS = 30_000;

type Fields = Readonly<Record<string, string | undefined>>;

/** A sender that knows AS2 Restart and does by hand what the test wants. */
export class RestartingSender {
  readonly message: WireMessage;
  readonly total: number;

  constructor(
    readonly url: string,
    message: WireMessage,
    readonly tag = '"0b9e2a2e-51c1-4f0e-9f0d-6a1f5f1a2b3c"',
  ) {
    this.message = withHeaders(message, { ETag: tag });
    this.total = message.body.length;
  }

  /** RST-02. */
  async head(changes: Fields = {}): Promise<Head> {
    const request = httpRequest(this.url, { method: 'HEAD', agent: false });
    const { headers } = this.message;
    const fields: Fields = {
      ETag: this.tag,
      'AS2-From': headers.get('AS2-From'),
      'AS2-To': headers.get('AS2-To'),
      'AS2-Version': '1.2',
      ...changes,
    };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) request.setHeader(name, value);
    }
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    const answered = Headers.fromRawHeaders(response.rawHeaders);
    return { status: response.statusCode ?? 0, length: answered.get('Content-Length'), headers: answered };
  }

  /** Octets the receiver says it holds, as soon as it does not write them any more. */
  async held(): Promise<number> {
    for (;;) {
      const { status, length } = await this.head();
      if (status === 200) return Number(length);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Posts the body from an octet on. */
  async post(first = 0, changes: Fields = {}): Promise<WireAnswer> {
    const body = this.message.body.subarray(first);
    const request = this.begin({
      'Content-Range': this.range(first),
      'Content-Length': String(body.length),
      ...changes,
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return {
      status: response.statusCode ?? 0,
      headers: Headers.fromRawHeaders(response.rawHeaders),
      body: await buffer(response),
    };
  }

  /** Posts from one octet to another, of what was announced to be more, and leaves the connection open. */
  async hang(first: number, end: number, changes: Fields = {}): Promise<ClientRequest> {
    const length = String(this.total - first);
    const request = this.begin({ 'Content-Range': this.range(first), 'Content-Length': length, ...changes });
    request.on('error', () => undefined);
    await new Promise((resolve) => request.write(this.message.body.subarray(first, end), resolve));
    return request;
  }

  /**
   * As `hang`; then the line breaks. What the receiver has not read by then is lost, so it may take more than one.
   * @returns octets the receiver holds, more than before
   */
  async cut(first: number, end: number, changes: Fields = {}): Promise<number> {
    const patience = Date.now() + PATIENCE_MS;
    while (Date.now() < patience) {
      const hanging = await this.hang(first, end, changes);
      await this.untilWritten(first);
      hanging.destroy();
      const held = await this.held();
      if (held > first) return held;
    }
    throw new Error('nothing of it was kept');
  }

  /** Waits until the receiver writes it, or has given the connection up already, which was silent for so long. */
  private async untilWritten(first: number): Promise<void> {
    for (;;) {
      const { status, length } = await this.head();
      if (status !== 200 || Number(length) > first) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits until the receiver writes it. @returns how it says so */
  async busy(): Promise<Head> {
    for (;;) {
      const head = await this.head();
      if (head.status !== 200) return head;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  range(first: number): string {
    return `bytes ${first}-${this.total - 1}/${this.total}`;
  }

  private begin(changes: Fields): ClientRequest {
    const request = httpRequest(this.url, { method: 'POST', agent: false });
    for (const [name, value] of withHeaders(this.message, changes).headers.entries()) {
      request.setHeader(name, value);
    }
    return request;
  }
}
