import type { OutgoingMessage } from './outgoing-message';

/** One partner's part of the queue; its messages wait in the journal, and only a few of them here, too. */
interface Lane {
  readonly partner: string;
  /** When the next of those in the journal is due at the earliest; never later than it really is. */
  dueAt: number;
  /** Just taken, and at hand; in the order in which they came. */
  readonly ready: OutgoingMessage[];
  running: number;
  /** On their way at one time. */
  most: number;
}

const MOST_PER_PARTNER = 4;
/** Of all partners: enough for a burst, and no more memory than that. */
const MOST_READY = 64;
const LARGEST_READY_BYTES = 64 * 1024;
/** A due time that far away was written before the clock was set back; no pause is that long. */
const CLOCK_FAULT_MS = 7 * 24 * 3_600_000;

/**
 * Who may send next: at most so many messages at one time to each partner and in all, and a partner with a hundred
 * thousand messages waiting, or one that does not answer, takes no turn of the others.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private running = 0;
  private readyCount = 0;

  constructor(private readonly parallel: number) {}

  get inWork(): number {
    return this.running;
  }

  /** Something for this partner will be due at that time. */
  expect(partner: string, dueAt: number): void {
    const lane = this.of(partner);
    lane.dueAt = Math.min(lane.dueAt, dueAt);
  }

  /** Keeps a message at hand that was just taken and has no room yet. @returns false: it waits in the journal only */
  keep(message: OutgoingMessage): boolean {
    if (this.readyCount >= MOST_READY || message.sizeBytes > LARGEST_READY_BYTES) return false;
    this.readyCount++;
    this.of(message.record.key.to).ready.push(message);
    return true;
  }

  /** The next message at hand, unless one in the journal waits longer. */
  takeKept(partner: string): OutgoingMessage | undefined {
    const lane = this.lanes.get(partner);
    const first = lane?.ready[0];
    if (!lane || !first || (first.record.dueAt ?? 0) > lane.dueAt) return undefined;
    this.readyCount--;
    return lane.ready.shift();
  }

  /** @returns whether the message was kept; it is not any more */
  forget(message: OutgoingMessage): boolean {
    const { ready = [] } = this.lanes.get(message.record.key.to) ?? {};
    const at = ready.indexOf(message);
    if (at < 0) return false;
    this.readyCount--;
    ready.splice(at, 1);
    return true;
  }

  /** Nothing is kept any more. */
  forgetAll(): OutgoingMessage[] {
    this.readyCount = 0;
    return [...this.lanes.values()].flatMap(({ ready }) => ready.splice(0));
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
        (lane.running === first.running && earliest(lane) < earliest(first))
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
      if (!isDue(lane, now)) next = Math.min(next, earliest(lane));
    }
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  private of(partner: string): Lane {
    let lane = this.lanes.get(partner);
    if (!lane) {
      lane = { partner, dueAt: Number.POSITIVE_INFINITY, ready: [], running: 0, most: MOST_PER_PARTNER };
      this.lanes.set(partner, lane);
    }
    return lane;
  }

  private tidy(lane: Lane): void {
    if (lane.running === 0 && earliest(lane) === Number.POSITIVE_INFINITY) this.lanes.delete(lane.partner);
  }
}

function isDue(lane: Lane, now: number): boolean {
  const dueAt = earliest(lane);
  return dueAt !== Number.POSITIVE_INFINITY && isDueAt(dueAt, now);
}

function earliest({ dueAt, ready: [first] }: Lane): number {
  return first ? Math.min(dueAt, first.record.dueAt ?? 0) : dueAt;
}

export function isDueAt(dueAt: number, now: number): boolean {
  return dueAt <= now || dueAt > now + CLOCK_FAULT_MS;
}
