import { judgeReceiptOf, openReceipt, type Receipt, type ReceiptVerdict } from '../../as2';
import { bufferSource } from '../../bytes';
import type { ReceiptBytes } from '../receipt-file';
import { reportReceipt } from '../receipt-report';
import type { ReceiptReport, Relationship } from '../types';
import type { OutgoingMessage } from './outgoing-message';

/** A receipt, and what it is worth for a message (RCV-03). */
export interface CheckedReceipt {
  readonly receipt: Receipt;
  readonly verdict: ReceiptVerdict;
  readonly report: ReceiptReport;
}

/** @throws As2Error as `openReceipt` does, when it is none that can be read */
export async function readReceipt(
  { headers, body }: ReceiptBytes,
  { partner }: Relationship,
): Promise<Receipt> {
  const { signingCertificates } = partner;
  return openReceipt({ headers, body: bufferSource(body) }, { signingCertificates });
}

export async function checkReceipt(
  receipt: Receipt,
  message: OutgoingMessage,
  relationship: Relationship,
): Promise<CheckedReceipt> {
  const expected = message.expectedReceipt(relationship);
  const verdict = await judgeReceiptOf(() => message.sentContent(), receipt, expected);
  return { receipt, verdict, report: reportReceipt(receipt, verdict) };
}
