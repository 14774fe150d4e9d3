/** How many things may go on at a time. */
export interface SlotLimits {
  /** For all names together. */
  readonly all: number;
  /** For each name. */
  readonly each: number;
}

/** Places for what goes on at the same time, so that neither many nor one can take everything (SEC-11). */
export class Slots {
  private readonly taken = new Map<string, number>();
  private takenByAll = 0;

  constructor(private readonly limits: SlotLimits) {}

  get inUse(): number {
    return this.takenByAll;
  }

  get full(): boolean {
    return this.takenByAll >= this.limits.all;
  }

  /** Names that have no place left. */
  get fullNames(): string[] {
    return [...this.taken].filter(([, count]) => count >= this.limits.each).map(([name]) => name);
  }

  /** @returns gives the place back, once; undefined when there is none */
  take(name: string): (() => void) | undefined {
    const count = this.taken.get(name) ?? 0;
    if (this.full || count >= this.limits.each) return undefined;
    this.taken.set(name, count + 1);
    this.takenByAll++;
    let held = true;
    return () => {
      if (held) this.giveBack(name);
      held = false;
    };
  }

  private giveBack(name: string): void {
    const count = (this.taken.get(name) ?? 1) - 1;
    if (count === 0) this.taken.delete(name);
    else this.taken.set(name, count);
    this.takenByAll--;
  }
}
