import { randomUUID } from 'node:crypto';
import { normalizeMessageId, planReceipt, type ReceiptPlan, type RequestHeaders } from '../../as2';
import type { Headers } from '../../mime';
import type { ExchangeFolder, ExchangeKey } from '../../store';
import { type Emit, emitterFor } from '../events';
import type { ReceivedMessage, ReceiveOptions, Relationship } from '../types';

/** A request between stations we know. */
export interface Arrival {
  readonly options: ReceiveOptions;
  readonly relationship: Relationship;
  /** Header fields as received. */
  readonly headers: Headers;
  readonly request: RequestHeaders;
  /** How to answer; absent when no receipt is wanted. */
  readonly plan?: ReceiptPlan;
  readonly remoteAddress: string;
  readonly receivedAt: string;
  readonly emit: Emit;
  /** Fires when the receiver begins to close: from then on nothing is handed over to the flow, which stops too. */
  readonly stopping: AbortSignal;
  /** Fires when the receiver is closed and cannot wait any longer. */
  readonly closing: AbortSignal;
}

/** What the record of a message we received says. */
export interface IncomingFacts {
  readonly partner: string;
  readonly remoteAddress: string;
  /** Everything about the message but its bytes; absent while it is not opened, and when it could not be. */
  readonly message?: Omit<ReceivedMessage, 'payload' | 'exchangeId' | 'redelivered'>;
  /** What the flow decided, or the time-out for it. Absent: the flow may not have seen the message. */
  readonly accepted?: boolean;
  readonly remark?: string;
  /** The receipt's, also when none was asked for. */
  readonly disposition?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

export type IncomingFolder = ExchangeFolder<IncomingFacts>;

export function arrivalOf(
  o: Pick<
    Arrival,
    'options' | 'relationship' | 'headers' | 'request' | 'remoteAddress' | 'stopping' | 'closing'
  >,
): Arrival {
  const { request, relationship, options } = o;
  const { identity, partner } = relationship;
  const { messageId } = request;
  return {
    ...o,
    ...(request.receipt ? { plan: planReceipt(request.receipt) } : {}),
    receivedAt: new Date().toISOString(),
    emit: emitterFor(options.onEvent, 'in', {
      ...(messageId === undefined ? {} : { messageId }),
      from: partner.as2Name,
      to: identity.as2Name,
      partner: partner.name,
    }),
  };
}

/** Under which a repeat is recognised (REL-05); a message without an id is always a new one. */
export function incomingKey({ request, relationship }: Arrival): ExchangeKey {
  const { identity, partner } = relationship;
  const messageId = request.messageId ?? `without a Message-ID, ${randomUUID()}`;
  return { from: partner.as2Name, to: identity.as2Name, messageId: normalizeMessageId(messageId) };
}

/** Whether the receipt travels as a request of its own (REQ-09). */
export function isAsynchronous({ request }: Arrival): boolean {
  return request.receipt?.deliveryUrl !== undefined;
}
