import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Request, StationTask } from './station';

interface Answer {
  readonly question: number;
  readonly figure?: number;
  readonly failure?: string;
}

/** The process ended before it answered, which is what this test is about. */
export class Killed extends Error {}

/** A station that lives many lives, one after the other. */
export class StationProcess {
  private child: ChildProcess | undefined;
  private exited: Promise<unknown> = Promise.resolve();
  private questions = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  /** What it said last, over all its lives. */
  log = '';

  constructor(
    readonly task: StationTask,
    private readonly files: {
      readonly task: string;
      /** With it the process counts its steps, and notes here at which one it was killed. */
      readonly instants?: string;
    },
  ) {}

  /** @param whenReady `false` returns at once, to kill it while it starts */
  async start(whenReady = true): Promise<void> {
    await writeFile(this.files.task, JSON.stringify(this.task));
    const { instants } = this.files;
    const child = fork(join(__dirname, 'station.js'), [this.files.task], {
      execArgv: instants === undefined ? [] : ['--require', join(__dirname, 'instants.js')],
      env: { ...process.env, ...(instants === undefined ? {} : { AS2_CRASH_INSTANTS: instants }) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (this.log = `${this.log}${text.toString()}`.slice(-10_000)));
    this.exited = once(child, 'exit').then(() => {
      for (const answer of this.waiting.values()) answer({ question: 0, failure: 'killed' });
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message: Answer | 'ready') => {
        if (message === 'ready') resolve();
        else this.waiting.get(message.question)?.(message);
      });
      child.once('exit', () => reject(this.ended()));
    });
    // Whoever kills it while it starts does not wait for this.
    ready.catch(() => undefined);
    if (whenReady) await ready;
  }

  /** @throws Killed when the process ends before it answers */
  async ask(request: Request): Promise<number> {
    const { child } = this;
    if (!child || this.hasEnded) throw this.ended();
    const question = ++this.questions;
    const answer = await new Promise<Answer>((resolve) => {
      this.waiting.set(question, resolve);
      child.send({ question, request }, () => undefined);
    });
    this.waiting.delete(question);
    if (this.hasEnded || answer.failure === 'killed') throw this.ended();
    if (answer.failure !== undefined) throw new Error(answer.failure);
    return answer.figure ?? 0;
  }

  get hasEnded(): boolean {
    return !this.child || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Ends when the process does, by itself or killed. */
  async ending(): Promise<void> {
    await this.exited;
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.exited;
  }

  /** As an orderly shutdown does. */
  async end(): Promise<void> {
    if (this.hasEnded) return;
    await this.ask({ ask: 'end' }).catch(() => undefined);
    const hard = setTimeout(() => this.child?.kill('SIGKILL'), 30_000);
    await this.exited;
    clearTimeout(hard);
  }

  private ended(): Error {
    const { exitCode, signalCode } = this.child ?? {};
    if (signalCode === 'SIGKILL') return new Killed('the station was killed');
    return new Error(`the station ended by itself (${exitCode ?? signalCode}):\n${this.log}`);
  }
}
