import type { Clock } from './clock';
import { ClockGuard, type ClockMemory } from './clock-guard';
import { removeAbandoned, removeOldExchanges, removeOrphans, type Store } from './removal';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Also where Node-RED never runs for an hour. */
const FIRST_SWEEP_MS = 60_000;
/** What lies aside this long belongs to nobody: a transfer in work touches its file. */
const ABANDONED_MS = DAY_MS;
const MEMORY = 'clock';

/** What has limits of its own. */
export interface Limited {
  /** @returns how many were removed */
  removeOld(now: number): Promise<number>;
}

/** Removes what is older than it has to be kept, every hour. */
export class Sweeper {
  private timer: { cancel(): void } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly store: Store,
    private readonly limited: readonly Limited[],
    private readonly clock: Clock,
    private readonly retentionMs: number,
    private readonly guard: ClockGuard,
  ) {}

  static async start(
    store: Store,
    limited: readonly Limited[],
    clock: Clock,
    retentionMs: number,
  ): Promise<Sweeper> {
    const memory = await store.journal.readNote(MEMORY);
    const guard = new ClockGuard(
      clock,
      memory === undefined ? undefined : (JSON.parse(memory) as ClockMemory),
    );
    const sweeper = new Sweeper(store, limited, clock, retentionMs, guard);
    sweeper.sweepAfter(FIRST_SWEEP_MS);
    return sweeper;
  }

  /** @returns how many exchanges, and folders without one, were removed */
  async sweep(): Promise<number> {
    const mine = this.last.then(() => this.sweepOnce());
    this.last = mine.catch(() => undefined);
    return mine;
  }

  stop(): void {
    this.timer?.cancel();
  }

  private async sweepOnce(): Promise<number> {
    const { trusted, memory } = this.guard.look();
    await this.store.journal.writeNote(MEMORY, JSON.stringify(memory));
    if (!trusted) return 0;
    const now = this.clock.now();
    const expired = now - this.retentionMs;
    let removed = await removeAbandoned(this.store.staging, now - ABANDONED_MS);
    removed += await removeOldExchanges(this.store, expired);
    for (const one of this.limited) removed += await one.removeOld(now);
    // Also those that were received under another journal are evidence until then.
    for (const direction of ['in', 'out'] as const) {
      removed += await removeOrphans(this.store, direction, expired);
    }
    await this.store.journal.shrink();
    return removed;
  }

  private sweepAfter(ms: number): void {
    const again = (): void => this.sweepAfter(HOUR_MS);
    // What fails now, the next sweep tries again; a store that does not work is noticed by those who need it.
    this.timer = this.clock.setTimeout(() => void this.sweep().then(again, again), ms);
  }
}
