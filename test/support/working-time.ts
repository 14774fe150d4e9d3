import assert from 'node:assert/strict';

/*
 * What shall not take long is measured as work, in milliseconds of a processor: on a busy machine time passes without
 * any of it.
 */

/** Measures the work of this process, but not more than the time that passes: its other threads work too. */
export class Stopwatch {
  private readonly startedMs = performance.now();
  private readonly used = process.cpuUsage();

  workedMs(): number {
    const { user, system } = process.cpuUsage(this.used);
    return Math.min(performance.now() - this.startedMs, (user + system) / 1000);
  }
}

export async function workedMsFor(work: () => unknown): Promise<number> {
  const stopwatch = new Stopwatch();
  await work();
  return stopwatch.workedMs();
}

/** The first run compiles, and collections of garbage come when they come. */
const TRIES = 5;

/** Fails when `work` needs more than `limitMs` of work each time it is tried. */
export async function assertQuick(limitMs: number, work: () => unknown): Promise<void> {
  const shown: string[] = [];
  for (let tried = 0; tried < TRIES; tried += 1) {
    const workedMs = await workedMsFor(work);
    if (workedMs < limitMs) return;
    shown.push(`${Math.round(workedMs)} ms`);
  }
  assert.fail(`took ${shown.join(', ')} of work each time, may take ${limitMs}`);
}
