import type { As2Error } from '../../errors';

/** Everything that happens to an exchange, as data. `error` is present on everything that is not as it should be. */
export interface ExchangeEvent {
  readonly type: ExchangeEventType;
  readonly direction: 'in' | 'out';
  /** ISO time. */
  readonly at: string;
  /** Absent for requests that never became a message. */
  readonly exchangeId?: string;
  readonly messageId?: string;
  readonly from?: string;
  readonly to?: string;
  /** Our user's name for the partner, when it is known. */
  readonly partner?: string;
  readonly sizeBytes?: number;
  readonly httpStatus?: number;
  /** Octets that are with the partner. */
  readonly heldBytes?: number;
  readonly disposition?: string;
  /** Which one it was, from 1. */
  readonly attempt?: number;
  /** ISO time. */
  readonly nextAttemptAt?: string;
  /** How many things this event stands for. */
  readonly count?: number;
  readonly error?: As2Error;
}

export type ExchangeEventType =
  // --- out
  /** The finished request is on the disk. */
  | 'message-composed'
  /** The partner has taken all bytes and answered. */
  | 'message-sent'
  /** A receipt was read, good or bad. */
  | 'receipt-received'
  | 'send-completed'
  | 'send-failed'
  /** An attempt failed; there will be another one. */
  | 'send-retry'
  /** The line broke, and the message goes on behind `heldBytes`, in the same attempt. */
  | 'send-resumed'
  /** Put back into the queue by our user: the same bytes again. */
  | 'send-again'
  | 'send-cancelled'
  /** The message is there, its asynchronous receipt is waited for. */
  | 'receipt-awaited'
  /** RCV-07: it did not come in time. */
  | 'receipt-overdue'
  /** RCV-05: the message has its final state; nothing was done with this receipt. */
  | 'receipt-late'
  /** RCV-02: it is no receipt of that partner for a message that was sent to it. */
  | 'receipt-refused'
  // --- in
  /** Not taken for a reason of HTTP, or because sender and receiver are unknown. */
  | 'request-refused'
  /** All bytes of a message between known stations are there. */
  | 'message-received'
  /** Answered with an error receipt; the flow does not see it. */
  | 'message-rejected'
  /** Answered with 503, because we cannot take it now; the partner sends it again. */
  | 'message-postponed'
  /** Stored, and given to the flow. */
  | 'message-handed-over'
  /** The receipt is decided and stored. */
  | 'message-decided'
  /** Seen before; the stored answer is given again. At most once a minute for each message. */
  | 'message-repeated'
  | 'receipt-sent'
  /** The receipt could not be delivered; it will be tried again. */
  | 'receipt-retry'
  /** A receipt came in a request of its own. */
  | 'receipt-arrived'
  | 'receipt-not-sent'
  | 'receipt-unexpected';
