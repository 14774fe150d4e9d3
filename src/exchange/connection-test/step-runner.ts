import { As2Error, isAs2Error, toAs2Error } from '../../errors';
import { type StoredError, storedError } from '../stored-error';
import type { ConnectionTestStep, SkipReason, StepOf, TestFacts, TestStepName } from './types';

/** What a step writes down while it works, so that it is there also when the step fails in the end. */
export class Notebook<Step extends TestStepName> {
  readonly warnings: StoredError[] = [];

  constructor(public facts: TestFacts[Step]) {}

  note(facts: Partial<TestFacts[Step]>): void {
    this.facts = { ...this.facts, ...facts };
  }

  warn(warning: As2Error): void {
    this.warnings.push(storedError(warning));
  }
}

export interface StepWork<Step extends TestStepName> {
  readonly step: Step;
  readonly facts: TestFacts[Step];
  /** However slowly somebody answers: the step then fails with `test-too-slow`. */
  readonly limitMs: number;
  /** @throws As2Error why the step failed */
  readonly work: (notes: Notebook<Step>, signal: AbortSignal) => Promise<void> | void;
}

/** Does the steps one after the other; after one that failed the others are skipped, except those about another URL. */
export class StepRunner {
  readonly steps: ConnectionTestStep[] = [];
  private failed = false;
  private url: string | undefined;

  constructor(
    private readonly partner: string,
    private readonly signal: AbortSignal | undefined,
    private readonly onStep: (step: ConnectionTestStep) => void,
  ) {}

  get ok(): boolean {
    return this.steps.every(({ state }) => state !== 'failed');
  }

  /** @returns whether the steps that `work` does about this URL passed */
  async about(url: string | undefined, work: () => Promise<void>): Promise<boolean> {
    this.url = url;
    await work();
    const passed = !this.failed;
    this.url = undefined;
    // Who stops the test does not want to see the other URLs.
    this.failed = this.signal?.aborted ?? false;
    return passed;
  }

  skip(step: TestStepName, skipped: SkipReason): void {
    const reason = this.failed ? 'failed-before' : skipped;
    this.finish({ step, ...this.whose(), state: 'skipped', skipped: reason, warnings: [] });
  }

  async run<Step extends TestStepName>({ step, facts, limitMs, work }: StepWork<Step>): Promise<void> {
    if (this.failed) return this.skip(step, 'failed-before');
    const notes = new Notebook<Step>(facts);
    const startedAt = new Date().toISOString();
    const started = performance.now();
    const error = await this.within(limitMs, step, async (signal) => work(notes, signal)).then(
      () => undefined,
      (thrown: unknown) => storedError(toAs2Error(thrown)),
    );
    this.failed = error !== undefined;
    const result: StepOf<TestStepName> = {
      step,
      ...this.whose(),
      state: error ? 'failed' : 'passed',
      startedAt,
      durationMs: Math.round(performance.now() - started),
      facts: notes.facts,
      warnings: notes.warnings,
      ...(error ? { error } : {}),
    };
    // A step and its facts belong together: `Step` is the same in both.
    this.finish(result as ConnectionTestStep);
  }

  private whose(): { readonly url?: string } {
    return this.url === undefined ? {} : { url: this.url };
  }

  private finish(step: ConnectionTestStep): void {
    this.steps.push(step);
    this.onStep(step);
  }

  /** Ends with the work, with the limit, or when the whole test is stopped, whatever comes first. */
  private async within(
    limitMs: number,
    step: TestStepName,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const ended = new AbortController();
    const end = (reason: As2Error): void => ended.abort(reason);
    const stop = (): void => end(new As2Error('test-stopped', { partner: this.partner }));
    const tooSlow = (): void => end(new As2Error('test-too-slow', { step, seconds: limitMs / 1000 }));
    const timer = setTimeout(tooSlow, limitMs);
    this.signal?.addEventListener('abort', stop);
    if (this.signal?.aborted) stop();
    try {
      await Promise.race([untilAborted(ended.signal), work(ended.signal)]);
    } finally {
      clearTimeout(timer);
      this.signal?.removeEventListener('abort', stop);
      // Work that lost the race has to let go of its connection.
      ended.abort();
    }
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => {
      if (isAs2Error(signal.reason)) reject(signal.reason);
    };
    signal.addEventListener('abort', give);
    if (signal.aborted) give();
  });
}
