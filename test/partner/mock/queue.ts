const PATIENCE_MS = 40_000;

/** Things in the order in which they come, to be waited for; each is taken once. */
export class Queue<T> {
  /** All that ever came. */
  readonly all: T[] = [];
  private taken = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly what: string) {}

  add(item: T): void {
    this.all.push(item);
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** @throws Error when nothing comes in time */
  async next(patienceMs = PATIENCE_MS): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const item = this.all[this.taken];
      if (item !== undefined) {
        this.taken += 1;
        return item;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${this.what} within ${patienceMs / 1000} s`);
      await this.change(left);
    }
  }

  private async change(atMostMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
