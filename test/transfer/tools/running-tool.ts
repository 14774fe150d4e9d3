import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

const START_MS = 90_000;
const STOP_MS = 15_000;

/** A program of this machine that a test started, and that the test stops. */
export class RunningTool {
  private said = '';
  private readonly ended: Promise<unknown>;
  private readonly onParentExit = (): boolean => this.child.kill('SIGKILL');

  private constructor(
    private readonly what: string,
    readonly child: ChildProcessWithoutNullStreams,
  ) {
    child.stderr.on('data', (chunk: Buffer) => (this.said += chunk.toString('latin1')));
    child.stdin.on('error', () => undefined);
    this.ended = once(child, 'close');
    process.once('exit', this.onParentExit);
  }

  /** Starts a server and waits until its port answers. */
  static async start(command: string, args: readonly string[], port: number): Promise<RunningTool> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    await once(child, 'spawn');
    const tool = new RunningTool(`${command} ${args.join(' ')}`, child);
    try {
      await tool.answersAt(port);
    } catch (error) {
      await tool.stop();
      throw error;
    }
    return tool;
  }

  /** What it complained about so far. */
  get complaints(): string {
    return this.said;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const hard = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(hard);
    process.removeListener('exit', this.onParentExit);
  }

  private async answersAt(port: number): Promise<void> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`${this.what} ended: ${this.said}`);
      if (await isOpen(port)) return;
      if (Date.now() > deadline) throw new Error(`${this.what} does not answer: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
