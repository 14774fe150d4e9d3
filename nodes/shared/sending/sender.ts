import { randomUUID } from 'node:crypto';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { type As2Error, toAs2Error } from '../../../src/errors';
import type {
  Outbox,
  OutboxListener,
  OutcomeInfo,
  ProgressInfo,
  SendOutcome,
  SubmitOptions,
  WaitingInfo,
} from '../../../src/exchange';
import { describe, errorReport, flowError } from '../describe';
import { onInterval } from '../events';
import { handedOn } from '../handed-on';
import { outcomeReport, type SentReport } from '../out-message';
import { withoutGaps } from '../plain';
import { safely } from '../safely';
import type { State } from '../state';
import { clock, type StatusLine } from '../status';
import {
  type HeldMessage,
  keptMessage,
  lighten,
  rebuilt,
  type StoredDocuments,
  unlighten,
} from './held-message';
import { inTransit } from './in-transit';
import type { KeptDocument, KeptMessage } from './kept-message';
import { ownerOf } from './owner';
import { SendingStatus } from './sending-status';

/** What an as2-out node has read from a message: ready to be sent. */
export interface Prepared {
  readonly submit: Omit<SubmitOptions, 'owner' | 'context'>;
  /** Where the documents stand in the message, the payload first; null for those that do not stand there. */
  readonly documents: readonly (KeptDocument | null)[];
  /** Lets go of a stream that nobody will read. */
  discard(): void;
}

/** How often a store that does not work is tried again. */
const REOPEN_MS = 15_000;
/** From this number on, messages wait without their documents even before the first attempt. */
const MANY = 100;
/** Of one kind, so that many messages for a dead partner do not fill the log. */
const WARN_AGAIN_MS = 3_600_000;

/**
 * The way of messages through one as2-out node: into the outbox, and out of it as the same message, whether that takes
 * a second or a day, and whether or not the node or Node-RED was started anew meanwhile.
 */
