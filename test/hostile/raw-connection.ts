import { connect, type Socket } from 'node:net';

/** What came back on a connection. */
export interface Answers {
  /** Statuses of the answers, interim ones too, in their order. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** The other side has ended the connection. */
  readonly closed: boolean;
}

/** Bytes to be written; the next ones follow when these are on their way. */
export type Bytes = readonly Buffer[];

export interface ExchangeOptions {
  /** Stop waiting when this many answers are complete enough to show their status. */
  readonly answers?: number;
  /** The end of what is written is the end of the connection on our side. */
  readonly half?: boolean;
  /** Longest wait, for a server that neither answers nor closes. */
  readonly patienceMs?: number;
}

/**
 * Writes bytes to a server and collects what it says until it has said enough or closed. It never throws: a reset is
 * an end.
 */
export async function exchangeRaw(url: string, bytes: Bytes, o: ExchangeOptions = {}): Promise<Answers> {
  const { answers = 1, half = false, patienceMs = 40_000 } = o;
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let closed = false;
  const enough = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (statusesIn(chunks).filter((status) => status >= 200).length >= answers) end();
    });
    socket.on('error', () => undefined);
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        closed = true;
        end();
      });
    }
  });
  await write(socket, bytes, half);
  await enough;
  if (!closed) await settled(chunks, () => closed, performance.now() + patienceMs);
  socket.destroy();
  return { statuses: statusesIn(chunks), text: Buffer.concat(chunks).toString('latin1'), closed };
}

async function write(socket: Socket, bytes: Bytes, half: boolean): Promise<void> {
  for (const part of bytes) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.write(part, () => resolve());
      socket.once('close', resolve);
    });
  }
  if (half) socket.end();
}

/**
 * Until the declared length of the last answer has come, and nothing comes any more; the answer to a HEAD declares a
 * length and ends without it.
 */
async function settled(chunks: readonly Buffer[], isClosed: () => boolean, end: number): Promise<void> {
  for (let before = -1; (before !== chunks.length || isCut(chunks)) && !isClosed();) {
    if (performance.now() > end) return;
    before = chunks.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isCut(chunks: readonly Buffer[]): boolean {
  const text = Buffer.concat([...chunks]).toString('latin1');
  const [, head, body = ''] = /(^HTTP\/1\.1 (?![^]*^HTTP\/1\.1 )[^]*?\r\n\r\n)([^]*)$/m.exec(text) ?? [];
  if (head === undefined) return text !== '';
  return body.length < Number(/^content-length: *(\d+)\r$/im.exec(head)?.[1] ?? 0);
}

function statusesIn(chunks: readonly Buffer[]): number[] {
  const text = Buffer.concat([...chunks]).toString('latin1');
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}
