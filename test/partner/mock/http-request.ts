import { connect, type Socket } from 'node:net';
import { type HttpAnswer, readAnswer } from './http-answer';
import { transmit, wireBytes, type WireField, type WireScript } from './wire';

/** Where the connection is broken: before a byte of the body, in the middle of it, or when all was sent. */
export type RequestBreak = 'before-body' | 'in-body' | 'after-body';

export interface RequestScript {
  readonly wire?: WireScript;
  readonly breaks?: RequestBreak;
  /** Sends the head with `Expect: 100-continue` and waits for the word before the body. */
  readonly expectContinue?: boolean;
  /** Of this machine, such as 127.0.0.2: the request then comes from there. */
  readonly localAddress?: string;
}

/** A POST as it is to be written, body included. */
export interface HttpRequest {
  readonly url: string;
  readonly fields: readonly WireField[];
  readonly body: Buffer;
}

/**
 * Sends a request on a connection of its own, byte for byte as scripted.
 * @returns the answer, or undefined when the connection was to be broken
 * @throws Error when the connection breaks, or ends before a complete answer
 */
export async function sendRequest(
  o: HttpRequest,
  script: RequestScript = {},
): Promise<HttpAnswer | undefined> {
  const url = new URL(o.url);
  const fields: WireField[] = [['Host', url.host], ...o.fields, ['Connection', 'close']];
  if (script.expectContinue) fields.push(['Expect', '100-continue']);
  const startLine = `POST ${url.pathname}${url.search} HTTP/1.1`;
  const { head, body } = wireBytes(startLine, fields, o.body, script.wire);
  const { localAddress } = script;
  const socket = connect({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 80),
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  socket.setNoDelay();
  try {
    return await onConnection(socket, { head, body }, script);
  } finally {
    socket.destroy();
  }
}

async function onConnection(
  socket: Socket,
  { head, body }: { readonly head: Buffer; readonly body: Buffer },
  { wire, breaks, expectContinue }: RequestScript,
): Promise<HttpAnswer | undefined> {
  const incoming = new IncomingAnswer(socket);
  await incoming.connected;
  await transmit(socket, head, wire?.slow);
  if (expectContinue) await incoming.interim();
  if (breaks !== 'before-body') {
    await transmit(socket, breaks === 'in-body' ? body.subarray(0, body.length >> 1) : body, wire?.slow);
  }
  if (!breaks) return incoming.answer;
  // What was written is on its way; a reset would overtake it.
  await new Promise<void>((resolve) => {
    socket.end(resolve);
  });
  return undefined;
}

/** Collects what arrives until an answer is complete. */
class IncomingAnswer {
  readonly connected: Promise<void>;
  readonly answer: Promise<HttpAnswer>;
  private received = Buffer.alloc(0);
  private wake: () => void = () => undefined;

  constructor(private readonly socket: Socket) {
    this.connected = new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    this.answer = new Promise((resolve, reject) => {
      const look = (ended: boolean): void => {
        const answer = readAnswer(this.received, ended);
        if (answer) resolve(answer);
        else if (ended) reject(new Error('the connection ended before a complete answer'));
        this.wake();
      };
      socket.on('data', (chunk: Buffer) => {
        this.received = Buffer.concat([this.received, chunk]);
        look(false);
      });
      socket.once('error', reject);
      socket.once('close', () => look(true));
    });
    // Nobody waits for it when the connection is broken on purpose.
    this.answer.catch(() => undefined);
  }

  /** Until anything has arrived: the interim answer, or a final one. */
  async interim(): Promise<void> {
    while (!this.received.includes('\r\n\r\n') && !this.socket.destroyed) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
