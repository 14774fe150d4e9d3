import { type CompressOptions, type KeptMic, normalizeMessageId } from '../../as2';
import type { ExchangeFolder, ExchangeKey } from '../../store';
import type { StoredError } from '../stored-error';
import type { ReceiptReport, SendingSettings } from '../types';

/** What the record of a message we sent says: all it takes to send it again and to judge its receipt after a restart. */
export interface OutgoingFacts {
  readonly partner: string;
  /** With brackets. */
  readonly messageId: string;
  readonly subject?: string;
  readonly contentType: string;
  readonly filename?: string;
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly compressed?: CompressOptions['order'];
  /** The receipt that its header fields ask for, whatever the settings say by now. */
  readonly receiptWanted: SendingSettings['receipt'];
  readonly receiptDelivery: 'sync' | 'async';
  /** Of the innermost entity, for another look when a receipt does not fit. */
  readonly contentHeaders?: readonly (readonly [string, string])[];
  /** Documents beside the payload. */
  readonly attachments?: number;
  readonly sizeBytes?: number;
  /** To be compared with the receipt (MIC-13). */
  readonly mics?: readonly KeptMic[];
  readonly mic?: string;
  /** The attempt after which the schedule began anew. */
  readonly scheduleFrom?: number;
  /** Octets of the body the partner has said to hold, while not all of it was sent (RST-06). */
  readonly heldBytes?: number;
  readonly sentAt?: string;
  readonly httpStatus?: number | undefined;
  readonly receipt?: ReceiptReport | undefined;
  /** A receipt that counts has said the last word (RCV-05). */
  readonly decidedByReceipt?: boolean;
  readonly error?: StoredError | undefined;
}

export type OutgoingFolder = ExchangeFolder<OutgoingFacts>;

export function outgoingKey(from: string, to: string, messageId: string): ExchangeKey {
  return { from, to, messageId: normalizeMessageId(messageId) };
}
