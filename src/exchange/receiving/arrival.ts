import { randomUUID } from 'node:crypto';
import {
  normalizeMessageId,
  planReceipt,
  readAs2Headers,
  type ReceiptPlan,
  type RequestHeaders,
} from '../../as2';
import { As2Error } from '../../errors';
import { Headers } from '../../mime';
import type { Clock, ExchangeFolder, ExchangeKey, Spool } from '../../store';
import { type Emit, emitterFor } from '../events';
import type { RetryPlan } from '../retry';
import type { StoredError } from '../stored-error';
import type { ReceivedAttachment, ReceivedMessage, ReceiveOptions, Relationship } from '../types';
import type { RareEvents } from './rare-events';
import type { RefusalRate } from './refusal-rate';
import type { Undecided } from './undecided';

/** What all messages of a receiver share. */
export interface ReceiverContext {
  readonly options: ReceiveOptions;
  readonly owner: string;
  readonly clock: Clock;
  readonly retry: RetryPlan;
  readonly undecided: Undecided;
  readonly refusals: RefusalRate;
  /** Which repeats are worth a report. */
  readonly repeats: RareEvents;
  /** Where bytes rest while a message is worked on, and how many of them in memory. */
  readonly spill: () => Spool['spill'];
  /** Fires when the receiver begins to close: from then on nothing is handed over to the flow, which stops too. */
  readonly stopping: AbortSignal;
  /** Fires when the receiver is closed and cannot wait any longer. */
  readonly closing: AbortSignal;
}

/** A request between stations we know. */
export interface Arrival {
  readonly receiver: ReceiverContext;
  readonly relationship: Relationship;
  /** Header fields as received. */
  readonly headers: Headers;
  readonly request: RequestHeaders;
  /** How to answer; absent when no receipt is wanted. */
  readonly plan?: ReceiptPlan;
  readonly remoteAddress: string;
  readonly receivedAt: string;
  readonly emit: Emit;
}

/** What the record of a message we received says. */
export interface IncomingFacts {
  readonly partner: string;
  readonly remoteAddress: string;
  readonly receivedAt: string;
  /** As the partner wrote it; absent when it wrote none. */
  readonly messageId?: string;
  /** Where an asynchronous receipt goes. */
  readonly receiptUrl?: string;
  /** Everything about the message but its bytes; absent while it is not opened, and when it could not be. */
  readonly message?: MessageFacts;
  /** What the flow decided, or the time-out for it. Absent: the flow may not have seen the message. */
  readonly accepted?: boolean;
  readonly remark?: string;
  /** The receipt's, also when none was asked for. */
  readonly disposition?: string;
  readonly error?: StoredError;
}

export type MessageFacts = Omit<ReceivedMessage, 'payload' | 'attachments' | 'exchangeId' | 'redelivered'> & {
  readonly attachments?: readonly AttachmentFacts[];
};

export type AttachmentFacts = Omit<ReceivedAttachment, 'payload'> & {
  readonly file: 'payload' | `attachment-${number}`;
};

export type IncomingFolder = ExchangeFolder<IncomingFacts>;

export function arrivalOf(
  o: Pick<Arrival, 'receiver' | 'relationship' | 'headers' | 'request' | 'remoteAddress'> & {
    readonly receivedAt?: string;
    readonly exchangeId?: string;
  },
): Arrival {
  const { exchangeId, ...given } = o;
  const { request, relationship, receiver } = given;
  const { identity, partner } = relationship;
  const { messageId } = request;
  return {
    ...given,
    ...(request.receipt ? { plan: planReceipt(request.receipt) } : {}),
    receivedAt: given.receivedAt ?? new Date(receiver.clock.now()).toISOString(),
    emit: emitterFor(receiver.options.onEvent, 'in', {
      ...(exchangeId === undefined ? {} : { exchangeId }),
      ...(messageId === undefined ? {} : { messageId }),
      from: partner.as2Name,
      to: identity.as2Name,
      partner: partner.name,
    }),
  };
}

/**
 * The request of an exchange that was stored before.
 * @throws As2Error `stations-unknown`, when the partner was removed since; what the directory throws; storage failures
 */
export async function storedArrival(receiver: ReceiverContext, folder: IncomingFolder): Promise<Arrival> {
  const { id, facts } = folder.record;
  const stored = JSON.parse(String(await folder.read('request-headers.json'))) as [string, string][];
  const headers = Headers.fromRawHeaders(stored.flat());
  return arrivalOf({
    receiver,
    relationship: relationshipOf(receiver, folder),
    headers,
    request: readAs2Headers(headers),
    remoteAddress: facts.remoteAddress,
    receivedAt: facts.receivedAt,
    exchangeId: id,
  });
}

/** @throws As2Error `stations-unknown`; what the directory throws */
export function relationshipOf(
  { options }: Pick<ReceiverContext, 'options'>,
  { record }: Pick<IncomingFolder, 'record'>,
): Relationship {
  const { from, to } = record.key;
  const relationship = options.directory.find({ from, to });
  if (!relationship) throw new As2Error('stations-unknown', { from, to });
  return relationship;
}

/** Under which a repeat is recognised (REL-05); a message without an id is always a new one. */
export function incomingKey({ request, relationship }: Arrival): ExchangeKey {
  const { identity, partner } = relationship;
  const messageId = request.messageId ?? `without a Message-ID, ${randomUUID()}`;
  return { from: partner.as2Name, to: identity.as2Name, messageId: normalizeMessageId(messageId) };
}

/** Who a message seems to be from: a name that anybody can use, and where it came from. */
export function senderOf({
  relationship,
  remoteAddress,
}: Pick<Arrival, 'relationship' | 'remoteAddress'>): string {
  return JSON.stringify([remoteAddress, relationship.partner.as2Name]);
}

/** Whether the receipt travels as a request of its own (REQ-09). */
export function isAsynchronous({ request }: Pick<Arrival, 'request'>): boolean {
  return request.receipt?.deliveryUrl !== undefined;
}
