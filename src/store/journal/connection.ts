import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Failure, OpenOptions, Request, Row } from './protocol';
import { JournalFailure } from './sqlite-failure';
import { type FromWorker, type ToWorker, type WireAnswer, WireWriter } from './wire';

interface Pending {
  readonly request: Request;
  readonly resolve: (rows: readonly (readonly Row[])[]) => void;
  readonly reject: (failure: JournalFailure) => void;
}

/** More requests than this are not put into one transaction, so that the first of them need not wait too long. */
const MOST_REQUESTS = 500;
/** How long a request that nobody waits for may wait for others. */
const SOON_MS = 20;
/** How long a journal that could not be opened is left alone. */
const REST_MS = 1_000;
/** So many pages of 4 KiB are given back to the disk at a time. */
const SHRINK_PAGES = 2_000;

/**
 * The journal's thread, seen from outside. While it waits for the disk, new requests gather; they go together and share
 * the next wait. A thread that dies fails what it had in work, and the next request starts another.
 */
export class JournalConnection {
  private worker: Worker | undefined;
  private writer = new WireWriter();
  private opened = false;
  private closed = false;
  private waiting: Pending[] = [];
  /** Somebody waits for one of those that wait. */
  private isUrgent = false;
  private soon: NodeJS.Timeout | undefined;
  private inWork: Pending[] = [];
  private ended: Promise<void> = Promise.resolve();
  private whenIdle: (() => void) | undefined;
  private check: Worker | undefined;
  /** Found while it was in use. */
  private damage: JournalFailure | undefined;
  /** Why it could not be opened; for a while nobody tries again. */
  private unopened: { readonly failure: JournalFailure; readonly until: number } | undefined;

  constructor(private readonly options: OpenOptions) {}

  /** Opens the journal, or says why it cannot be. */
  async open(): Promise<void> {
    await this.run({ statements: [], writes: false });
  }

  /**
   * @returns the rows of each statement
   * @throws JournalFailure
   */
  async run(request: Request): Promise<readonly (readonly Row[])[]> {
    const answer = this.enqueue(request);
    this.hurry();
    return answer;
  }

  /** Like `run`, but together with the next request that somebody waits for; without one, soon. */
  async runSoon(request: Request): Promise<readonly (readonly Row[])[]> {
    this.soon ??= setTimeout(() => this.hurry(), SOON_MS);
    return this.enqueue(request);
  }

  /** Gives free pages back to the disk, as long as there are many. */
  async shrink(): Promise<void> {
    for (;;) {
      const [[free] = [], [all] = []] = await this.run({
        statements: [
          { sql: 'PRAGMA freelist_count', parameters: [] },
          { sql: 'PRAGMA page_count', parameters: [] },
        ],
        writes: false,
      });
      const freePages = Number(free?.freelist_count ?? 0);
      // What is free is used again; only an unusual amount is worth the work.
      if (freePages < SHRINK_PAGES || freePages < Number(all?.page_count ?? 0) / 4) return;
      const sql = `PRAGMA incremental_vacuum(${SHRINK_PAGES})`;
      await this.run({ statements: [{ sql, parameters: [] }], writes: true });
    }
  }

  /** Finishes what was asked for, and lets go of the journal. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.waiting.length + this.inWork.length > 0) {
      this.hurry();
      await new Promise<void>((resolve) => (this.whenIdle = resolve));
    }
    this.worker?.ref();
    this.tell({ type: 'close' });
    await Promise.all([this.ended, this.check?.terminate()]);
  }

  private async enqueue(request: Request): Promise<readonly (readonly Row[])[]> {
    const obstacle = this.obstacle();
    if (obstacle) throw obstacle;
    return new Promise((resolve, reject) => this.waiting.push({ request, resolve, reject }));
  }

  private obstacle(): JournalFailure | undefined {
    if (this.damage) return this.damage;
    if (this.closed) return closed();
    return this.unopened && performance.now() < this.unopened.until ? this.unopened.failure : undefined;
  }

  private hurry(): void {
    this.isUrgent = true;
    this.next();
  }

  private next(): void {
    if (this.inWork.length > 0) return;
    if (this.waiting.length === 0) {
      // An idle journal keeps no process alive; one that has something to write does.
      this.worker?.unref();
      this.whenIdle?.();
      return;
    }
    if (!this.isUrgent) return;
    if (!this.worker) return this.start();
    if (!this.opened) return;
    this.worker.ref();
    this.inWork = this.waiting.splice(0, MOST_REQUESTS);
    if (this.waiting.length === 0) this.isUrgent = false;
    clearTimeout(this.soon);
    this.soon = undefined;
    const batch = this.writer.encode(this.inWork.map(({ request }) => request));
    this.tell({ type: 'batch', ...batch }, [batch.bytes.buffer]);
  }

  private start(): void {
    const worker = new Worker(join(__dirname, 'journal-worker.js'));
    this.worker = worker;
    this.writer = new WireWriter();
    this.opened = false;
    let reason = 'its thread ended';
    worker.on('message', (message: FromWorker) => this.hear(message));
    worker.on('error', (error) => (reason = error instanceof Error ? error.message : String(error)));
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.lost(worker, new JournalFailure('store-unavailable', reason));
        resolve();
      });
    });
    this.tell({ type: 'open', options: this.options });
  }

  private hear(message: FromWorker): void {
    if (message.type === 'opened') {
      const { failure } = message;
      if (failure) return this.giveUp(new JournalFailure(failure.code, failure.reason));
      this.opened = true;
      if (!message.isChecked) this.startCheck();
      return this.next();
    }
    const done = this.inWork.splice(0);
    if (message.broken) this.drop();
    done.forEach((pending, index) => settle(pending, message.answers[index]));
    this.next();
  }

  /** Looks through a large journal once, without keeping anybody waiting. */
  private startCheck(): void {
    if (this.check) return;
    this.check = new Worker(join(__dirname, 'check-worker.js'), { workerData: this.options.path });
    this.check.unref();
    // What keeps it from being looked through says nothing about the journal.
    this.check.on('error', () => undefined);
    this.check.on('message', ({ code, reason }: Failure) => {
      if (code !== 'journal-damaged') return;
      this.damage = new JournalFailure(code, reason);
      this.drop(this.damage);
      for (const pending of this.waiting.splice(0)) pending.reject(this.damage);
    });
  }

  private giveUp(failure: JournalFailure): void {
    this.unopened = { failure, until: performance.now() + REST_MS };
    this.drop(failure);
  }

  /** Lets go of a thread that is of no use any more. */
  private drop(failure: JournalFailure = closed()): void {
    const { worker } = this;
    if (!worker) return;
    this.tell({ type: 'close' });
    this.lost(worker, failure);
  }

  private lost(worker: Worker, failure: JournalFailure): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const left = [...this.inWork.splice(0), ...(this.opened ? [] : this.waiting.splice(0))];
    this.opened = false;
    for (const pending of left) pending.reject(failure);
    this.next();
  }

  private tell(message: ToWorker, handedOver: readonly ArrayBuffer[] = []): void {
    this.worker?.postMessage(message, handedOver);
  }
}

function closed(): JournalFailure {
  return new JournalFailure('store-unavailable', 'the spool is closed');
}

function settle({ resolve, reject }: Pending, answer: WireAnswer | undefined): void {
  if (answer === null) resolve([]);
  else if (!answer) reject(new JournalFailure('store-unavailable', 'the journal gave no answer'));
  else if ('failure' in answer) reject(new JournalFailure(answer.failure.code, answer.failure.reason));
  else resolve(answer.rows);
}
