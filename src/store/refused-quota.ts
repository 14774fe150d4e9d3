import { type Removed, removeExchanges, type Store } from './removal';

const DAY_MS = 24 * 3_600_000;
/** Refused messages are evidence for our user, and a way to fill the disk for others. */
const RETENTION_MS = 7 * DAY_MS;
const BATCH = 100;

export interface RefusedLimits {
  readonly count: number;
  readonly bytes: number;
  /** Not longer than a week. */
  readonly retentionMs: number;
}

/** Bounds what is kept of messages that were not taken: the oldest go first. */
export class RefusedQuota {
  private working: Promise<void> | undefined;

  private constructor(
    private readonly store: Store,
    private readonly limits: RefusedLimits,
    private count: number,
    private bytes: number,
  ) {}

  static async open(store: Store, limits: RefusedLimits): Promise<RefusedQuota> {
    const { count, bytes } = await store.journal.refusedTotal();
    return new RefusedQuota(store, limits, count, bytes);
  }

  /** One more was kept. What is too much is removed in the background. */
  add(bytes: number): void {
    this.count++;
    this.bytes += bytes;
    if (!this.isExceeded) return;
    this.working ??= this.enforce()
      .catch(() => undefined)
      .finally(() => (this.working = undefined));
  }

  /** @returns how many were removed */
  async removeOld(now: number): Promise<number> {
    const before = now - Math.min(RETENTION_MS, this.limits.retentionMs);
    let removed = 0;
    for (;;) {
      const oldest = await this.store.journal.refused(BATCH);
      const old = oldest.filter(({ updatedAt }) => updatedAt < before);
      await removeExchanges(this.store, old);
      removed += old.length;
      if (old.length < BATCH) break;
    }
    await this.recount();
    return removed;
  }

  private get isExceeded(): boolean {
    return this.count > this.limits.count || this.bytes > this.limits.bytes;
  }

  private async enforce(): Promise<void> {
    await this.recount();
    while (this.isExceeded) {
      const tooMany: Removed[] = [];
      for (const exchange of await this.store.journal.refused(BATCH)) {
        if (!this.isExceeded) break;
        this.count--;
        this.bytes -= exchange.bytes;
        tooMany.push(exchange);
      }
      if (tooMany.length === 0) return;
      await removeExchanges(this.store, tooMany);
    }
  }

  private async recount(): Promise<void> {
    const { count, bytes } = await this.store.journal.refusedTotal();
    this.count = count;
    this.bytes = bytes;
  }
}
