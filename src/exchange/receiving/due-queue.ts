import type { Clock, ExchangeFolder, Spool } from '../../store';
import { Slots } from './slots';

export interface DueQueueOptions<Facts extends object> {
  readonly spool: Spool;
  readonly owner: string;
  readonly clock: Clock;
  /** In these it is this queue that goes on with an exchange. */
  readonly states: readonly string[];
  /**
   * Does what has to be done with an exchange. What is put off has a later `dueAt` afterwards; what is done has none.
   * When it rejects, not even that could be noted, and the queue rests for a while.
   * @param leave gives the place away before the end, for a wait that costs nothing
   */
  readonly work: (folder: ExchangeFolder<Facts>, leave: () => void) => Promise<void>;
}

/** At a time, in all and for one partner. */
const PLACES = { all: 16, each: 4 } as const;
/** With those that wait for the flow, which cost memory only. */
const MOST_IN_WORK = 2_000;
const PAGE = 32;
/** After a failure of the store; and how long a clock that was set back can delay things. */
const REST_MS = 60_000;
/** Something may seem due again and again, because it is in work. */
const SHORTEST_PAUSE_MS = 10;

/**
 * Exchanges of the journal for which something is to be done at a time. The journal is the queue; in memory are only
 * those that are in work.
 */
export class DueQueue<Facts extends object> {
  private readonly slots = new Slots(PLACES);
  private readonly jobs = new Map<string, Promise<void>>();
  private state: 'new' | 'running' | 'stopped' = 'new';
  /** There may be something due in the journal that is not in work. */
  private backlog = false;
  private turn: Promise<void> | undefined;
  private asked = false;
  private timer: { readonly at: number; cancel(): void } | undefined;
  private restsUntil = 0;

  constructor(private readonly o: DueQueueOptions<Facts>) {}

  get inWork(): number {
    return this.jobs.size;
  }

  /** Begins to look into the journal. @returns when it has looked once */
  async resume(): Promise<void> {
    if (this.state === 'new') this.state = 'running';
    await this.look();
  }

  /**
   * Works on an exchange that has just become due, if there is a place; else it waits in the journal.
   * @param work instead of the usual
   */
  offer(folder: ExchangeFolder<Facts>, work = this.o.work): void {
    if (this.state === 'new') this.state = 'running';
    if (!this.start(folder, work)) this.backlog = true;
  }

  /** Looks into the journal when that time has come. */
  wakeAt(at: number): void {
    const pause = at - this.o.clock.now();
    if (pause > 0) this.wakeAfter(pause);
    else void this.look();
  }

  /** Begins nothing more. @returns when what is in work has ended */
  async stop(): Promise<void> {
    this.state = 'stopped';
    this.timer?.cancel();
    await this.turn;
    await Promise.all(this.jobs.values());
  }

  private async look(): Promise<void> {
    if (this.state !== 'running') return;
    this.asked = true;
    this.turn ??= this.takeTurn().finally(() => {
      this.turn = undefined;
      // Somebody has called after the last look, and before this.
      if (this.asked) void this.look();
    });
    await this.turn;
  }

  /** Never rejects. */
  private async takeTurn(): Promise<void> {
    const { spool, owner, states, clock } = this.o;
    try {
      while (this.asked && this.state === 'running') {
        this.asked = false;
        // What becomes due while the journal is asked must not fall between the two questions.
        const until = clock.now();
        await this.takeDue(until);
        const next = await spool.nextDue('in', { owner, states, after: until });
        const now = clock.now();
        // What is due already is not "next": after a rest it is looked for when the rest is over, not a minute later.
        const restMs = this.isResting ? this.restsUntil - now : REST_MS;
        this.wakeAfter(Math.min((next ?? Infinity) - now, restMs));
      }
    } catch {
      this.rest();
    }
  }

  /** Begins with what is due until there is no more of it, or no place. */
  private async takeDue(until: number): Promise<void> {
    const { spool, owner, states } = this.o;
    this.backlog = true;
    while (this.backlog && this.hasRoom) {
      const limit = PAGE + this.jobs.size;
      const due = await spool.due<Facts>({
        direction: 'in',
        owner,
        states,
        until,
        limit,
        exceptPartners: this.slots.fullNames,
      });
      const started = due.filter((folder) => this.start(folder, this.o.work));
      // A whole page of what is in work says nothing about what comes behind it.
      this.backlog = started.length > 0 || this.slots.fullNames.length > 0 || due.length === limit;
      if (started.length === 0) return;
    }
  }

  private get hasRoom(): boolean {
    return this.state === 'running' && !this.isResting && !this.slots.full && this.jobs.size < MOST_IN_WORK;
  }

  private get isResting(): boolean {
    const now = this.o.clock.now();
    return now < this.restsUntil && this.restsUntil <= now + REST_MS;
  }

  /** @returns false, when there is no place for it, or it is in work already */
  private start(folder: ExchangeFolder<Facts>, work: DueQueueOptions<Facts>['work']): boolean {
    const { id, key } = folder.record;
    if (!this.hasRoom || this.jobs.has(id)) return false;
    const leave = this.slots.take(key.from);
    if (!leave) return false;
    const leaveEarly = (): void => {
      leave();
      this.afterwards();
    };
    const job = work(folder, leaveEarly)
      .then(
        () => this.wakeAtDue(folder),
        () => this.rest(),
      )
      .finally(() => {
        leave();
        this.jobs.delete(id);
        this.afterwards();
      });
    this.jobs.set(id, job);
    return true;
  }

  private wakeAfter(pauseMs: number): void {
    const { clock } = this.o;
    const pause = Math.max(pauseMs, SHORTEST_PAUSE_MS);
    const at = clock.now() + pause;
    if (this.state !== 'running' || (this.timer && this.timer.at <= at)) return;
    this.timer?.cancel();
    const timer = clock.setTimeout(() => {
      this.timer = undefined;
      void this.look();
    }, pause);
    this.timer = { at, cancel: () => timer.cancel() };
  }

  private afterwards(): void {
    if (this.backlog) void this.look();
  }

  private wakeAtDue({ record }: ExchangeFolder<Facts>): void {
    if (record.dueAt !== undefined) this.wakeAt(record.dueAt);
  }

  private rest(): void {
    this.restsUntil = this.o.clock.now() + REST_MS;
    this.backlog = true;
    this.wakeAfter(REST_MS);
  }
}
