import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { As2Error } from '../../errors';
import type { DigestName } from '../algorithms';
import type { DigestAnswer, DigestOrder } from './digest-worker';
import type { Digests } from './local-digests';

/** The bytes go over in pieces of this size. */
const PIECE_BYTES = 512 * 1024;
/** For each message: one is being filled while others wait, are being digested, or are on their way back. */
const MOST_PIECES = 3;

let current: Promise<DigestThread | undefined> | undefined;

/** The thread that takes digests, started when it is first needed; undefined where none can be started. */
export function digestThread(): Promise<DigestThread | undefined> {
  current ??= startThread(join(__dirname, 'digest-worker.js'), () => (current = undefined));
  return current;
}

/** @param ended called when the thread has ended, which nothing but a failure makes it do */
export async function startThread(program: string, ended: () => void): Promise<DigestThread | undefined> {
  const ready = Promise.withResolvers<unknown>();
  let cause: Error | undefined;
  try {
    const worker = new Worker(program, { name: 'as2-digests', execArgv: [] });
    const thread = new DigestThread(worker);
    worker.once('message', ready.resolve);
    worker.on('error', (error) => (cause = error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', (status) => {
      const reason = cause?.message ?? `it ended with status ${status}`;
      const failure = new As2Error('digests-lost', { reason }, { cause });
      ended();
      thread.fail(failure);
      ready.reject(failure);
    });
    await ready.promise;
    worker.unref();
    return thread;
  } catch {
    // Threads or memory are used up, or not allowed here: digests can be taken where the bytes are.
    return undefined;
  }
}

/** One thread for all messages. It keeps the process alive only while somebody waits for it. */
export class DigestThread {
  private readonly messages = new Map<number, ThreadedDigests>();
  private lastId = 0;
  private waiting = 0;

  constructor(private readonly worker: Worker) {
    worker.on('message', (answer: DigestAnswer) => {
      if (answer !== 'ready') this.messages.get(answer.id)?.take(answer);
    });
  }

  begin(names: readonly DigestName[]): ThreadedDigests {
    const id = ++this.lastId;
    const message = new ThreadedDigests(id, this);
    this.messages.set(id, message);
    this.post({ id, names });
    return message;
  }

  post(order: DigestOrder, handedOver: ArrayBuffer[] = []): void {
    this.worker.postMessage(order, handedOver);
  }

  async waitFor<T>(answer: Promise<T>): Promise<T> {
    if (this.waiting++ === 0) this.worker.ref();
    try {
      return await answer;
    } finally {
      if (--this.waiting === 0) this.worker.unref();
    }
  }

  forget(id: number): void {
    this.messages.delete(id);
  }

  fail(error: Error): void {
    for (const message of this.messages.values()) message.fail(error);
    this.messages.clear();
  }
}

/** The digests of one message, taken by the thread. */
export class ThreadedDigests {
  /** Memory that is here; all of it was once made here. */
  private readonly free: ArrayBuffer[] = [];
  private pieces = 0;
  private filling: Buffer | undefined;
  private filledBytes = 0;
  private onReturn: (() => void) | undefined;
  private readonly result = Promise.withResolvers<Digests>();
  private failure: Error | undefined;

  constructor(
    private readonly id: number,
    private readonly thread: DigestThread,
  ) {
    // Whoever waits for it sees a failure; nobody may be waiting.
    this.result.promise.catch(() => undefined);
  }

  /** Copies the bytes for the thread. @returns what to wait for when it has not kept up */
  update(chunk: Buffer): Promise<void> | undefined {
    for (let at = 0; at < chunk.length;) {
      if (this.failure) throw this.failure;
      this.filling ??= this.freePiece();
      if (!this.filling) return this.updateLater(chunk.subarray(at));
      const copiedBytes = chunk.copy(this.filling, this.filledBytes, at);
      at += copiedBytes;
      this.filledBytes += copiedBytes;
      if (this.filledBytes === PIECE_BYTES) this.handOver();
    }
    return undefined;
  }

  /** Nothing can be added afterwards. */
  async finish(): Promise<Digests> {
    this.handOver();
    this.thread.post({ id: this.id, end: 'finish' });
    try {
      return await this.thread.waitFor(this.result.promise);
    } finally {
      this.thread.forget(this.id);
    }
  }

  abandon(): void {
    this.thread.forget(this.id);
    this.thread.post({ id: this.id, end: 'abandon' });
  }

  take(answer: Exclude<DigestAnswer, 'ready'>): void {
    if ('failure' in answer) {
      this.fail(answer.failure);
    } else if ('digests' in answer) {
      this.result.resolve(new Map([...answer.digests].map(([name, digest]) => [name, Buffer.from(digest)])));
    } else {
      this.free.push(answer.memory);
      this.onReturn?.();
    }
  }

  fail(error: Error): void {
    this.failure = error;
    this.result.reject(error);
    this.onReturn?.();
  }

  private async updateLater(rest: Buffer): Promise<void> {
    await this.thread.waitFor(new Promise<void>((resolve) => (this.onReturn = resolve)));
    await this.update(rest);
  }

  private freePiece(): Buffer | undefined {
    const memory = this.free.pop();
    if (memory) return Buffer.from(memory);
    if (this.pieces === MOST_PIECES) return undefined;
    this.pieces += 1;
    return Buffer.from(new ArrayBuffer(PIECE_BYTES));
  }

  private handOver(): void {
    if (!this.filling) return;
    const memory = this.filling.buffer as ArrayBuffer;
    this.thread.post({ id: this.id, memory, bytes: this.filledBytes }, [memory]);
    this.filling = undefined;
    this.filledBytes = 0;
  }
}
