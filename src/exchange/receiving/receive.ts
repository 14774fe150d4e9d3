import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { isReceipt, readAs2Headers, type RequestHeaders } from '../../as2';
import type { SpilledBytes } from '../../bytes';
import { As2Error, toAs2Error } from '../../errors';
import {
  busyAnswer,
  emptyAnswer,
  type HttpAnswer,
  isStateQuery,
  readRequestHead,
  refusalAnswer,
  remoteAddressOf,
  type RequestLimits,
  sendAnswer,
} from '../../http';
import { asStoreError, systemClock } from '../../store';
import { type Emit, emitterFor, type EventDetails } from '../events';
import { RETRY_DEFAULTS } from '../retry';
import type { ReceiveOptions, Receiver } from '../types';
import { Admission } from './admission';
import { Arrivals } from './arrivals';
import { type Arrival, arrivalOf, isAsynchronous, type ReceiverContext, senderOf } from './arrival';
import { AsynchronousMessages } from './asynchronous';
import { readIncomingBody } from './incoming-body';
import { takeReceipt } from './incoming-receipt';
import { type StoredMessage, storeMessage } from './open-message';
import { RareEvents } from './rare-events';
import { RefusalRate } from './refusal-rate';
import { answerFor, type Reply } from './reply';
import { Slots } from './slots';
import { findStations } from './stations';
import { takeMessage } from './take-message';
import { answerStateQuery } from './transfer-part';
import { Undecided } from './undecided';
import { answerUnknown } from './unknown-stations';

export const RECEIVE_DEFAULTS = {
  maxMessageBytes: 4 * 1024 ** 3,
  idleTimeoutMs: 60_000,
  parallel: 100,
  parallelPerPartner: 50,
  refusalsPerMinute: 600,
} as const;
const DEFAULT_OWNER = 'receiver';
/** For all messages that come in at a time; of many, each stays in memory only while it is small (law 3). */
const MEMORY_BYTES = 32 * 1024 * 1024;
const GRACE_MS = 5_000;

/** A receiving end; see `Receiver`. */
export function createReceiver(options: ReceiveOptions): Receiver {
  return new HttpReceiver(options);
}

class HttpReceiver implements Receiver {
  private readonly working = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly closing = new AbortController();
  private readonly context: ReceiverContext;
  private readonly limits: RequestLimits;
  private readonly places: Slots;
  private readonly admission: Admission;
  private readonly arrivals: Arrivals;
  private readonly rare: RareEvents;
  private readonly asynchronous: AsynchronousMessages;
  private readonly emit: Emit;

  constructor(private readonly options: ReceiveOptions) {
    const { maxMessageBytes, idleTimeoutMs, parallel, parallelPerPartner, refusalsPerMinute } = {
      ...RECEIVE_DEFAULTS,
      ...options,
    };
    const { receiptPausesMs: pausesMs = RETRY_DEFAULTS.pausesMs, clock = systemClock } = options;
    this.context = {
      options,
      owner: options.owner ?? DEFAULT_OWNER,
      clock,
      retry: { attempts: options.receiptAttempts ?? RETRY_DEFAULTS.attempts, pausesMs },
      undecided: Undecided.of(options.spool),
      refusals: new RefusalRate(refusalsPerMinute, () => clock.now()),
      repeats: new RareEvents(() => clock.now()),
      spill: () => {
        const { directory, thresholdBytes } = options.spool.spill;
        const share = Math.floor(MEMORY_BYTES / Math.max(1, this.places.inUse));
        return { directory, thresholdBytes: Math.min(thresholdBytes, share) };
      },
      stopping: this.stopping.signal,
      closing: this.closing.signal,
    };
    this.limits = { limitBytes: maxMessageBytes, idleTimeoutMs };
    this.places = new Slots({ all: parallel, each: parallelPerPartner });
    this.rare = new RareEvents(() => clock.now());
    this.admission = new Admission(options, () => clock.now());
    this.arrivals = new Arrivals(() => clock.monotonic?.() ?? clock.now());
    this.asynchronous = new AsynchronousMessages(this.context);
    this.emit = emitterFor(options.onEvent, 'in');
  }

  get inWork(): number {
    return this.working.size + this.asynchronous.inWork;
  }

