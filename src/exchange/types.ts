import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CompressOptions, MicDiagnosis, SecurityPolicy } from '../as2';
import type { ByteSource, SizedSource } from '../bytes';
import type { CipherName, DigestName, EncryptOptions, SignOptions } from '../cms';
import type { As2Error } from '../errors';
import type { ConnectionSettings } from '../http';
import type { Certificate, KeyPair } from '../pki';
import type { Spool } from '../store';

/** One of our own stations, ready for use: its keys are read and fit their certificates. */
export interface Identity {
  readonly as2Name: string;
  /** The first one signs and is named in receipts; every one is tried for decryption, so that a change can overlap. */
  readonly keyPairs: readonly KeyPair[];
  /** Right side of the Message-IDs we make, e.g. our public host name. */
  readonly messageIdHost?: string;
}

/** One remote station, ready for use: its certificates are read. */
export interface Partner {
  /** What our user calls it; used in texts, never on the wire. */
  readonly name: string;
  readonly as2Name: string;
  /** http(s) address of its AS2 endpoint; a partner that only sends to us needs none. */
  readonly url?: string;
  readonly encryptionCertificate?: Certificate;
  /** Signatures of messages and receipts count only when one of these made them (SEC-01). */
  readonly signingCertificates: readonly Certificate[];
  /** How messages go to it. */
  readonly sending: SendingSettings;
  /** What its messages must carry to be taken (SEC-02). */
  readonly requires?: SecurityPolicy;
  readonly connection?: ConnectionSettings;
  /** Hosts (`name` or `name:port`) its asynchronous receipts may be asked to, beside the host of `url` (SEC-09). */
  readonly receiptHosts?: readonly string[];
}

export interface SendingSettings {
  /** Digest of the signature, or `none` for an unsigned message. */
  readonly sign: DigestName | 'none';
  /** How an RSA key signs messages and receipts; other kinds of keys have one way each. Default: `rsa-pkcs1`. */
  readonly scheme?: SignOptions['scheme'];
  /** Cipher, or `none` for an unencrypted message. */
  readonly encrypt: CipherName | 'none';
  /** How the key of the message is encrypted for an RSA certificate. Default: `rsa-pkcs1`. */
  readonly keyTransport?: EncryptOptions['keyTransport'];
  /** For `rsa-oaep`. Default: `sha-256`. */
  readonly oaepDigest?: EncryptOptions['oaepDigest'];
  /** For GCM, CCM and ChaCha20-Poly1305. Default: `auth-enveloped-data`. */
  readonly aeadStructure?: EncryptOptions['aeadStructure'];
  /** Where the layer of compression stands. Default: there is none. */
  readonly compress?: CompressOptions['order'];
  /** The synchronous receipt that is asked for. */
  readonly receipt: 'signed' | 'unsigned' | 'none';
}

/** One of our identities and one partner that work together. */
export interface Relationship {
  readonly identity: Identity;
  readonly partner: Partner;
}

/** Who may talk to whom; asked for every request, so that a changed configuration counts at once. */
export interface StationDirectory {
  /**
   * @param names AS2 names without quotes, to be compared with case: `from` is the partner, `to` is us (HDR-09)
   * @throws As2Error when our own station is not in order; the partner then gets a 503 and sends again
   */
  find(names: { readonly from: string; readonly to: string }): Relationship | undefined;
}

// --- sending

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
  };
  readonly subject?: string;
  /** With brackets; default: a fresh one (HDR-13). */
  readonly messageId?: string;
  readonly spool: Spool;
  readonly onEvent?: (event: ExchangeEvent) => void;
  /** Ends the attempt; the outcome is then `send-aborted`. */
  readonly signal?: AbortSignal;
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
  /** ISO time at which the partner had taken all bytes and answered. */
  readonly sentAt?: string;
  /** HTTP status of the answer, when there was one. */
  readonly httpStatus?: number;
  /** The receipt as far as it could be read, good or bad; absent when none was asked for or none came. */
  readonly receipt?: ReceiptReport;
}

/** A receipt for the message contract: plain JSON. */
export interface ReceiptReport {
  /** As written by the partner, e.g. `automatic-action/MDN-sent-automatically; processed`. */
  readonly disposition: string;
  /** `base64, algorithm`, when the receipt names one. */
  readonly mic?: string;
  /** Whether it equals the MIC of what we sent; absent when there was nothing to compare. */
  readonly micMatches?: boolean;
  /** Which bytes it fits, when it is not the MIC that was expected and what was sent could be read again. */
  readonly micDiagnosis?: MicDiagnosis;
  /** Whether it carries a signature that one of the partner's configured certificates made. */
  readonly signed: boolean;
  readonly signer?: SignerReport;
  /** ISO time at which we had it. */
  readonly receivedAt: string;
  /** The human-readable part. */
  readonly text: string;
}

export interface SignerReport {
  readonly subject: string;
  readonly serialNumber: string;
  readonly fingerprintSha256: string;
}

// --- receiving

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

// --- events

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
