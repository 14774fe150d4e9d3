import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SizedSource } from '../../bytes';
import type { As2Error } from '../../errors';
import type { Spool } from '../../store';
import type { ExchangeEvent } from './events';
import type { SignerReport } from './receipts';
import type { StationDirectory } from './stations';

/** A message that was opened, checked against the policy and stored; everything but `payload` is plain JSON. */
export interface ReceivedMessage {
  /** Names the exchange; give it to `PendingReceipts.wait` and `.decide`. */
  readonly exchangeId: string;
  /** With brackets, as the partner wrote it. */
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  /** Our user's name for the partner. */
  readonly partner: string;
  readonly subject?: string;
  readonly contentType: string;
  /** A safe base name (SEC-10), when the partner named the file. */
  readonly filename?: string;
  readonly sizeBytes: number;
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly compressed: boolean;
  readonly algorithms: {
    /** Digest of the signature, such as `sha-256`. */
    readonly digest?: string;
    /** Algorithm of the signature, such as `rsa-pkcs1`. */
    readonly signature?: string;
    /** Such as `aes-256-cbc`. */
    readonly cipher?: string;
  };
  readonly signer?: SignerReport;
  /** `base64, algorithm`. */
  readonly mic: string;
  readonly receivedAt: string;
  /** What the partner asked for, and how it will get it. */
  readonly receipt: {
    readonly requested: 'signed' | 'unsigned' | 'none';
    readonly delivery: 'sync' | 'async';
  };
  /** True when the flow may have seen this message before: we stopped between handing over and the receipt. */
  readonly redelivered: boolean;
  /** The stored payload: a durable file that can be read as often as wanted, until the spool is swept. */
  readonly payload: SizedSource & { readonly path: string; read(): Promise<Buffer> };
}

/** Whether we take responsibility for a message, and what the receipt says. */
export type ReceiptDecision = {
  /** For the human-readable part of the receipt. */
  readonly text?: string;
  /** Why the decision was not the flow's own, such as a time-out; goes to our user, not to the partner. */
  readonly reason?: As2Error;
} & (
  | { readonly accept: true }
  | {
      readonly accept: false;
      /** What stands behind `processed/error: ` in the receipt; default `unexpected-processing-error` (DSP-09). */
      readonly modifier?: string;
    }
);

/**
 * Takes a stored message over. Automatic receipt: pass the message on and return `{ accept: true }`. By the flow:
 * call `pendingReceipts.wait(message.exchangeId)`, pass the message on, and return what was waited for. A rejection
 * becomes a negative receipt; when it throws, the partner gets a 503 and sends the message again.
 */
export type HandOver = (message: ReceivedMessage) => ReceiptDecision | Promise<ReceiptDecision>;

export interface ReceiveOptions {
  readonly directory: StationDirectory;
  readonly spool: Spool;
  readonly handOver: HandOver;
  readonly onEvent?: (event: ExchangeEvent) => void;
  /** Largest request body in octets; default 4 GiB. Larger ones get 413. */
  readonly maxMessageBytes?: number;
  /** A request that stands still this long gets 408; default 60 s (HTTP-19). */
  readonly idleTimeoutMs?: number;
  /** What a sender gets whose names we do not know; default `receipt` when it asked for one (HDR-12). */
  readonly unknownStations?: 'receipt' | 'forbidden';
}

/**
 * The receiving end. `handle` takes a request with an unread body, or one whose body another middleware left as a
 * Buffer in `req.body`. It answers in every case and never throws or rejects.
 */
export interface Receiver {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Messages in work at this moment. */
  readonly inWork: number;
  /**
   * No new messages, and none of those that are still coming in is handed over (503). Waits for what was handed over,
   * at most `graceMs`, then ends it without a receipt.
   */
  close(graceMs?: number): Promise<void>;
}
