import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { formatDisposition, isReceipt, openReceipt, readAs2Headers, type RequestHeaders } from '../../as2';
import type { SpilledBytes } from '../../bytes';
import { As2Error, toAs2Error } from '../../errors';
import {
  busyAnswer,
  emptyAnswer,
  type HttpAnswer,
  readRequestBody,
  readRequestHead,
  refusalAnswer,
  remoteAddressOf,
  type RequestLimits,
  sendAnswer,
} from '../../http';
import { asStoreError } from '../../store';
import { type Arrival, arrivalOf, isAsynchronous } from './arrival';
import { deliverReceipt } from './deliver-receipt';
import { type Emit, emitterFor } from '../events';
import { type StoredMessage, storeMessage } from './open-message';
import { answerFor, type Reply } from './reply';
import { findStations } from './stations';
import { takeMessage } from './take-message';
import type { ReceiveOptions, Receiver } from '../types';
import { answerUnknown } from './unknown-stations';

export const RECEIVE_DEFAULTS = { maxMessageBytes: 4 * 1024 ** 3, idleTimeoutMs: 60_000 } as const;
const GRACE_MS = 5_000;

/** A receiving end; see `Receiver`. */
export function createReceiver(options: ReceiveOptions): Receiver {
  return new HttpReceiver(options);
}

class HttpReceiver implements Receiver {
  private readonly working = new Set<Promise<void>>();
  private readonly arriving = new Set<IncomingMessage>();
  private readonly stopping = new AbortController();
  private readonly closing = new AbortController();
  private readonly limits: RequestLimits;
  private readonly emit: Emit;

  constructor(private readonly options: ReceiveOptions) {
    const { maxMessageBytes, idleTimeoutMs } = { ...RECEIVE_DEFAULTS, ...options };
    this.limits = { limitBytes: maxMessageBytes, idleTimeoutMs };
    this.emit = emitterFor(options.onEvent, 'in');
  }

  get inWork(): number {
    return this.working.size;
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
    const done = Promise.all(this.working);
    const patience = new AbortController();
    await Promise.race([done, delay(graceMs, undefined, { signal: patience.signal })]);
    patience.abort();
    this.closing.abort();
    for (const request of this.arriving) request.destroy();
    await done;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = await this.greet(request, response);
    if (!arrival) return;
    const body = await this.readBody(request, response, arrival);
    if (!body) return;
    if (await isReceipt({ headers: arrival.headers, body })) {
      await reportUnexpectedReceipt(arrival, body);
      await sendAnswer(request, response, emptyAnswer(200));
      return;
    }
    const answer = (sent: HttpAnswer): Promise<boolean> => sendAnswer(request, response, sent);
    const stored = await postponing(arrival, () => storeMessage(arrival, body));
    if (!stored) {
      await body.dispose();
      await answer(busyAnswer());
      return;
    }
    stored.arrival.emit('message-received', { sizeBytes: body.length });
    await (isAsynchronous(arrival) ? answerLater(stored, answer) : answerNow(stored, answer));
  }

  /** Reads the head of a request. @returns undefined, when it was answered already */
  private async greet(request: IncomingMessage, response: ServerResponse): Promise<Arrival | undefined> {
    let names: Pick<RequestHeaders, 'from' | 'to'> | undefined;
    try {
      const headers = readRequestHead(request, this.limits.limitBytes);
      const as2 = readAs2Headers(headers);
      const { from, to } = as2;
      names = { from, to };
      const relationship = findStations(this.options.directory, as2);
      if (relationship) {
        const { options } = this;
        const { signal: stopping } = this.stopping;
        const { signal: closing } = this.closing;
        const remoteAddress = remoteAddressOf(request);
        return arrivalOf({ options, relationship, headers, request: as2, remoteAddress, stopping, closing });
      }
      this.emit('request-refused', { error: new As2Error('stations-unknown', names), ...names });
      const answer = await answerUnknown(request, as2, this.options.unknownStations ?? 'receipt');
      await sendAnswer(request, response, answer);
    } catch (error) {
      const refusal = toAs2Error(error);
      this.emit('request-refused', { error: refusal, ...names });
      await sendAnswer(request, response, refusalAnswer(refusal));
    }
    return undefined;
  }

  private async readBody(
    request: IncomingMessage,
    response: ServerResponse,
    { emit }: Arrival,
  ): Promise<SpilledBytes | undefined> {
    const { spool } = this.options;
    this.arriving.add(request);
    try {
      return await readRequestBody(request, this.limits, spool.spill);
    } catch (error) {
      const refusal = asStoreError(error, spool.directory) ?? toAs2Error(error);
      emit('request-refused', { error: refusal });
      await sendAnswer(request, response, refusalAnswer(refusal));
      return undefined;
    } finally {
      this.arriving.delete(request);
    }
  }
}

type SendAnswer = (answer: HttpAnswer) => Promise<boolean>;

async function answerNow(stored: StoredMessage, answer: SendAnswer): Promise<void> {
  const { emit, relationship, request } = stored.arrival;
  const reply = await postponing(stored.arrival, () => takeMessage(stored));
  if (!reply) {
    await discardUnsettled(stored);
    await answer(busyAnswer());
    return;
  }
  const sent = await answer(answerFor(reply));
  if (!reply.receipt) return;
  const known = { exchangeId: reply.folder.record.id, disposition: reply.disposition };
  if (!sent) {
    const facts = { partner: relationship.partner.name, messageId: request.messageId };
    emit('receipt-not-sent', { ...known, error: new As2Error('receipt-not-sent', facts) });
    return;
  }
  await noteSent(reply);
  emit('receipt-sent', known);
}

/**
 * HTTP-12: the answer only says that the bytes are safe; it does not wait for what is in them. What fails later has no
 * answer to go into: the sender misses the receipt and repeats the message.
 */
async function answerLater(stored: StoredMessage, answer: SendAnswer): Promise<void> {
  const durable = await postponing(stored.arrival, async () => {
    await stored.folder.advance('received');
    return true;
  });
  if (!durable) {
    await discardUnsettled(stored);
    await answer(busyAnswer());
    return;
  }
  await answer(emptyAnswer(204));
  const reply = await postponing(stored.arrival, () => takeMessage(stored));
  if (reply) await deliverReceipt(stored.arrival, reply);
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

/** Whether it was sent is worth knowing, but nothing depends on it. */
async function noteSent({ folder }: Reply): Promise<void> {
  await folder.note('receipt-sent').catch(() => undefined);
}

/** RCV-02: a receipt nobody waits for is acknowledged and changes nothing. */
async function reportUnexpectedReceipt(arrival: Arrival, body: SpilledBytes): Promise<void> {
  const { headers, relationship, emit } = arrival;
  const { partner } = relationship;
  try {
    const receipt = await openReceipt(
      { headers, body },
      { signingCertificates: partner.signingCertificates },
    );
    const disposition = receipt.dispositionText || formatDisposition(receipt.disposition);
    const originalMessageId = receipt.originalMessageId ?? 'without a name';
    const facts = { partner: partner.name, originalMessageId, disposition };
    emit('receipt-unexpected', { disposition, error: new As2Error('receipt-unexpected', facts) });
  } catch (error) {
    emit('receipt-unexpected', { error: toAs2Error(error) });
  } finally {
    await body.dispose();
  }
}
