import { type As2Error, toAs2Error } from '../../errors';
import { emitterFor, type EventDetails } from '../events';
import { pauseAfter } from '../retry';
import { storedError } from '../stored-error';
import type { ExchangeEventType } from '../types';
import { type IncomingFacts, type IncomingFolder, type ReceiverContext, storedArrival } from './arrival';
import { DueQueue } from './due-queue';
import { handOver, type HandedOver, keepDecision } from './hand-over';
import { type StoredMessage, storedMessage } from './open-message';
import { deliverReceipt } from './receipt-courier';
import { refuse } from './refuse';
import { takeMessage } from './take-message';

const NOT_PROCESSED =
  'The message arrived, but the receiving application could not take it. Please send it as a new message.';

/**
 * Messages whose receipt is a request of its own (RFC 4130 §7.2): what happens after they were answered with 204. Their
 * rows in the journal say what is to be done next, so that it happens whatever becomes of this process.
 *
 *     received                   open it, take it, hand it over
 *     taken                      hand it over (again)
 *     accepted, rejected, refused, receipt-retry    deliver the receipt
 *     receipt-sent, receipt-not-sent                nothing
 */
export class AsynchronousMessages {
  private readonly queue: DueQueue<IncomingFacts>;

  constructor(private readonly receiver: ReceiverContext) {
    const { options, owner, clock } = receiver;
    this.queue = new DueQueue({
      spool: options.spool,
      owner,
      clock,
      work: (folder, leave) => this.takeUp(folder, leave),
    });
  }

  get inWork(): number {
    return this.queue.inWork;
  }

  async resume(): Promise<void> {
    await this.queue.resume();
  }

  /** Goes on with a message that is durable and was answered. */
  begin(message: StoredMessage): void {
    // Its bytes are let go of as soon as it is opened: the flow may take long.
    let unopened: StoredMessage | undefined = message;
    this.queue.offer(message.folder, (folder, leave) =>
      this.trying(folder, leave, async () => {
        const opening = unopened ?? (await storedMessage(this.receiver, folder));
        unopened = undefined;
        return takeMessage(opening);
      }),
    );
  }

  /** Something may have become due outside of the queue. */
  look(): void {
    this.queue.wakeAt(this.receiver.clock.now());
  }

  async stop(): Promise<void> {
    await this.queue.stop();
  }

  private async takeUp(folder: IncomingFolder, leave: () => void): Promise<void> {
    const { facts, claimed } = folder.record;
    if (facts.disposition !== undefined) return deliverReceipt(this.receiver, folder);
    return this.trying(folder, leave, async () =>
      claimed ? this.handOverAgain(folder) : takeMessage(await storedMessage(this.receiver, folder)),
    );
  }

  /** A repeat with a synchronous receipt may have brought it to the flow meanwhile, or even a decision. */
  private async handOverAgain(folder: IncomingFolder): Promise<HandedOver> {
    const { options, undecided } = this.receiver;
    const { key, id } = folder.record;
    const arrival = await storedArrival(this.receiver, folder);
    return options.spool.exclusively('in', key, async () => {
      const inWork = undecided.replyFor(key);
      if (inWork) return { folder, reply: inWork };
      const current = (await options.spool.get<IncomingFacts>(id)) ?? folder;
      const { disposition } = current.record.facts;
      if (disposition === undefined) return handOver(arrival, current, { redelivered: true });
      return { folder: current, reply: Promise.resolve({ folder: current, disposition }) };
    });
  }

  /** Waits for the flow, without a place. The receipt is then due, and comes out of the journal by itself. */
  private async trying(
    folder: IncomingFolder,
    leave: () => void,
    work: () => Promise<HandedOver>,
  ): Promise<void> {
    let responsible = folder;
    try {
      const handedOver = await work();
      responsible = handedOver.folder;
      leave();
      await handedOver.reply;
    } catch (error) {
      // What is stopped in the middle is taken up at the next start.
      if (!this.receiver.stopping.aborted) await this.putOff(responsible, toAs2Error(error));
    }
  }

  /** The reason lies on our side; nobody would repeat the message, since it was answered. */
  private async putOff(failed: IncomingFolder, error: As2Error): Promise<void> {
    const { clock, retry, options } = this.receiver;
    // What could not be written is still in the memory of the one that failed.
    const folder = await options.spool.get<IncomingFacts>(failed.record.id);
    if (!folder) return;
    const attempt = folder.record.attempts + 1;
    if (attempt >= retry.attempts) return this.giveUp(folder, error);
    const dueAt = clock.now() + pauseAfter(attempt, retry);
    const nextAttemptAt = new Date(dueAt).toISOString();
    const detail = { attempt, nextAttemptAt, error: { code: error.code, message: error.message } };
    await folder.advance(folder.record.state, {}, { dueAt, attempts: attempt, detail });
    this.report(folder, 'message-postponed', { error, attempt, nextAttemptAt });
  }

  private async giveUp(folder: IncomingFolder, error: As2Error): Promise<void> {
    try {
      const { arrival, body } = await storedMessage(this.receiver, folder);
      if (!folder.record.claimed) await refuse({ arrival, folder, body }, error);
      else await keepDecision(arrival, folder, { accept: false, text: NOT_PROCESSED, reason: error });
    } catch {
      // Without its partner or its bytes there is nobody to answer to.
      await folder.advance('failed', { error: storedError(error) }, { dueAt: null });
      this.report(folder, 'message-rejected', { error });
    }
  }

  private report({ record }: IncomingFolder, type: ExchangeEventType, details: EventDetails): void {
    const { id, key, facts } = record;
    const { partner, messageId } = facts;
    emitterFor(this.receiver.options.onEvent, 'in', {
      exchangeId: id,
      ...(messageId === undefined ? {} : { messageId }),
      from: key.from,
      to: key.to,
      partner,
    })(type, details);
  }
}
