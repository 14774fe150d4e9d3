import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Coverage } from './coverage';
import { fuzz, type FuzzReport } from './fuzzer';
import { Heartbeat, lastBeat } from './heartbeat';
import { type Finding, idOf } from './oracle';
import { samples } from './samples';
import { allTargets } from './targets';

/*
 * The process that does the fuzzing, watched by `campaign`. It is told what to do by one message.
 */

export interface Task {
  readonly seed: number;
  readonly minutes: number;
  /** Only targets whose name contains this. */
  readonly only: string;
  readonly coverage: boolean;
  /** A directory for its files. */
  readonly directory: string;
  /** Where keys are kept from run to run. */
  readonly keysDirectory?: string | undefined;
}

export type Message =
  | { readonly kind: 'finding'; readonly finding: Finding }
  /** `last`: when the inputs that were kept are gone again. */
  | { readonly kind: 'memory'; readonly heldBytes: number; readonly last: boolean }
  | { readonly kind: 'done'; readonly report: FuzzReport };

export function heartbeatFile(directory: string): string {
  return join(directory, 'heartbeat');
}

const SAMPLE_MEMORY_MS = 20_000;

async function work(task: Task): Promise<void> {
  const heartbeat = new Heartbeat(heartbeatFile(task.directory));
  process.on('unhandledRejection', (reason) => send({ kind: 'finding', finding: unhandled(reason, task) }));
  const all = allTargets(await samples(task.keysDirectory), task.directory);
  const targets = all.filter(({ name }) => name.includes(task.only));
  const coverage = task.coverage
    ? new Coverage(pathToFileURL(join(__dirname, '..', '..', 'src')).href)
    : undefined;
  await coverage?.start();
  let lastSampled = 0;
  const report = await fuzz(targets, {
    seed: task.seed,
    minutes: task.minutes,
    coverage,
    onFinding: (finding) => send({ kind: 'finding', finding }),
    beforeEach: (target, input) => {
      heartbeat.beat(target, input);
      if (Date.now() - lastSampled < SAMPLE_MEMORY_MS) return;
      send({ kind: 'memory', heldBytes: heldBytes(), last: false });
      lastSampled = Date.now();
    },
  });
  heartbeat.close();
  send({ kind: 'memory', heldBytes: heldBytes(), last: true });
  send({ kind: 'done', report });
  process.disconnect();
}

function unhandled(reason: unknown, { directory }: Task): Finding {
  const { message, stack } = reason instanceof Error ? reason : new Error(String(reason));
  const { target = '', input = Buffer.alloc(0) } = lastBeat(heartbeatFile(directory)) ?? {};
  const id = idOf(target, 'unhandled rejection', message);
  return { target, kind: 'unhandled rejection', what: message, id, input, stack };
}

function send(message: Message): void {
  process.send?.(message);
}

/** What is still held when everything that can go is gone. */
function heldBytes(): number {
  for (let round = 0; round < 2; round += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (process.send) process.once('message', (task: Task) => void work(task));
