import type { Clock, Spool } from '../../store';
import type { Lanes } from './lanes';
import type { OutgoingFacts } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';
import type { Shelf } from './shelf';

/** A wall clock can be set, and rows can be changed by hand; that is noticed within this time. */
const LONGEST_SLEEP_MS = 5 * 60_000;
/** When the journal could not be asked. */
const STORE_PAUSE_MS = 5_000;
const PAGE = 100;

interface Parts {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly lanes: Lanes;
  readonly shelf: Shelf;
  /** How many messages may go to its partner at one time, as the settings say now. */
  mostFor(message: OutgoingMessage): number | undefined;
  /** Does what is to be done with a message whose time has come. */
  handle(message: OutgoingMessage): Promise<void>;
}

/**
 * Starts what is due, as far as the lanes have room. Everything that waits is in the journal; here is only what is on
 * its way, and when each partner's next message is due.
 */
export class Dispatcher {
  private readonly flights = new Map<string, Promise<void>>();
  private timer: { cancel(): void } | undefined;
  private filling: Promise<void> | undefined;
  private isCalled = true;
  private isRecovered = false;
  private lookAroundAt = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(private readonly parts: Parts) {}

  get inWork(): number {
    return this.flights.size + (this.filling ? 1 : 0);
  }

  isFlying(id: string): boolean {
    return this.flights.has(id);
  }

  /** Resolves when the attempt that is being made has ended. */
  async landed(id: string): Promise<void> {
    await this.flights.get(id);
  }

  /** Begins with what earlier processes have left. */
  start(): void {
    this.call();
  }

  /** Takes room for a message that is about to be settled, when nobody waits longer. */
  reserve(partner: string, most: number | undefined): boolean {
    if (this.isClosed || this.parts.lanes.isWaitedFor(partner, this.parts.clock.now())) return false;
    return this.parts.lanes.enter(partner, most);
  }

  /** Gives back what was reserved. */
  free(partner: string): void {
    this.parts.lanes.leave(partner);
    this.call();
  }

  /** A message that was just taken, and has to wait for room. It comes from the shelf, and goes back to it. */
  enqueue(message: OutgoingMessage): void {
    if (this.isClosed || !this.parts.lanes.keep(message)) this.parts.shelf.release(message);
    else this.call();
  }

  /** Starts a message for which room was reserved. It comes from the shelf, and goes back to it. */
  launch(message: OutgoingMessage): void {
    const flight = this.parts
      .handle(message)
      .catch(() => undefined)
      .finally(() => {
        this.flights.delete(message.id);
        this.parts.lanes.leave(message.record.key.to);
        this.parts.shelf.release(message);
        this.call();
      });
    this.flights.set(message.id, flight);
  }

  /** Somebody has worked with a message: it may be due at another time now. */
  onRelease({ id, record }: OutgoingMessage): void {
    if (record.dueAt === undefined || this.flights.has(id)) return;
    this.parts.lanes.expect(record.key.to, record.dueAt);
    this.call();
  }

  /** No new attempts. @returns when those that are being made have ended */
  async close(): Promise<void> {
    this.isClosed = true;
    this.timer?.cancel();
    for (const message of this.parts.lanes.forgetAll()) this.parts.shelf.release(message);
    await this.filling;
    // One that was being settled may have joined them.
    while (this.flights.size > 0) await Promise.all(this.flights.values());
  }

  /** One filling after the other, so that the journal is asked once for what many have called for. */
  private call(): void {
    this.isCalled = true;
    if (this.filling || this.isClosed) return;
    this.timer?.cancel();
    this.filling = this.fill()
      .catch(() => this.sleep(STORE_PAUSE_MS))
      .finally(() => {
        this.filling = undefined;
        if (this.isCalled) this.call();
      });
  }