export class Sender implements OutboxListener {
  private readonly owner: string;
  private readonly shown: SendingStatus;
  private attached: { readonly outbox: Outbox; readonly detach: () => void } | undefined;
  private readonly closed = Promise.withResolvers<void>();
  private isClosed = false;
  private warned: { readonly code: string; readonly at: number } | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly state: State,
    private readonly line: StatusLine,
  ) {
    this.owner = ownerOf(node);
    this.shown = new SendingStatus(RED, line);
    state.exchanges.use(node);
    onInterval(RED, node, REOPEN_MS, () => {
      if (!this.attached) this.start();
    });
  }

  /** Takes up what was left from before; for when the flows run. */
  start(): void {
    safely(
      () => this.outbox(),
      (thrown) => {
        if (this.isClosed) return;
        const error = toAs2Error(thrown);
        this.line.showError(error);
        this.node.error(describe(this.RED, error));
      },
    );
  }

  /** @throws As2Error when the store cannot be used */
  async outbox(): Promise<Outbox> {
    const outbox = await this.state.exchanges.outbox();
    if (this.isClosed || this.attached?.outbox === outbox) return outbox;
    this.attached = { outbox, detach: outbox.attach(this.owner, this) };
    const spool = await this.state.exchanges.spool();
    for (const [id, state] of await inTransit(spool, this.owner)) {
      if (!this.shown.has(id)) this.shown.set(id, state);
    }
    return outbox;
  }

  /**
   * Gives a message to the outbox. When this has resolved, the rest is for `outcome`.
   * @param report is filled with what is known, also when it fails
   * @throws As2Error when the message was not taken
   */
  async send(
    message: NodeMessageInFlow,
    done: HeldMessage['done'],
    report: SentReport,
    prepare: () => Promise<Prepared>,
  ): Promise<void> {
    const token = randomUUID();
    const { held } = this.state.exchanges;
    let prepared: Prepared | undefined;
    this.shown.set(token, { doing: 'sending' });
    try {
      prepared = await prepare();
      const outbox = await this.outbox();
      const { node, owner } = this;
      const { documents } = prepared;
      const holding = { message, done, node, owner, documents, report, light: new Set<KeptDocument>() };
      const context = keptMessage(this.RED, token, holding);
      held.hold(token, holding);
      const { exchangeId } = await outbox.submit({ ...prepared.submit, owner, context });
      held.name(token, exchangeId);
      this.shown.rename(token, exchangeId);
    } catch (thrown) {
      held.take(token);
      prepared?.discard();
      const error = toAs2Error(thrown);
      message.as2 = withoutGaps({ ...report, error: errorReport(this.RED, error) });
      this.shown.remove(token, () => this.line.showError(error));
      throw error;
    }
    // Behind a partner that does not answer many wait for their first attempt.
    const holding = held.get(token);
    if (holding && held.count > MANY) this.lighten(holding);
  }

  async outcome(outcome: SendOutcome, info: OutcomeInfo): Promise<void> {
    const { exchanges } = this.state;
    const kept = { ...NOTHING_KEPT, ...info.context };
    const holding = exchanges.held.get(kept.token);
    const { message, missing } = await this.messageOf(kept, holding, info);
    // In the middle of a deploy the nodes behind this one may be closed already. From here on nothing is waited for.
    await Promise.race([exchanges.flowsRun(), this.closed.promise]);
    if (this.isClosed) throw new Error('the node was closed');
    exchanges.held.take(kept.token, info.exchangeId);
    message.as2 = withoutGaps({
      ...(holding?.report ?? kept.report),
      ...outcomeReport(outcome),
      ...(holding ? {} : resumption(missing, info)),
      ...(outcome.ok ? {} : { error: errorReport(this.RED, outcome.error) }),
    });
    this.shown.remove(info.exchangeId, () => this.showOutcome(outcome));
    if (outcome.ok) {
      this.node.send(message);
      holding?.done();
    } else {
      const error = flowError(this.RED, outcome.error);
      if (holding?.node === this.node) holding.done(error);
      else this.node.error(error, message);
    }
    await handedOn();
  }

  waiting(info: WaitingInfo): void {
    const { exchangeId, attempt, attempts, nextAttemptAt, error, awaitingReceipt = false } = info;
    if (error) this.warn(error, info);
    const at = nextAttemptAt === undefined ? {} : { at: new Date(nextAttemptAt) };
    const code = error ? { code: error.code } : {};
    this.shown.set(
      exchangeId,
      awaitingReceipt
        ? { doing: 'awaiting-receipt' }
        : { doing: 'retrying', attempt: attempt + 1, attempts, ...at, ...code },
    );
    const holding = this.state.exchanges.held.of(exchangeId);
    if (holding) this.lighten(holding);
  }

  progress({ exchangeId, sentBytes, totalBytes, resumed = 0 }: ProgressInfo): void {
    const percent = Math.floor((100 * sentBytes) / Math.max(totalBytes, 1));
    this.shown.set(exchangeId, { doing: 'sending', percent, resumed: resumed > 0 });
  }

  /**
   * What is on its way stays so: the next instance of the node takes over, or the next start.
   * @param removed there will be no next instance
   */
  async close(removed: boolean): Promise<void> {
    this.isClosed = true;
    this.attached?.detach();
    this.closed.resolve();
    this.line.close();
    if (removed) this.state.exchanges.held.drop(this.owner);
    await this.state.exchanges.release(this.node);
  }

  /** Its documents are in the spool, unless that was not wanted. */
  private lighten(holding: HeldMessage): void {
    const { exchanges, settings } = this.state;
    if (settings.outbox.keepPayload) lighten(this.RED, holding, exchanges.held.count);
  }

  private async messageOf(
    kept: KeptMessage,
    holding: HeldMessage | undefined,
    info: OutcomeInfo,
  ): Promise<{ readonly message: NodeMessage & { as2?: SentReport }; readonly missing: readonly string[] }> {
    const stored: StoredDocuments = async (index) => (index === 0 ? info.payload() : info.attachment(index));
    try {
      if (!holding) return await rebuilt(this.RED, kept, stored);
      await unlighten(this.RED, holding, stored);
    } catch (thrown) {
      // The outcome counts more than the document, which the flow then finds missing.
      this.node.warn(describe(this.RED, toAs2Error(thrown)));
    }
    return { message: holding?.message ?? { ...kept.message }, missing: kept.missing };
  }

  private showOutcome(outcome: SendOutcome): void {
    if (!outcome.ok) return this.line.showError(outcome.error);
    const key = outcome.receipt ? 'processed' : 'sent';
    const time = clock();
    this.line.show('green', 'dot', () => this.RED._(`as2-out.status.${key}`, { time }));
  }

  private warn(error: As2Error, { attempt, attempts }: WaitingInfo): void {
    const { code } = error;
    const now = Date.now();
    if (this.warned?.code === code && now - this.warned.at < WARN_AGAIN_MS) return;
    this.warned = { code, at: now };
    this.node.warn(
      this.RED._('as2-out.log.waiting', {
        attempt,
        attempts: attempts ?? '?',
        reason: describe(this.RED, error),
      }),
    );
  }
}

/** Should the journal have lost what was stored with a message, its outcome is told all the same. */
const NOTHING_KEPT: KeptMessage = { token: '', message: {}, missing: [], report: {} };

function resumption(missing: readonly string[], { redelivered }: OutcomeInfo): Partial<SentReport> {
  return {
    resumed: true,
    ...(redelivered ? { redelivered } : {}),
    ...(missing.length > 0 ? { missing } : {}),
  };
}
