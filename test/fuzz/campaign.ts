import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FuzzReport } from './fuzzer';
import { lastBeat } from './heartbeat';
import { type Finding, idOf } from './oracle';
import { heartbeatFile, type Message, type Task } from './process';

export interface CampaignOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly only?: string;
  readonly coverage?: boolean;
  /** Where keys are kept, so that the same seed throws the same inputs. Default: new ones. */
  readonly keysDirectory?: string;
  readonly onFinding?: (finding: Finding) => void;
}

export interface CampaignReport {
  readonly executions: number;
  readonly findings: readonly Finding[];
  /** Of the last process; undefined when that was stopped. */
  readonly last: FuzzReport | undefined;
  /** Bytes held after garbage collection, sampled as time went by; the inputs that are kept are among them. */
  readonly heldBytes: readonly number[];
  /** The same at the end of the last process, without these inputs: what is more than at its start was leaked. */
  readonly leftBytes: number;
}

/** No input takes this long; what does is a loop without an end. */
const HANGS_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/**
 * Fuzzes in a process of its own, which is watched: what never ends, or ends the process, is a finding, and the run
 * goes on with the next seed. A thread would not do: native code that computes cannot be stopped in one.
 */
export async function campaign(o: CampaignOptions): Promise<CampaignReport> {
  const until = Date.now() + o.minutes * 60_000;
  const found = new Map<string, Finding>();
  const heldBytes: number[] = [];
  let leftBytes = 0;
  let executions = 0;
  let last: FuzzReport | undefined;
  const note = (finding: Finding): void => {
    if (found.has(finding.id)) return;
    found.set(finding.id, finding);
    o.onFinding?.(finding);
  };
  for (let seed = o.seed; Date.now() < until && !last; seed += 1) {
    const directory = await mkdtemp(join(tmpdir(), 'as2-fuzz-'));
    const { only = '', coverage = true, keysDirectory } = o;
    const minutes = (until - Date.now()) / 60_000;
    last = await watched({ seed, minutes, only, coverage, directory, keysDirectory }, (message) => {
      if (message.kind === 'finding') note(message.finding);
      else if (message.kind === 'memory' && message.last) leftBytes = message.heldBytes;
      else if (message.kind === 'memory') heldBytes.push(message.heldBytes);
    });
    executions += lastBeat(heartbeatFile(directory))?.beats ?? 0;
    await rm(directory, { recursive: true, force: true });
  }
  return { executions, findings: [...found.values()], last, heldBytes, leftBytes };
}

async function watched(task: Task, note: (message: Message) => void): Promise<FuzzReport | undefined> {
  const child = fork(join(__dirname, 'process.js'), {
    serialization: 'advanced',
    execArgv: ['--expose-gc', '--enable-source-maps'],
  });
  let report: FuzzReport | undefined;
  child.on('message', (message: Message) => {
    if (message.kind === 'done') report = message.report;
    else note(message);
  });
  child.send(task);
  const looking = stopWhenStuck(child, task);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('exit', (code, signal) => resolve([code, signal]));
  });
  clearInterval(looking);
  if (!report) note({ kind: 'finding', finding: stopped(task, `ends with ${signal ?? `code ${code}`}`) });
  return report;
}

function stopWhenStuck(child: ChildProcess, { directory }: Task): NodeJS.Timeout {
  let beats = 0;
  let since = Date.now();
  return setInterval(() => {
    const now = lastBeat(heartbeatFile(directory))?.beats ?? 0;
    if (now !== beats) since = Date.now();
    else if (Date.now() - since > HANGS_AFTER_MS) child.kill('SIGKILL');
    beats = now;
  }, LOOK_EVERY_MS);
}

function stopped({ directory }: Task, what: string): Finding {
  const { target, input } = lastBeat(heartbeatFile(directory)) ?? { target: 'start', input: Buffer.alloc(0) };
  return { target, kind: 'never ends', what, id: idOf(target, what, input.toString('latin1')), input };
}
