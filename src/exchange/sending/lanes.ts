/** One partner's part of the queue; its messages wait in the journal, not here. */
interface Lane {
  readonly partner: string;
  /** When the next of them is due at the earliest; never later than it really is. */
  dueAt: number;
  running: number;
  /** On their way at one time. */
  most: number;
}

const MOST_PER_PARTNER = 4;
/** A due time that far away was written before the clock was set back; no pause is that long. */
const CLOCK_FAULT_MS = 7 * 24 * 3_600_000;

/**
 * Who may send next: at most so many messages at one time to each partner and in all, and a partner with a hundred
 * thousand messages waiting, or one that does not answer, takes no turn of the others.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private running = 0;

  constructor(private readonly parallel: number) {}

  get inWork(): number {
    return this.running;
  }

  /** Something for this partner will be due at that time. */
  expect(partner: string, dueAt: number): void {
    const lane = this.of(partner);
    lane.dueAt = Math.min(lane.dueAt, dueAt);
  }

  /** Whether something for this partner waits for room. */
  isWaitedFor(partner: string, now: number): boolean {
    const lane = this.lanes.get(partner);
    return lane !== undefined && isDue(lane, now);
  }

  /** What is due for it is being looked at; `expect` tells what is left. */
  look(partner: string): void {
    const lane = this.of(partner);
    lane.dueAt = Number.POSITIVE_INFINITY;
    this.tidy(lane);
  }

  /** @param most messages to it at one time, as its settings say now */
  enter(partner: string, most = MOST_PER_PARTNER): boolean {
    const lane = this.of(partner);
    lane.most = Math.max(1, most);
    if (this.room(partner) === 0) return false;
    lane.running++;
    this.running++;
    return true;
  }

  leave(partner: string): void {
    const lane = this.of(partner);
    lane.running--;
    this.running--;
    this.tidy(lane);
  }

  /** How many more messages may go to a partner now. */
  room(partner: string): number {
    const { running, most } = this.lanes.get(partner) ?? { running: 0, most: MOST_PER_PARTNER };
    return Math.max(0, Math.min(most - running, this.parallel - this.running));
  }

  /** Whose turn it is: of those who have something due, and room for it, the one with least on its way, then the one that waits longest. */
  next(now: number): string | undefined {
    let first: Lane | undefined;
    for (const lane of this.lanes.values()) {
      if (!isDue(lane, now) || this.room(lane.partner) === 0) continue;
      if (
        !first ||
        lane.running < first.running ||
        (lane.running === first.running && lane.dueAt < first.dueAt)
      ) {
        first = lane;
      }
    }
    return first?.partner;
  }

  /** When something will be due that is not due yet. */
  nextDue(now: number): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes.values()) {
      if (!isDue(lane, now) && lane.dueAt < next) next = lane.dueAt;
    }
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  private of(partner: string): Lane {
    let lane = this.lanes.get(partner);
    if (!lane) {
      lane = { partner, dueAt: Number.POSITIVE_INFINITY, running: 0, most: MOST_PER_PARTNER };
      this.lanes.set(partner, lane);
    }
    return lane;
  }

  private tidy(lane: Lane): void {
    if (lane.running === 0 && lane.dueAt === Number.POSITIVE_INFINITY) this.lanes.delete(lane.partner);
  }
}

function isDue({ dueAt }: Lane, now: number): boolean {
  return dueAt !== Number.POSITIVE_INFINITY && isDueAt(dueAt, now);
}

export function isDueAt(dueAt: number, now: number): boolean {
  return dueAt <= now || dueAt > now + CLOCK_FAULT_MS;
}
