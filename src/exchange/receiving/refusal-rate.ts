const MINUTE_MS = 60_000;
/** So many senders are told apart in a minute, the others share one count. */
const MOST_SENDERS = 10_000;

/**
 * How often messages of a sender were refused in this minute. Each of them costs us a decryption and a signature, and
 * tells somebody who alters what he has overheard a little about our keys (SEC-03, SEC-11).
 */
export class RefusalRate {
  private readonly counts = new Map<string, number>();
  private since = Number.NaN;

  constructor(
    private readonly most: number,
    private readonly now: () => number,
  ) {}

  add(sender: string): void {
    this.turnMinute();
    const name = this.nameOf(sender);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  isExceeded(sender: string): boolean {
    this.turnMinute();
    return (this.counts.get(this.nameOf(sender)) ?? 0) >= this.most;
  }

  /** Until everybody begins anew. */
  get remainingMs(): number {
    return this.since + MINUTE_MS - this.now();
  }

  private nameOf(sender: string): string {
    return this.counts.has(sender) || this.counts.size < MOST_SENDERS ? sender : '';
  }

  private turnMinute(): void {
    const now = this.now();
    // Also when the clock was set back.
    if (now >= this.since && now < this.since + MINUTE_MS) return;
    this.counts.clear();
    this.since = now;
  }
}
