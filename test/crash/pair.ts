import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port';
import { testKeyPair } from '../support/keys';
import type { StationTask } from './station';
import { StationProcess } from './station-process';

/** Two stations that know each other. */
export interface Pair {
  readonly directory: string;
  readonly alpha: StationProcess;
  readonly beta: StationProcess;
}

/** Where each of them keeps what. */
export const placesOf = (directory: string, as2Name: string) => ({
  spool: join(directory, `${as2Name}-spool`),
  ledger: join(directory, `${as2Name}-ledger.jsonl`),
  instants: join(directory, `${as2Name}-instants.txt`),
});

/** Not started yet. @param countSteps whether they can be killed at a chosen step */
export async function makePair(directory: string, countSteps: boolean): Promise<Pair> {
  const [alpha, beta] = await Promise.all([freePort(), freePort()]);
  const tasks = await stationTasks(directory, { alpha, beta });
  const process = (task: StationTask): StationProcess => {
    const { instants } = placesOf(directory, task.as2Name);
    const file = join(directory, `${task.as2Name}-task.json`);
    return new StationProcess(task, { task: file, ...(countSteps ? { instants } : {}) });
  };
  return { directory, alpha: process(tasks.alpha), beta: process(tasks.beta) };
}

async function stationTasks(
  directory: string,
  ports: { readonly alpha: number; readonly beta: number },
): Promise<{ alpha: StationTask; beta: StationTask }> {
  const task = async (as2Name: 'alpha' | 'beta', other: 'alpha' | 'beta'): Promise<StationTask> => {
    const { certificatePem, privateKeyPem } = await testKeyPair(as2Name);
    const partner = await testKeyPair(other);
    const { spool, ledger } = placesOf(directory, as2Name);
    return {
      as2Name,
      certificatePem,
      privateKeyPem,
      port: ports[as2Name],
      directory: spool,
      ledger,
      partner: { as2Name: other, certificatePem: partner.certificatePem, port: ports[other] },
    };
  };
  return { alpha: await task('alpha', 'beta'), beta: await task('beta', 'alpha') };
}

/** Longer than a station that is busy for a moment asks the other one to wait (Retry-After: 60). */
const STUCK_MS = 150_000;

/**
 * Waits until both have nothing to do any more.
 * @returns false, when they say they have, and nothing has happened for long
 */
export async function untilQuiet({ directory, alpha, beta }: Pair): Promise<boolean> {
  const happened = (): number =>
    ['alpha', 'beta'].reduce((bytes, name) => bytes + sizeOf(placesOf(directory, name).ledger), 0);
  let [before, since] = [happened(), Date.now()];
  for (let quiet = 0; quiet < 2;) {
    const busy = (await alpha.ask({ ask: 'busy' })) + (await beta.ask({ ask: 'busy' }));
    quiet = busy === 0 ? quiet + 1 : 0;
    await delay(20);
    const now = happened();
    if (now !== before) [before, since] = [now, Date.now()];
    if (Date.now() - since > STUCK_MS) {
      console.error(`alpha said:\n${alpha.log}\nbeta said:\n${beta.log}`);
      return false;
    }
  }
  return true;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
