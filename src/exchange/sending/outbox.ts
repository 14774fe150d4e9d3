import { As2Error, toAs2Error } from '../../errors';
import { asStoreError, type Clock, type Spool, systemClock } from '../../store';
import { emitterFor } from '../events';
import type {
  OutboxListener,
  OutboxOptions,
  QueuedMessage,
  ReceiptArrival,
  Relationship,
  SubmitOptions,
} from '../types';
import { Announcer } from './announcer';
import { contextText } from './context';
import { Delivery } from './delivery';
import { Dispatcher } from './dispatcher';
import { Lanes } from './lanes';
import { lock } from './lock';
import { spoolMessage } from './outgoing-folder';
import type { OutgoingMessage } from './outgoing-message';
import { isFinal, isResendable } from './outgoing-state';
import { Places } from './places';
import { type ArrivedReceipt, ReceiptArrivals } from './receipt-arrival';
import { messageIdFor, planSending } from './send-plan';
import { Shelf } from './shelf';
import { Steps } from './steps';

/** To all partners; as many as one of them may be allowed. */
const PARALLEL = 64;
/** Messages that are composed at a time. A flow may read a directory with thousands of files at once (law 3). */
const COMPOSED_AT_ONCE = 32;
/** For all of them together; of many, each stays in memory only while it is small. */
const MEMORY_BYTES = 32 * 1024 * 1024;
/** Small messages are quicker without files, and there are never so many of them. */
const LEAST_BYTES = 16 * 1024;
/** For listeners that are being told when we stop, at least. */
const TELLING_MS = 2_000;

/**
 * Sends messages as durable processes: what it has taken is sent, whatever happens to this process, with the same
 * bytes, header fields and Message-ID in every attempt (REL-01, REL-02), until a receipt, the partner's refusal, the
 * end of the schedule or our user ends it. One for each spool.
 */
export class Outbox {
  private readonly spool: Spool;
  private readonly clock: Clock;
  private readonly lanes: Lanes;
  private readonly shelf: Shelf;
  private readonly steps: Steps;
  private readonly announcer: Announcer;
  private readonly delivery: Delivery;
  private readonly dispatcher: Dispatcher;
  private readonly arrivals: ReceiptArrivals;
  private readonly places = new Places(COMPOSED_AT_ONCE);
  private composing = 0;
  private isClosed = false;

  private constructor(private readonly o: OutboxOptions) {
    const { spool, clock = systemClock, onEvent } = o;
    this.spool = spool;
    this.clock = clock;
    this.lanes = new Lanes(Math.max(1, o.parallel ?? PARALLEL));
    this.shelf = new Shelf(spool, (message) => this.dispatcher.onRelease(message));
    this.announcer = new Announcer(spool, this.shelf);
    this.steps = new Steps(this.announcer, clock, onEvent);
    this.delivery = new Delivery({ ...o, clock, steps: this.steps, announcer: this.announcer });
    this.dispatcher = new Dispatcher({
      spool,
      clock,
      lanes: this.lanes,
      shelf: this.shelf,
      mostFor: (message) => this.delivery.mostFor(message),
      handle: async (message) => this.delivery.handle(message),
    });
    this.arrivals = new ReceiptArrivals({ spool, shelf: this.shelf, steps: this.steps, onEvent });
  }

  /** Starts at once with what an earlier process has left; so partners and identities should be there. */
  static open(options: OutboxOptions): Outbox {
    const outbox = new Outbox(options);
    outbox.dispatcher.start();
    return outbox;
  }

  /** Attempts, and outcomes that are being told, at this moment. */
  get inWork(): number {
    return this.dispatcher.inWork + this.announcer.inWork;
  }

  /**
   * Takes a message: composed, and durable, when this resolves; the first attempt starts at once if there is room.
   * When it rejects nothing was taken; a stream behind the payload may then be unread, and is the caller's.
   * @throws As2Error as `sendMessage` reports before it sends; `context-unusable`, `outbox-closed`,
   *   `receipt-url-missing`
   */
  async submit(o: SubmitOptions): Promise<QueuedMessage> {
    const messageId = messageIdFor(o);
    const { identity, partner } = o;
    const stations = { from: identity.as2Name, to: partner.as2Name };
    const emit = emitterFor(this.o.onEvent, 'out', { messageId, ...stations, partner: partner.name });
    try {
      const take = async () => this.take(o, messageId);
      // A stream may come to an end only after another one: streams do not wait for each other.
      const hasStream = [o.payload, ...(o.payload.attachments ?? [])].some(
        ({ content }) => content.length === undefined,
      );
      return await (hasStream ? take() : this.places.with(take));
    } catch (reason) {
      const error = asStoreError(reason, this.spool.directory) ?? toAs2Error(reason);
      emit('send-failed', { error });
      throw error;
    }
  }

  /**
   * Tells a listener what becomes of the messages of an owner, and first what it was not told yet. An owner has one
   * listener; what comes while it has none is kept.
   * @returns ends it
   */
  attach(owner: string, listener: OutboxListener): () => void {
    return this.announcer.attach(owner, listener);
  }

