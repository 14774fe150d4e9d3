import type { Coverage } from './coverage';
import { LONGEST_INPUT, mutate } from './mutate/bytes';
import { type Finding, idOf, judge } from './oracle';
import { Random } from './random';
import type { Target } from './target';

export interface FuzzOptions {
  readonly seed: number;
  /** Either ends the run. */
  readonly minutes?: number;
  readonly executions?: number;
  /** Factor for the time an input may take; default 1. */
  readonly patience?: number;
  /** Inputs that reach new blocks are kept and changed further. */
  readonly coverage?: Coverage | undefined;
  /** Called before each input: whoever watches knows what hangs. */
  readonly beforeEach?: (target: string, input: Buffer) => void;
  readonly onFinding?: (finding: Finding) => void;
}

export interface FuzzReport {
  readonly executions: number;
  readonly findings: readonly Finding[];
  readonly perTarget: Readonly<Record<string, TargetReport>>;
  readonly blocks: number;
}

export interface TargetReport {
  readonly executions: number;
  /** Ways that input went: results and errors that differ. */
  readonly ways: number;
  readonly kept: number;
  readonly slowestMs: number;
  readonly accepted: number;
}

interface Kept {
  readonly target: Target;
  readonly corpus: Buffer[];
  readonly ways: Set<string>;
  executions: number;
  accepted: number;
  slowestMs: number;
}

const MOST_KEPT = 400;
/** Coverage is asked for after so many inputs, and after each of them again where there was something new. */
const BATCH = 40;

/** Throws inputs at the targets until time or executions are used up. The same seed throws the same inputs. */
export async function fuzz(targets: readonly Target[], o: FuzzOptions): Promise<FuzzReport> {
  const random = new Random(o.seed);
  const found = new Map<string, Finding>();
  const all = targets.map((target): Kept => {
    return { target, corpus: [...target.samples], ways: new Set(), executions: 0, accepted: 0, slowestMs: 0 };
  });
  const until = o.minutes === undefined ? Infinity : Date.now() + o.minutes * 60_000;
  const most = o.executions ?? Infinity;
  let executions = 0;
  const note = (finding: Finding): void => {
    if (found.has(finding.id)) return;
    found.set(finding.id, finding);
    o.onFinding?.(finding);
  };

  // Samples first: what they reach is no news.
  for (const kept of all) {
    for (const sample of kept.target.samples.slice(0, most)) await run(kept, sample);
  }
  await o.coverage?.newBlocks();
  while (executions < most && Date.now() < until) {
    const kept = choose(random, all);
    const batch: Buffer[] = [];
    const draw = random.fork();
    for (let left = BATCH; left > 0 && executions < most; left -= 1) {
      const input = await nextInput(draw, kept);
      batch.push(input);
      await run(kept, input);
    }
    if (o.coverage && (await o.coverage.newBlocks()) > 0) await keepNews(kept, batch, o.coverage);
  }
  for (const { target } of all) await target.close?.();
  return report();

  async function run(kept: Kept, input: Buffer): Promise<void> {
    o.beforeEach?.(kept.target.name, input);
    executions += 1;
    kept.executions += 1;
    const verdict = await judge(kept.target, input, o.patience);
    if ('finding' in verdict) return note(verdict.finding);
    kept.slowestMs = Math.max(kept.slowestMs, verdict.tookMs);
    if (verdict.accepted) kept.accepted += 1;
    if (kept.ways.has(verdict.label) || kept.ways.size > 5000) return;
    kept.ways.add(verdict.label);
    keep(kept, input);
  }

  /** Blocks were new that one of the batch reached: each runs once more to find out which. */
  async function keepNews(kept: Kept, batch: readonly Buffer[], coverage: Coverage): Promise<void> {
    const again = new Set<string>();
    for (const input of batch) {
      const id = idOf(input.toString('latin1'));
      if (again.has(id)) continue;
      again.add(id);
      await judge(kept.target, input);
      keepShort(kept, input);
    }
    await coverage.newBlocks();
  }

  function keepShort(kept: Kept, input: Buffer): void {
    if (input.length < 8192 && random.chance(4)) keep(kept, input);
  }

  function keep({ corpus, target }: Kept, input: Buffer): void {
    if (input.length > LONGEST_INPUT / 4) return;
    if (corpus.length < MOST_KEPT) corpus.push(Buffer.from(input));
    else corpus[target.samples.length + random.below(MOST_KEPT - target.samples.length)] = Buffer.from(input);
  }

  function report(): FuzzReport {
    const perTarget = all.map(({ target, corpus, ways, ...counts }) => {
      return [target.name, { ...counts, ways: ways.size, kept: corpus.length }] as const;
    });
    return {
      executions,
      findings: [...found.values()],
      perTarget: Object.fromEntries(perTarget),
      blocks: o.coverage?.blocks ?? 0,
    };
  }
}

function choose(random: Random, all: readonly Kept[]): Kept {
  const weight = ({ target }: Kept): number => (target.weight ?? 1) * 4;
  let left = random.below(all.reduce((sum, one) => sum + weight(one), 0));
  return all.find((one) => (left -= weight(one)) < 0) ?? random.pick(all);
}

async function nextInput(random: Random, { target, corpus }: Kept): Promise<Buffer> {
  if (target.generate && (corpus.length === 0 || random.chance(3))) return target.generate(random);
  const sample = random.chance(3) ? random.pick(target.samples) : random.pick(corpus);
  return mutate(random, sample, corpus, target.mutations);
}
