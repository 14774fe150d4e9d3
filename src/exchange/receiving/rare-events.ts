const MINUTE_MS = 60_000;
/** So many kinds are told apart in a minute; whoever invents names does not fill memory or log with them. */
const MOST_KINDS = 50;

interface Told {
  readonly at: number;
  passed: number;
  /** Since then. */
  held: number;
}

/**
 * Reports of what strangers can cause as often as they like: only so many a minute of each kind, and of all together
 * not more kinds than there are places. The others are counted.
 */
export class RareEvents {
  private readonly told = new Map<string, Told>();
  /** Of kinds that found no place. */
  private heldOfOthers = 0;

  /** @param each of a kind in a minute */
  constructor(
    private readonly now: () => number,
    private readonly each = 1,
  ) {}

  /** @returns for how many this report stands, itself too; undefined when it is held back */
  pass(kind: string): number | undefined {
    const now = this.now();
    const last = this.told.get(kind);
    if (last && isRecent(last, now)) {
      if (last.passed < this.each) {
        last.passed++;
        return 1;
      }
      last.held++;
      return undefined;
    }
    if (!last && !this.hasPlace(now)) {
      this.heldOfOthers++;
      return undefined;
    }
    this.told.set(kind, { at: now, passed: 1, held: 0 });
    const count = 1 + (last?.held ?? 0) + this.heldOfOthers;
    this.heldOfOthers = 0;
    return count;
  }

  private hasPlace(now: number): boolean {
    if (this.told.size < MOST_KINDS) return true;
    for (const [kind, told] of this.told) {
      if (isRecent(told, now)) continue;
      this.heldOfOthers += told.held;
      this.told.delete(kind);
    }
    return this.told.size < MOST_KINDS;
  }
}

/** A clock that was set back does not silence anything. */
function isRecent({ at }: Told, now: number): boolean {
  return now >= at && now - at < MINUTE_MS;
}