  /**
   * Takes a receipt that came in a request of its own, also before the answer to the message (RCV-05).
   * @param relationship the stations it says it is between
   * @returns when it is durable
   * @throws As2Error storage failures: the sender has to come again
   */
  async receiptArrived(receipt: ArrivedReceipt, relationship: Relationship): Promise<ReceiptArrival> {
    return this.arrivals.take(receipt, relationship);
  }

  /**
   * Stops sending a message, also in the middle of an attempt. A receipt that arrived meanwhile wins.
   * @returns whether it is cancelled; false when it had its final state, or there is none
   */
  async cancel(exchangeId: string): Promise<boolean> {
    return this.with(exchangeId, async (message) => {
      const isFlying = this.dispatcher.isFlying(exchangeId);
      if (isFlying) {
        const forget = this.delivery.cancel(exchangeId);
        await this.dispatcher.landed(exchangeId);
        forget();
      }
      return lock(this.spool, message, async () => {
        if (isFinal(message.record)) return isFlying && message.record.state === 'cancelled';
        await this.steps.cancel(message);
        return true;
      });
    });
  }

  /**
   * Sends a message again: the same bytes and Message-ID, with a schedule that begins anew. For one that waits this is
   * "now". Not while an attempt is being made, and not when a receipt has proved that the partner has it.
   */
  async resend(exchangeId: string): Promise<boolean> {
    return this.with(exchangeId, async (message) => {
      // The owner may ask for it while it is told, a moment before the attempt is quite over.
      if (isFinal(message.record)) await this.dispatcher.landed(exchangeId);
      return lock(this.spool, message, async () => {
        if (!isResendable(message.record) || this.dispatcher.isFlying(exchangeId)) return false;
        await this.steps.again(message);
        return true;
      });
    });
  }

  /**
   * No new messages and attempts. Those in work have `graceMs` to end, then they are ended and go back into the queue,
   * to be made again by the next process. Listeners that are being told have what is left of it, or two seconds.
   */
  async close(graceMs = 0): Promise<void> {
    this.isClosed = true;
    const began = this.elapsed;
    const landed = this.dispatcher.close();
    await this.within(graceMs, landed);
    this.delivery.abort();
    await landed;
    const leftMs = began + graceMs - this.elapsed;
    await this.within(Math.max(leftMs, TELLING_MS), this.announcer.settle());
  }

  private async take(o: SubmitOptions, messageId: string): Promise<QueuedMessage> {
    const { partner, owner } = o;
    if (this.isClosed) throw new As2Error('outbox-closed', { messageId, partner: partner.name });
    const context = contextText(o.context, messageId);
    const receiptDelivery = partner.sending.receiptDelivery ?? 'sync';
    const plan = planSending(o, messageId, receiptDelivery);
    const { as2Name, parallel } = partner;
    let isReserved = false;
    let arrived = (): void => undefined;
    this.composing++;
    try {
      const message = await spoolMessage({ ...o, spool: this.spool }, plan, {
        state: 'queued',
        receiptDelivery,
        keepPayload: this.o.keepPayload ?? true,
        context,
        spill: () => this.spill,
        enter: (id) => {
          arrived = this.shelf.expect(id);
          isReserved = this.dispatcher.reserve(as2Name, parallel);
          return isReserved
            ? { state: 'sending', step: { owner, attempts: 1 } }
            : { state: 'queued', step: { owner, dueAt: this.clock.now() } };
        },
      });
      return this.taken(message, isReserved);
    } catch (error) {
      if (isReserved) this.dispatcher.free(as2Name);
      throw error;
    } finally {
      arrived();
      this.composing--;
    }
  }

  private get spill(): Spool['spill'] {
    const { directory, thresholdBytes } = this.spool.spill;
    const share = Math.max(LEAST_BYTES, Math.floor(MEMORY_BYTES / this.composing));
    return { directory, thresholdBytes: Math.min(thresholdBytes ?? share, share) };
  }

  private taken(message: OutgoingMessage, isReserved: boolean): QueuedMessage {
    const { sizeBytes, facts } = message;
    const { messageId, mic } = facts;
    this.shelf.put(message);
    this.steps.emitterOf(message)('message-composed', { sizeBytes });
    if (isReserved) this.dispatcher.launch(message);
    else this.dispatcher.enqueue(message);
    return { exchangeId: message.id, messageId, sizeBytes, ...(mic === undefined ? {} : { mic }) };
  }

  private async with(
    exchangeId: string,
    work: (message: OutgoingMessage) => Promise<boolean>,
  ): Promise<boolean> {
    const message = await this.shelf.load(exchangeId);
    if (!message) return false;
    try {
      return message.record.direction === 'out' && (await work(message));
    } finally {
      this.shelf.release(message);
    }
  }

  /** Milliseconds, whatever the wall clock does. */
  private get elapsed(): number {
    return this.clock.monotonic?.() ?? this.clock.now();
  }

  /** Waits for work, but not longer than that. */
  private async within(ms: number, work: Promise<void>): Promise<void> {
    if (ms <= 0) return;
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      const timer = this.clock.setTimeout(resolve, ms);
      cancel = () => timer.cancel();
    });
    await Promise.race([work, over]);
    cancel();
  }
}
