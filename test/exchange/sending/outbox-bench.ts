import { join } from 'node:path';
import { bufferSource } from '../../../src/bytes';
import {
  type ExchangeEvent,
  type ExchangeEventType,
  Outbox,
  type OutboxListener,
  type OutboxOptions,
  type OutcomeInfo,
  type ProgressInfo,
  type Relationship,
  type SendOutcome,
  type StationDirectory,
  stationDirectory,
  type SubmitOptions,
  type WaitingInfo,
} from '../../../src/exchange';
import { openSpool, type Spool } from '../../../src/store';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from '../../partner/parties';
import { type Script, type TradingPartner, withTradingPartner } from '../../partner/trading-partner';
import { SimulatedClock } from '../../support/simulated-clock';
import { withTempDirectory } from '../../support/temp';

export const OWNER = 'a-node';
export const CONTENT = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA+260303:1015+1'UNZ+0+1'\r\n");

export interface Told {
  readonly outcome: SendOutcome;
  readonly info: OutcomeInfo;
}

export interface OutboxSetup {
  readonly options?: Partial<OutboxOptions>;
  readonly partner?: PartnerChanges;
  readonly script?: Script;
  readonly thresholdBytes?: number;
  /** Default: one that notes everything and takes every outcome. `nobody`: nobody listens. */
  readonly listener?: Partial<OutboxListener> | 'nobody';
}

/** Our sending end with a real spool, a clock of its own, and a partner behind a real web server. */
export class OutboxBench {
  readonly clock = new SimulatedClock();
  readonly told: Told[] = [];
  readonly waited: WaitingInfo[] = [];
  readonly progress: ProgressInfo[] = [];
  readonly events: ExchangeEvent[] = [];
  relationship: Relationship;
  find: StationDirectory['find'] = (names) => stationDirectory([this.relationship]).find(names);
  spool!: Spool;
  outbox!: Outbox;

  private constructor(
    readonly directory: string,
    readonly alpha: Party,
    readonly beta: Party,
    readonly partner: TradingPartner,
    private readonly setup: OutboxSetup,
  ) {
    this.relationship = relationshipOf(alpha, beta, { url: partner.url, ...setup.partner });
  }

  static async run(setup: OutboxSetup, work: (bench: OutboxBench) => Promise<void>): Promise<void> {
    const { alpha, beta } = await alphaAndBeta();
    await withTradingPartner(beta, alpha, setup.script, async (partner) => {
      await withTempDirectory(async (temp) => {
        const bench = new OutboxBench(join(temp, 'spool'), alpha, beta, partner, setup);
        await bench.open();
        try {
          await work(bench);
        } finally {
          await bench.close();
        }
      });
    });
  }

  async open(): Promise<void> {
    const { thresholdBytes = 64 * 1024, listener = {}, options } = this.setup;
    const { clock, directory } = this;
    this.spool = await openSpool({ directory, thresholdBytes, clock });
    this.outbox = Outbox.open({
      spool: this.spool,
      // Asked for each attempt: the relationship may be exchanged.
      directory: { find: (names) => this.find(names) },
      clock,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    if (listener !== 'nobody') this.attach(listener);
  }

  async close(): Promise<void> {
    await this.outbox.close();
    await this.spool.close();
  }

  /** As a new process. */
  async restart(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** Changes the settings of the partner. */
  configure(changes: PartnerChanges): void {
    const url = this.partner.url;
    this.relationship = relationshipOf(this.alpha, this.beta, { url, ...this.setup.partner, ...changes });
  }

  attach(listener: Partial<OutboxListener> = {}, owner = OWNER): () => void {
    return this.outbox.attach(owner, {
      outcome: async (outcome, info) => {
        await listener.outcome?.(outcome, info);
        this.told.push({ outcome, info });
      },
      waiting: (info) => {
        this.waited.push(info);
        listener.waiting?.(info);
      },
      progress: (info) => {
        this.progress.push(info);
        listener.progress?.(info);
      },
    });
  }

  async submit(changes: Partial<SubmitOptions> = {}): Promise<string> {
    const { exchangeId } = await this.outbox.submit({
      ...this.relationship,
      payload: { content: bufferSource(CONTENT), contentType: 'application/edifact', filename: 'order.edi' },
      owner: OWNER,
      ...changes,
    });
    return exchangeId;
  }

  /** Lets time pass; what is due on the way is done before it goes on. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.idle();
    for (;;) {
      const left = end - this.clock.now();
      if (left <= 0) return;
      await this.clock.pass(Math.min(left, Math.max(this.clock.untilNext ?? left, 1)));
      await this.idle();
    }
  }

  /** Lets time pass until the partner has got so many messages. */
  async passUntilArrived(count: number): Promise<void> {
    await this.idle();
    while (this.partner.arrived.length < count) await this.pass(MINUTE_MS);
  }

  /** Waits until nothing is in work. */
  async idle(): Promise<void> {
    await until(() => this.outbox.inWork === 0, 'the outbox is idle');
  }

  /** Sends one message and waits for its outcome. */
  async send(changes: Partial<SubmitOptions> = {}): Promise<SendOutcome> {
    const exchangeId = await this.submit(changes);
    return this.outcome(exchangeId);
  }

  async outcome(exchangeId: string): Promise<SendOutcome> {
    const find = () => this.told.findLast(({ info }) => info.exchangeId === exchangeId);
    await until(() => find() !== undefined, 'the outcome is told');
    return find()!.outcome;
  }

  async state(exchangeId: string): Promise<string | undefined> {
    return (await this.spool.get(exchangeId))?.record.state;
  }

  async states(exchangeId: string): Promise<string[]> {
    return (await this.spool.history(exchangeId)).map(({ state }) => state);
  }

  eventsOf(type: ExchangeEventType): ExchangeEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

export const MINUTE_MS = 60_000;
const PATIENCE_MS = 40_000;

/** Waits for a condition, never for a time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
