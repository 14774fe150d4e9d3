import type { ByteSource } from '../../bytes';
import type { As2Error } from '../../errors';
import type { Spool } from '../../store';
import type { ExchangeEvent } from './events';
import type { ReceiptReport } from './receipts';
import type { Identity, Partner } from './stations';

export interface SendOptions {
  readonly identity: Identity;
  readonly partner: Partner;
  readonly payload: {
    /**
     * Read once, and again only to find out why a receipt does not fit; then it may fail. The length, when it is
     * known, saves the receiver a chunked body.
     */
    readonly content: ByteSource;
    readonly contentType: string;
    readonly filename?: string;
    /** More documents that belong to it; they travel together (RFC 6362). */
    readonly attachments?: readonly OutgoingDocument[];
  };
  readonly subject?: string;
  /** With brackets; default: a fresh one (HDR-13). */
  readonly messageId?: string;
  readonly spool: Spool;
  readonly onEvent?: (event: ExchangeEvent) => void;
  /** Ends the attempt; the outcome is then `send-aborted`. */
  readonly signal?: AbortSignal;
}

/** One of several documents in a message. */
export interface OutgoingDocument {
  readonly content: ByteSource;
  readonly contentType: string;
  readonly filename?: string;
}

/** What became of a message we sent. `sendMessage` never throws: a failure is an outcome with an error. */
export type SendOutcome = SentMessage &
  (
    | { readonly ok: true; readonly error?: undefined }
    | {
        readonly ok: false;
        /** What happened and what to do; `error.code` tells the cases apart. */
        readonly error: As2Error;
      }
  );

export interface SentMessage {
  /** Absent when nothing was stored yet. */
  readonly exchangeId?: string;
  /** With brackets, as sent. */
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly signed: boolean;
  readonly encrypted: boolean;
  /** Octets of the request body; absent when it was never composed. */
  readonly sizeBytes?: number;
  /** The MIC of what was sent: `base64, algorithm`. */
  readonly mic?: string;
  /** How often it was posted. */
  readonly attempts?: number;
  /** ISO time at which the partner had taken all bytes and answered. */
  readonly sentAt?: string;
  /** HTTP status of the answer, when there was one. */
  readonly httpStatus?: number;
  /** The receipt as far as it could be read, good or bad; absent when none was asked for or none came. */
  readonly receipt?: ReceiptReport;
}
