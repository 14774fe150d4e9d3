import type { Clock } from '../../../src/store';

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** A clock that shows another time whenever somebody looks at it, with timers that fire too early, as they may. */
export class RestlessClock implements Clock {
  private time = Date.now();
  private readonly timers = new Set<Timer>();

  constructor(private readonly earlyMs: number) {}

  now(): number {
    return this.time++;
  }

  setTimeout(work: () => void, ms: number): { cancel(): void } {
    const timer = { at: this.time + Math.max(0, ms), work };
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer) };
  }

  /** Lets time pass until the next timer fires, if there is one. */
  fire(): void {
    const [next] = [...this.timers].sort((a, b) => a.at - b.at);
    if (!next) return;
    this.time = Math.max(this.time, next.at - this.earlyMs);
    this.timers.delete(next);
    next.work();
  }
}
