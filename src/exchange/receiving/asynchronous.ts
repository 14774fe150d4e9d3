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
import type { Reply } from './reply';
import { takeMessage } from './take-message';

const NOT_PROCESSED =
  'The message arrived, but the receiving application could not take it. Please send it as a new message.';

/**
 * Messages whose receipt is a request of its own (RFC 4130 §7.2): what happens after they were answered with 204. Their
 * rows in the journal say what is to be done next, so that it happens whatever becomes of this process.
 *
 *     received                                      open it, take it, hand it over
 *     taken                                         hand it over, once more
 *     accepted, rejected, refused, receipt-retry    deliver the receipt
 *     receipt-sent, receipt-not-sent                nothing, or after a repeat: deliver the receipt again
 */
export class AsynchronousMessages {
  private readonly messages: DueQueue<IncomingFacts>;
  /** A queue of its own: a partner that does not take its receipts may go on sending messages. */
  private readonly receipts: DueQueue<IncomingFacts>;

  constructor(private readonly receiver: ReceiverContext) {
    const { options, owner, clock } = receiver;
    const shared = { spool: options.spool, owner, clock };
    this.messages = new DueQueue({
      ...shared,
      states: ['received', 'taken'],
      work: (folder, leave) => this.takeUp(folder, leave),
    });
    this.receipts = new DueQueue({
      ...shared,
      states: ['accepted', 'rejected', 'refused', 'receipt-retry', 'receipt-sent', 'receipt-not-sent'],
      work: (folder) => deliverReceipt(receiver, folder),
    });
  }

  get inWork(): number {
    return this.messages.inWork + this.receipts.inWork;
  }

  async resume(): Promise<void> {
    await Promise.all([this.messages.resume(), this.receipts.resume()]);
  }

  /** Goes on with a message that is durable and was answered. */
  begin(message: StoredMessage): void {
    // Its bytes are let go of as soon as it is opened: the flow may take long.
    let unopened: StoredMessage | undefined = message;
    this.messages.offer(message.folder, (folder, leave) =>
      this.trying(folder, leave, async () => {
        const opening = unopened ?? (await storedMessage(this.receiver, folder));
        unopened = undefined;
        return takeMessage(opening);
      }),
    );
  }

  /** Delivers the receipt of a message that is decided, when it does not go with the answer. */
  deliver({ folder }: Pick<Reply, 'folder'>): void {
    if (folder.record.dueAt !== undefined) this.receipts.offer(folder);
  }

  async stop(): Promise<void> {
    await Promise.all([this.messages.stop(), this.receipts.stop()]);
  }

  private async takeUp(folder: IncomingFolder, leave: () => void): Promise<void> {
    await this.trying(folder, leave, async () =>
      folder.record.claimed
        ? this.handOverAgain(folder)
        : takeMessage(await storedMessage(this.receiver, folder)),
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

  /** Waits for the flow, without a place, then goes on with the receipt. */
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
      this.deliver(await handedOver.reply);
    } catch (error) {
      // What is stopped in the middle is taken up at the next start.
      if (!this.receiver.stopping.aborted) await this.putOff(responsible, toAs2Error(error));
    }
  }

  /** The reason lies on our side; nobody would repeat the message, since it was answered. */
  private async putOff({ record }: IncomingFolder, error: As2Error): Promise<void> {
    const { options, undecided } = this.receiver;
    const { key, id } = record;
    await options.spool.exclusively('in', key, async () => {
      // What could not be written is still in the memory of the one that failed.
      const folder = await options.spool.get<IncomingFacts>(id);
      if (!folder) return;
      // A repeat with a synchronous receipt has brought it to the flow meanwhile, or even a decision.
      if (folder.record.claimed && undecided.replyFor(key)) return;
      if (folder.record.facts.disposition !== undefined) this.deliver({ folder });
      else await this.tryLater(folder, error);
    });
  }

  private async tryLater(folder: IncomingFolder, error: As2Error): Promise<void> {
    const { clock, retry } = this.receiver;
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
      this.deliver(
        folder.record.claimed
          ? await keepDecision(arrival, folder, { accept: false, text: NOT_PROCESSED, reason: error })
          : await refuse({ arrival, folder, body }, error),
      );
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
