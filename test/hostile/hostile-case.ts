import type { Parties } from './parties';
import type { Bytes, ExchangeOptions } from './raw-connection';

/** What a hostile request must get. */
export interface Expected {
  /** One of these statuses; `closed` stands for an end of the connection without an answer. */
  readonly status?: number | 'closed' | readonly (number | 'closed')[];
  /** What the receipt in the answer says, behind the semicolon. */
  readonly disposition?: string | RegExp;
  /** What must not stand in the answer, in the log of Node-RED or in a message of the flow. */
  readonly never?: RegExp;
  /** The file names that the flow gets, or none: nothing is delivered. Default: nothing. */
  readonly delivered?: readonly (string | undefined)[];
}

export interface HostileCase extends Expected {
  /** Begins with the rule it is about, if there is one. */
  readonly name: string;
  /** The bytes that are thrown, head and body. */
  readonly bytes: (parties: Parties) => Promise<Bytes> | Bytes;
  readonly exchange?: ExchangeOptions;
}