  /** The attempts that were being made are made again at once (REL-01). */
  private async recover(): Promise<void> {
    if (this.isRecovered) return;
    let before: string | undefined;
    for (;;) {
      const page = { limit: PAGE, before };
      const records = await this.parts.spool.list({ direction: 'out', states: ['sending'], ...page });
      for (const { id, state } of records) if (state === 'sending') await this.recall(id);
      before = records.at(-1)?.id;
      if (records.length < PAGE) break;
    }
    this.isRecovered = true;
  }

  /** An attempt that a crash has ended. */
  private async recall(id: string): Promise<void> {
    if (this.flights.has(id)) return;
    const message = await this.parts.shelf.load(id);
    if (!message) return;
    try {
      if (message.record.state !== 'sending' || this.flights.has(id)) return;
      await message.folder.advance(
        'retrying',
        {},
        { dueAt: this.parts.clock.now(), detail: { interrupted: true } },
      );
    } finally {
      this.parts.shelf.release(message);
    }
  }

  private async findLanes(): Promise<void> {
    const known: string[] = [];
    for (;;) {
      const filter = { until: Number.MAX_SAFE_INTEGER, limit: 1, exceptPartners: known } as const;
      const [first] = await this.parts.spool.due<OutgoingFacts>({ direction: 'out', ...filter });
      if (!first) break;
      const { key, dueAt = 0 } = first.record;
      known.push(key.to);
      this.parts.lanes.expect(key.to, dueAt);
    }
    this.lookAroundAt = this.elapsed + LONGEST_SLEEP_MS;
  }

  /** Milliseconds; goes on when the wall clock is set back. */
  private get elapsed(): number {
    return this.parts.clock.monotonic?.() ?? this.parts.clock.now();
  }

  private async fill(): Promise<void> {
    this.isCalled = false;
    await this.recover();
    if (this.elapsed >= this.lookAroundAt) await this.findLanes();
    while (!this.isClosed) {
      this.isCalled = false;
      // One time for both questions: what becomes due between two of them would be in neither answer.
      const now = this.parts.clock.now();
      const partner = this.parts.lanes.next(now);
      if (partner === undefined) return this.sleepUntil(this.parts.lanes.nextDue(now), now);
      await this.startFor(partner);
    }
  }

  /** Starts what is due for a partner, as far as there is room. */
  private async startFor(partner: string): Promise<void> {
    const kept = this.parts.lanes.takeKept(partner);
    if (kept) return this.startOrRelease(kept);
    const now = this.parts.clock.now();
    const limit = this.parts.lanes.room(partner);
    this.parts.lanes.look(partner);
    try {
      const filter = { direction: 'out', partner, until: now, limit } as const;
      let read = 0;
      const due = await this.parts.shelf.takeAll(async () => {
        const folders = await this.parts.spool.due<OutgoingFacts>(filter);
        read = folders.length;
        return folders;
      });
      for (const message of due) this.startOrRelease(message);
      const next = read < limit ? await this.parts.spool.nextDue('out', { partner, after: now }) : now;
      if (next !== undefined) this.parts.lanes.expect(partner, next);
    } catch {
      // The journal does not work, or one of its rows cannot be read: the others have their turn.
      this.parts.lanes.expect(partner, now + STORE_PAUSE_MS);
    }
  }

  private startOrRelease(message: OutgoingMessage): void {
    const { id, record } = message;
    if (this.parts.lanes.forget(message)) this.parts.shelf.release(message);
    if (this.flights.has(id)) {
      // Its row says "due" until the attempt is noted.
      this.parts.shelf.release(message);
    } else if (!this.isClosed && this.parts.lanes.enter(record.key.to, this.parts.mostFor(message))) {
      this.launch(message);
    } else {
      this.parts.shelf.release(message);
    }
  }

  private sleepUntil(next = Number.POSITIVE_INFINITY, now: number): void {
    this.sleep(Math.min(next - now, LONGEST_SLEEP_MS));
  }

  private sleep(ms: number): void {
    if (this.isClosed) return;
    this.timer?.cancel();
    this.timer = this.parts.clock.setTimeout(() => this.call(), ms);
  }
}
