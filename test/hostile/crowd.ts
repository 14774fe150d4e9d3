import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connections that are open at the same time. */
export class Crowd {
  private readonly sockets = new Set<Socket>();
  private said = 0;
  /** How often each answer was given, by its status and whether it says when to come again. */
  readonly answers = new Map<string, number>();

  constructor(private readonly url: string) {}

  /** How many connections stand. */
  get size(): number {
    return this.sockets.size;
  }

  /** How many got something to read. */
  get answered(): number {
    return this.said;
  }

  /** Opens connections, each with its first bytes; some at a time, so that none is dropped on the way. */
  async join(count: number, first: (at: number) => Buffer): Promise<void> {
    const atATime = 100;
    for (let at = 0; at < count; at += atATime) {
      const some = Array.from({ length: Math.min(atATime, count - at) }, (_, each) =>
        this.open(first(at + each)),
      );
      await Promise.all(some);
    }
  }

  /** Writes to every connection that still stands. */
  say(bytes: Buffer): void {
    for (const socket of this.sockets) socket.write(bytes);
  }

  /** Breaks every connection. */
  leave(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
    this.sockets.clear();
  }

  /** Until this many connections got something to read, or were closed. */
  async heard(count: number, patienceMs = 60_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (this.said < count) {
      if (Date.now() > deadline) throw new Error(`${this.said} of ${count} connections were answered`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private async open(first: Buffer): Promise<void> {
    const { hostname, port } = new URL(this.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let heard = false;
    const hear = (): void => {
      if (!heard) this.said += 1;
      heard = true;
    };
    socket.on('data', (chunk: Buffer) => {
      if (!heard) this.count(chunk.toString('latin1', 0, 1000));
      hear();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      hear();
      this.sockets.delete(socket);
    });
    this.sockets.add(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    if (first.length > 0) socket.write(first);
  }

  private count(answer: string): void {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'noise';
    const kind = /^retry-after:/im.test(answer) ? `${status}, later` : status;
    this.answers.set(kind, (this.answers.get(kind) ?? 0) + 1);
  }
}
