import type { Clock } from './clock';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is remembered over a restart. */
export interface ClockMemory {
  /** When the clock was looked at last. */
  readonly seenAt: number;
  /** How long we have run since it cannot be believed; absent: it can. */
  readonly waitedMs?: number;
}

/**
 * Whether the clock can be believed when something is to be removed because of its age. One that jumps, or shows a time
 * long after the last one that was seen, may have been set wrong: then a day of running has to pass first, in which
 * somebody can set it right.
 */
export class ClockGuard {
  private wall: number;
  private monotonic: number;
  private waitedMs: number | undefined;

  /** @param memory of the last look; absent: there was none */
  constructor(
    private readonly clock: Clock,
    memory: ClockMemory | undefined,
  ) {
    this.wall = clock.now();
    this.monotonic = this.elapsed();
    const isNear = memory !== undefined && this.wall - memory.seenAt <= DAY_MS;
    this.waitedMs = isNear ? memory.waitedMs : (memory?.waitedMs ?? 0);
  }

  /** @returns whether the clock can be believed, and what has to be remembered */
  look(): { readonly trusted: boolean; readonly memory: ClockMemory } {
    const wall = this.clock.now();
    const monotonic = this.elapsed();
    const ranMs = monotonic - this.monotonic;
    const jumpedMs = Math.abs(wall - this.wall - ranMs);
    this.wall = wall;
    this.monotonic = monotonic;
    if (this.waitedMs !== undefined) {
      this.waitedMs += ranMs;
      if (this.waitedMs >= DAY_MS) this.waitedMs = undefined;
    }
    if (jumpedMs > HOUR_MS) this.waitedMs ??= 0;
    const trusted = this.waitedMs === undefined;
    return {
      trusted,
      memory: { seenAt: wall, ...(this.waitedMs === undefined ? {} : { waitedMs: this.waitedMs }) },
    };
  }

  private elapsed(): number {
    return this.clock.monotonic?.() ?? this.clock.now();
  }
}
