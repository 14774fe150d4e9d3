import { createHash } from 'node:crypto';
import { isAs2Error } from '../../src/errors';
import { Stopwatch } from '../support/working-time';
import type { Target } from './target';

/** What an input may take, in ms of work: what other programs do meanwhile does not count. */
export const DEFAULT_BUDGET_MS = 200;
const MS_PER_BYTE = 1 / 500;
const NEVER_MS = 30_000;

export type Verdict =
  /** `label`: the way it went. */
  | { readonly label: string; readonly accepted: boolean; readonly tookMs: number }
  | { readonly finding: Finding };

export interface Finding {
  readonly target: string;
  readonly kind: 'exception' | 'slow' | 'never ends' | 'unhandled rejection' | 'memory';
  readonly what: string;
  /** Equal for findings with the same cause. */
  readonly id: string;
  readonly input: Buffer;
  readonly stack?: string;
}

/**
 * Runs one input: a result or an As2Error, in time.
 * @param patience factor for the time an input may take
 */
export async function judge(target: Target, input: Buffer, patience = 1): Promise<Verdict> {
  const stopwatch = new Stopwatch();
  let label: string;
  let accepted = true;
  try {
    label = await ends(async () => target.run(input));
  } catch (error) {
    if (!isAs2Error(error)) return { finding: describe(target, input, error) };
    label = `${error.code} ${plain(error.message)}`;
    accepted = false;
  }
  const tookMs = stopwatch.workedMs();
  const budgetMs = patience * ((target.budgetMs ?? DEFAULT_BUDGET_MS) + input.length * MS_PER_BYTE);
  if (tookMs <= budgetMs || !(await isSlowAgain(target, input, budgetMs))) return { label, accepted, tookMs };
  const what = `takes ${Math.round(tookMs)} ms for ${input.length} bytes, more than ${Math.round(budgetMs)}`;
  return {
    finding: { target: target.name, kind: 'slow', what, id: idOf(target.name, 'slow', label), input },
  };
}

/** Code may have been compiled, garbage collected: only what is slow three times more is slow. */
async function isSlowAgain(target: Target, input: Buffer, budgetMs: number): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const stopwatch = new Stopwatch();
    await ends(async () => target.run(input)).catch(() => undefined);
    if (stopwatch.workedMs() <= budgetMs) return false;
  }
  return true;
}

class NeverEnds extends Error {}

async function ends<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NeverEnds('the promise never settles')), NEVER_MS);
  });
  try {
    return await Promise.race([work(), never]);
  } finally {
    clearTimeout(timer);
  }
}

function describe({ name }: Target, input: Buffer, error: unknown): Finding {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const kind = error instanceof NeverEnds ? 'never ends' : 'exception';
  const place = /\n\s+at ([^\n]+)/.exec(stack ?? '')?.[1] ?? '';
  return { target: name, kind, what: message, id: idOf(name, kind, plain(message), place), input, stack };
}

/** Without what differs from input to input. */
function plain(text: string): string {
  return text
    .slice(0, 160)
    .replace(/\d+/g, '#')
    .replace(/"[^"]*"/g, '""')
    .replace(/: .*$/s, '');
}

export function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}
