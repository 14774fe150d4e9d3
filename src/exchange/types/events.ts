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
  readonly disposition?: string;
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
  /** Seen before; the stored answer is given again. */
  | 'message-repeated'
  | 'receipt-sent'
  | 'receipt-not-sent'
  | 'receipt-unexpected';
