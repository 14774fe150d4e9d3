import type { FieldChanges } from './fields';
import type { ReceiptScript } from './receipt';
import type { WireScript } from './wire';

/** What the partner does with one message. Without a word about it, it opens the message and gives a true receipt. */
export interface Behaviour {
  /** Breaks the connection: before it reads the body, in the middle of it, after it, or in the middle of the answer. */
  readonly breaks?: 'before-body' | 'in-body' | 'after-body' | 'in-answer';
  /** Never answers; the connection stays open. */
  readonly silent?: boolean;
  /** The answer, or the asynchronous receipt, waits for `TradingPartner.release()`. */
  readonly held?: boolean;
  /** Interim answers before the real one. */
  readonly interim?: readonly (100 | 102)[];
  /** Of the answer; 200 for a receipt, 204 for a message whose receipt comes later. */
  readonly status?: number;
  readonly headers?: FieldChanges;
  /** Instead of a receipt. */
  readonly body?: string | Buffer;
  /** Also sent with a status of failure when it is given. `none`: it is lost. */
  readonly receipt?: ReceiptScript | 'none';
  /** For receipts that are to come later. */
  readonly later?: LaterScript;
  /** How the answer is written. */
  readonly wire?: WireScript;
}

/** How an asynchronous receipt travels. */
export interface LaterScript {
  /** Before the message is answered. */
  readonly early?: boolean;
  /** How often the same receipt is sent. Default: once. */
  readonly times?: number;
  /** Default: where the message asks for it. */
  readonly url?: string;
  /** Of this machine, such as 127.0.0.2: it comes from there. */
  readonly localAddress?: string;
  readonly wire?: WireScript;
  readonly breaks?: 'before-body' | 'in-body' | 'after-body';
}
