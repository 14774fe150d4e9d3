import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Material } from './material';

/** What is to be reached: a ratio to the reference, or a bound for the figure itself. */
export type Target = { readonly ratioAtLeast: number } | { readonly atMost: number };

/** One thing that is measured, always beside its reference in the same run: absolute times drift. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly target: Target;
  measure(material: Material): Promise<Measured>;
}

export interface Measured {
  readonly ours: number;
  /** 0 where the ideal is nothing at all. */
  readonly reference: number;
  /** Figures behind these two. */
  readonly details?: Readonly<Record<string, number>>;
}

export interface Result extends Measured {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly ratio: number | null;
  readonly target: string;
  readonly met: boolean;
}

export function judge({ id, what, unit, target }: Row, measured: Measured): Result {
  const ratio = measured.reference === 0 ? null : measured.ours / measured.reference;
  const met = 'ratioAtLeast' in target ? (ratio ?? 0) >= target.ratioAtLeast : measured.ours <= target.atMost;
  const goal =
    'ratioAtLeast' in target ? `at least ${target.ratioAtLeast} x` : `at most ${target.atMost} ${unit}`;
  return { id, what, ...measured, unit, ratio, target: goal, met };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Runs both in turns, so that both meet the same conditions. @returns the median of each, in bytes a second */
export async function sideBySide(
  bytes: number,
  rounds: number,
  ours: () => Promise<void>,
  reference: () => Promise<void>,
): Promise<{ ours: number; reference: number }> {
  const seconds = { ours: [] as number[], reference: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    seconds.ours.push(await secondsOf(ours));
    seconds.reference.push(await secondsOf(reference));
  }
  return { ours: bytes / median(seconds.ours), reference: bytes / median(seconds.reference) };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  // What earlier runs wrote must not be written to the disk in this one's time.
  await promisify(execFile)('sync');
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
