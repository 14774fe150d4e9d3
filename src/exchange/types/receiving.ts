import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteSource } from '../../bytes';
import type { As2Error } from '../../errors';
import type { Headers } from '../../mime';
import type { Clock, Spool } from '../../store';
import type { ExchangeEvent } from './events';
import type { ReceiptArrival, StoredPayload } from './outbox';
import type { SignerReport } from './receipts';
import type { AccessSettings, Relationship, StationDirectory } from './stations';

/** A message that was opened, checked against the policy and stored; everything but the bytes is plain JSON. */
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
  /** A safe base name (SEC-10), when the partner named the file. Without a signature nothing vouches for it (FN-02). */
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
  /** The document; of several the root, to which the others belong. */
  readonly payload: ReceivedBytes;
  /** All documents in the order of the message, the root too (RFC 6362); absent when there is only one. */
  readonly attachments?: readonly ReceivedAttachment[];
}

/** Durable bytes that can be read as often as wanted, until the spool is swept. */
export type ReceivedBytes = StoredPayload;

/** One of several documents in a message (MA-03). */
export interface ReceivedAttachment {
  readonly contentType: string;
  /** A safe base name, different from those of the others (FN-03). */
  readonly filename?: string;
  /** Without brackets; what the root refers to as `cid:`. */
  readonly contentId?: string;
  readonly root: boolean;
  readonly sizeBytes: number;
  readonly payload: ReceivedBytes;
}

/** Whether we take responsibility for a message, and what the receipt says. */
export type ReceiptDecision = {
  /** For the human-readable part of the receipt. */
  readonly text?: string;
  /** Why the decision was not the flow's own, such as a time-out; goes to our user, not to the partner. */
  readonly reason?: As2Error;
  /** Called once: the decision is durable, or (with an error) could not be kept, and the message comes again. */
  readonly kept?: (error?: As2Error) => void;
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
 * becomes a negative receipt. When it throws, the message comes again: the partner of a synchronous receipt gets a 503
 * and repeats it, one with an asynchronous receipt is handed over again after a pause.
 */
export type HandOver = (message: ReceivedMessage) => ReceiptDecision | Promise<ReceiptDecision>;

export interface ReceiveOptions {
  readonly directory: StationDirectory;
  readonly spool: Spool;
  readonly handOver: HandOver;
  readonly onEvent?: (event: ExchangeEvent) => void;
  /** Whose messages these are, for example the id of a node: after a restart `resume` takes up those of the same one. */
  readonly owner?: string;
  /** Takes the asynchronous receipts that arrive for what we sent. */
  readonly outbox?: ReceiptTaker;
  readonly clock?: Clock;
  /** Whether multipart/related and multipart/mixed come apart (MA-03); default true. */
  readonly splitAttachments?: boolean;
  /** Largest request body in octets; default 4 GiB. Larger ones get 413. */
  readonly maxMessageBytes?: number;
  /** A request that stands still this long gets 408; default 60 s (HTTP-19). */
  readonly idleTimeoutMs?: number;
  /** Messages that are transferred or wait for their synchronous receipt at a time; default 100. More get 503. */
  readonly parallel?: number;
  /** The same for each partner; default 50. */
  readonly parallelPerPartner?: number;
  /**
   * Messages that are refused in a minute for one partner from one address; default 600. More get 503 until the minute
   * is over.
   */
  readonly refusalsPerMinute?: number;
  /** What everybody must bring, whatever partner they name. */
  readonly access?: AccessSettings;
  /**
   * Reverse proxies in front of the server, by address. X-Forwarded-For, X-Forwarded-Proto or Forwarded of theirs count,
   * and the certificate of the sender in the header field of this name.
   */
  readonly trustedProxies?: { readonly addresses: readonly string[]; readonly certificateHeader?: string };
  /** What a sender gets whose names we do not know; default `receipt` when it asked for one (HDR-12). */
  readonly unknownStations?: 'receipt' | 'forbidden';
  /** Between attempts to deliver an asynchronous receipt; default 1, 5, 10, 20, 40, 60, 60, … minutes (REL-08). */
  readonly receiptPausesMs?: readonly number[];
  /** Attempts to deliver an asynchronous receipt; default 10. */
  readonly receiptAttempts?: number;
}

/** The outbox, as far as a receiver needs it. */
export interface ReceiptTaker {
  /** @throws As2Error when the receipt could not be made durable: its sender gets a 503 */
  receiptArrived(
    receipt: { readonly headers: Headers; readonly body: ByteSource },
    relationship: Relationship,
  ): Promise<ReceiptArrival>;
}

/**
 * The receiving end. `handle` takes a request with an unread body, or one whose body another middleware left as a
 * Buffer in `req.body`. It answers in every case and never throws or rejects.
 */
export interface Receiver {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * Takes up what was left when we stopped, of the same owner: asynchronous messages that were answered with 204 and
   * not processed, or that the flow had not decided about (they are handed over again, marked as redelivered), and
   * receipts that were not delivered. Call it when `handOver` can take messages; until then only new ones come.
   * @returns when all of that was looked at once; what does not find a place at once comes by itself
   */
  resume(): Promise<void>;
  /** Messages in work at this moment. */
  readonly inWork: number;
  /**
   * No new messages, and none of those that are still coming in is handed over (503). Waits for what was handed over,
   * at most `graceMs`, then ends it without a receipt.
   */
  close(graceMs?: number): Promise<void>;
}
