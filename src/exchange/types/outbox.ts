import type { SizedSource } from '../../bytes';
import type { As2Error } from '../../errors';
import type { Clock, Spool } from '../../store';
import type { ExchangeEvent } from './events';
import type { SendOptions, SendOutcome } from './sending';
import type { StationDirectory } from './stations';

export interface OutboxOptions {
  readonly spool: Spool;
  /**
   * Asked before every attempt, so that a corrected configuration counts at once: `find({ from: partner, to: us,
   * partner: its name })`.
   */
  readonly directory: StationDirectory;
  /** Messages on their way at one time, to all partners; default 64. */
  readonly parallel?: number;
  /** For partners without own ones; default 1, 5, 10, 20, 40, 60, 60, … minutes. */
  readonly pausesMs?: readonly number[];
  /** Whether the payload is kept beside the finished request, as evidence and for a flow that is resumed; default true. */
  readonly keepPayload?: boolean;
  readonly clock?: Clock;
  readonly onEvent?: (event: ExchangeEvent) => void;
}

export interface SubmitOptions extends Omit<SendOptions, 'spool' | 'onEvent' | 'signal'> {
  /** Who is told the outcome, also after a restart; for example the id of a node. */
  readonly owner: string;
  /** JSON, at most 1 MiB; given back with the outcome, also after a restart. */
  readonly context?: object;
}

/** A message that will be sent, whatever happens to this process. */
export interface QueuedMessage {
  readonly exchangeId: string;
  /** With brackets, as it will be sent. */
  readonly messageId: string;
  /** Octets of the request body. */
  readonly sizeBytes: number;
  /** The MIC that the receipt has to name: `base64, algorithm`. */
  readonly mic?: string;
}

/** Is told what becomes of the messages of one owner. What it throws changes nothing. */
export interface OutboxListener {
  /**
   * The final state; told again after the next start until it has resolved once. A message that failed because no
   * receipt came can be told a second time, as completed, when the receipt comes late after all.
   */
  outcome(outcome: SendOutcome, info: OutcomeInfo): void | Promise<void>;
  /** It takes longer: another attempt will be made, or the receipt comes later. */
  waiting?(info: WaitingInfo): void;
  /** Of large messages, some times a second. */
  progress?(info: ProgressInfo): void;
}

export interface OutcomeInfo {
  readonly exchangeId: string;
  /** As it was given to `submit`. */
  readonly context?: object;
  /** The listener may have been told before: we stopped before it had resolved. */
  readonly redelivered: boolean;
  /**
   * What was sent, from the spool.
   * @returns undefined, when payloads are not kept
   */
  payload(): Promise<StoredPayload | undefined>;
  /**
   * One of the documents that travelled with it, from the spool.
   * @param number from 1
   * @returns undefined, when there is none, or payloads are not kept
   */
  attachment(number: number): Promise<StoredPayload | undefined>;
}

/** Durable bytes that can be read as often as wanted, until the spool is swept. */
export interface StoredPayload extends SizedSource {
  read(): Promise<Buffer>;
  /** The path of a file with these bytes, not to be altered. */
  file(): Promise<string>;
}

export interface WaitingInfo {
  readonly exchangeId: string;
  readonly messageId: string;
  /** Attempts made until now. */
  readonly attempt: number;
  /** Attempts that will be made at most, where there may be another one. */
  readonly attempts?: number;
  /** ISO time of the next attempt; of an awaited receipt: until when it is waited for. */
  readonly nextAttemptAt?: string;
  /** Why the last attempt failed, or why a receipt that came does not count. */
  readonly error?: As2Error;
  readonly awaitingReceipt?: boolean;
}

export interface ProgressInfo {
  readonly exchangeId: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** How often it went on after the line broke, in this attempt. */
  readonly resumed?: number;
}

/** What became of a receipt that came in a request of its own. */
export type ReceiptArrival =
  /** It decided about its message. */
  | 'matched'
  /** The message had its final state already; logged. */
  | 'late'
  /** No message of that id was sent to that partner; logged. */
  | 'unknown'
  /** It proves nothing: not from that partner, or not signed as it must be. The message waits on. */
  | 'refused';
