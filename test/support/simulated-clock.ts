import type { Clock } from '../../src/store';

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** A clock that stands still until time is let pass. */
export class SimulatedClock implements Clock {
  private passed = 0;
  private readonly timers = new Set<Timer>();

  /** @param wall what it shows at the beginning, in milliseconds since 1970 */
  constructor(private wall: number = Date.now()) {}

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.passed;
  }

  setTimeout(work: () => void, ms: number): { cancel(): void } {
    const timer = { at: this.passed + Math.max(0, ms), work };
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer) };
  }

  /** When the next timer fires, in milliseconds from now. */
  get untilNext(): number | undefined {
    const [first] = this.inOrder();
    return first && first.at - this.passed;
  }

  /** Lets time pass, calls the timers on the way, and lets their first steps be done. */
  async pass(ms: number): Promise<void> {
    const end = this.passed + ms;
    for (;;) {
      const [next] = this.inOrder();
      if (!next || next.at > end) break;
      this.advanceTo(next.at);
      this.timers.delete(next);
      next.work();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.advanceTo(end);
  }

  /** Somebody sets the clock. No time passes. */
  jump(ms: number): void {
    this.wall += ms;
  }

  private advanceTo(moment: number): void {
    this.wall += moment - this.passed;
    this.passed = moment;
  }

  private inOrder(): Timer[] {
    return [...this.timers].sort((a, b) => a.at - b.at);
  }
}

/** Lets time pass until something has happened that takes real time too. */
export async function passing<T>(clock: SimulatedClock, event: Promise<T>, stepMs = 100): Promise<T> {
  const ended = { yet: false };
  const end = (): void => void (ended.yet = true);
  event.then(end, end);
  while (!ended.yet) {
    await clock.pass(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return event;
}