  async resume(): Promise<void> {
    if (!this.stopping.signal.aborted) await this.asynchronous.resume();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.stopping.signal.aborted) {
      await sendAnswer(request, response, busyAnswer());
      return;
    }
    // Law 8: whatever happens, the sender gets an answer and nothing is thrown.
    const work = this.receive(request, response).catch(async (error: unknown) => {
      this.emit('request-refused', { error: toAs2Error(error) });
      await sendAnswer(request, response, busyAnswer());
    });
    this.working.add(work);
    await work;
    this.working.delete(work);
  }

  async close(graceMs: number = GRACE_MS): Promise<void> {
    this.stopping.abort();
    const done = Promise.all([...this.working, this.asynchronous.stop()]);
    const patience = new AbortController();
    await Promise.race([done, delay(graceMs, undefined, { signal: patience.signal })]);
    patience.abort();
    this.closing.abort();
    this.arrivals.destroyAll();
    await done;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = await this.greet(request, response);
    if (!arrival) return;
    const answer = (sent: HttpAnswer): Promise<boolean> => sendAnswer(request, response, sent);
    const leave = this.enter(arrival);
    if (!leave) {
      await answer(busyAnswer());
      return;
    }
    try {
      if (isStateQuery(request)) {
        await answer(await answerStateQuery(arrival));
        return;
      }
      const body = await this.readBody(request, arrival, { answer, leave });
      if (body) await this.take(arrival, body, answer);
    } finally {
      leave();
    }
  }

  private async take(arrival: Arrival, body: SpilledBytes, answer: SendAnswer): Promise<void> {
    if (await isReceipt({ headers: arrival.headers, body })) {
      await answer(await takeReceipt(arrival, body));
      return;
    }
    const stored = await postponing(arrival, () => storeMessage(arrival, body));
    if (!stored) {
      await body.dispose();
      await answer(busyAnswer());
      return;
    }
    stored.arrival.emit('message-received', { sizeBytes: body.length });
    await (isAsynchronous(arrival) ? this.answerLater(stored, answer) : this.answerNow(stored, answer));
  }

  private async answerNow(stored: StoredMessage, answer: SendAnswer): Promise<void> {
    const reply = await postponing(stored.arrival, async () => (await takeMessage(stored)).reply);
    if (!reply) {
      await discardUnsettled(stored);
      await answer(busyAnswer());
      return;
    }
    await reportAnswer(stored.arrival, reply, await answer(answerFor(reply)));
  }

  /**
   * HTTP-12: the answer only says that the bytes are safe; it does not wait for what is in them. From the moment at
   * which the row is durable, the message is ours, whether the sender sees the answer or not.
   */
  private async answerLater(stored: StoredMessage, answer: SendAnswer): Promise<void> {
    const { owner, clock, options } = this.context;
    const durable = await postponing(stored.arrival, async () => {
      await options.spool.settle(stored.folder, { claim: false, owner, dueAt: clock.now() });
      return true;
    });
    if (!durable) {
      await discardUnsettled(stored);
      await answer(busyAnswer());
      return;
    }
    await answer(emptyAnswer(204));
    this.asynchronous.begin(stored);
  }

  /** Reads the head of a request. @returns undefined, when it was answered already */
  private async greet(request: IncomingMessage, response: ServerResponse): Promise<Arrival | undefined> {
    let names: Pick<RequestHeaders, 'from' | 'to'> | undefined;
    let remoteAddress = remoteAddressOf(request);
    try {
      const origin = this.admission.atDoor(request);
      remoteAddress = origin.address;
      const headers = readRequestHead(request, this.limits.limitBytes);
      const as2 = readAs2Headers(headers);
      const { from, to } = as2;
      names = { from, to };
      const relationship = findStations(this.options.directory, as2);
      if (relationship) {
        this.admission.asPartner(request, origin, relationship.partner);
        return arrivalOf({ receiver: this.context, relationship, headers, request: as2, remoteAddress });
      }
      this.reportRefused(this.emit, remoteAddress, {
        error: new As2Error('stations-unknown', names),
        ...names,
      });
      const { unknownStations = 'receipt' } = this.options;
      await sendAnswer(request, response, await answerUnknown(request, as2, unknownStations));
    } catch (error) {
      const refusal = toAs2Error(error);
      this.reportRefused(this.emit, remoteAddress, { error: refusal, ...names });
      await sendAnswer(request, response, refusalAnswer(refusal));
    }
    return undefined;
  }

  /** @returns undefined, when the request was answered already */
  private async readBody(
    request: IncomingMessage,
    arrival: Arrival,
    { answer, leave }: { readonly answer: SendAnswer; readonly leave: () => void },
  ): Promise<SpilledBytes | undefined> {
    const { emit, remoteAddress, relationship, request: as2 } = arrival;
    const { from, to } = as2;
    const { spool } = this.options;
    const coming = this.arrivals.begin(request, relationship.partner.as2Name, leave);
    try {
      return await readIncomingBody(request, arrival, this.limits);
    } catch (error) {
      const refusal = coming.wasEnded
        ? new As2Error('request-made-room', { remoteAddress })
        : (asStoreError(error, spool.directory) ?? toAs2Error(error));
      this.reportRefused(emit, remoteAddress, { error: refusal, from, to });
      await answer(refusalAnswer(refusal));
      return undefined;
    } finally {
      this.arrivals.end(coming);
    }
  }

  /** Anybody can cause this as often as they like, under any name. */
  private reportRefused(
    emit: Emit,
    remoteAddress: string,
    details: EventDetails & { readonly error: As2Error },
  ): void {
    const { error, from, to } = details;
    const count = this.rare.pass(JSON.stringify([error.code, error.facts.header, remoteAddress, from, to]));
    if (count !== undefined) emit('request-refused', { ...details, count });
  }

  /** @returns gives the place back; undefined when there is none for this message */
  private enter(arrival: Arrival): (() => void) | undefined {
    const { parallel, parallelPerPartner, refusalsPerMinute } = { ...RECEIVE_DEFAULTS, ...this.options };
    const { relationship, remoteAddress } = arrival;
    const { as2Name, name: partner } = relationship.partner;
    if (this.context.refusals.isExceeded(senderOf(arrival))) {
      const limit = refusalsPerMinute;
      this.reportBusy(arrival, new As2Error('refused-too-often', { limit, partner, remoteAddress }));
      return undefined;
    }
    const leave = this.places.take(as2Name) ?? this.takeFromSlow(as2Name);
    if (leave) return leave;
    this.reportBusy(
      arrival,
      this.places.full
        ? new As2Error('receiver-busy', { limit: parallel })
        : new As2Error('receiver-busy-partner', { limit: parallelPerPartner, partner }),
    );
    return undefined;
  }

  private takeFromSlow(partner: string): (() => void) | undefined {
    const hasRoom = this.arrivals.makeRoom(this.places.fullNames.includes(partner) ? partner : undefined);
    return hasRoom ? this.places.take(partner) : undefined;
  }

  private reportBusy({ emit }: Arrival, error: As2Error): void {
    const count = this.rare.pass(JSON.stringify([error.code, error.facts.partner]));
    if (count !== undefined) emit('message-postponed', { error, count });
  }
}

type SendAnswer = (answer: HttpAnswer) => Promise<boolean>;

async function reportAnswer(arrival: Arrival, reply: Reply, sent: boolean): Promise<void> {
  const { folder, receipt, disposition } = reply;
  if (!receipt) return;
  const { relationship, request, emit } = arrival;
  const known = { exchangeId: folder.record.id, disposition };
  if (!sent) {
    const facts = { partner: relationship.partner.name, messageId: request.messageId };
    emit('receipt-not-sent', { ...known, error: new As2Error('receipt-not-sent', facts) });
    return;
  }
  // Whether it was sent is worth knowing, but nothing depends on it.
  await folder.note('receipt-sent').catch(() => undefined);
  emit('receipt-sent', known);
}

/** Reports a failure on our side. @returns undefined after one */
async function postponing<T>(arrival: Arrival, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    arrival.emit('message-postponed', { error: toAs2Error(error) });
    return undefined;
  }
}

async function discardUnsettled({ folder }: StoredMessage): Promise<void> {
  if (!folder.settled) await folder.discard().catch(() => undefined);
}
