import type { As2ErrorCode } from '../errors';
import type { SentContent } from './mic-alternatives';
import { diagnoseMic } from './mic-diagnosis';
import type { Receipt } from './receipt';
import { type ExpectedReceipt, judgeReceipt, type ReceiptVerdict } from './receipt-judge';

/** Problems of which a look at the bytes may tell more; the others mean that nothing in the receipt counts. */
const aboutContent: ReadonlySet<As2ErrorCode | undefined> = new Set<As2ErrorCode>([
  'receipt-mic-algorithm-unknown',
  'receipt-mic-mismatch',
  'receipt-negative',
]);

/**
 * Judges a receipt as `judgeReceipt` does; where its MIC fits none of those that were kept, what was sent is read
 * again to find out which bytes the partner digested. That costs seconds for hundreds of megabytes, and happens only
 * when something is wrong, or when the partner answers with a digest that was not asked for.
 * @param sent sources that cannot be read again are left out; a function is called only when it is needed
 */
export async function judgeReceiptOf(
  sent: SentContent | (() => Promise<SentContent>),
  receipt: Receipt,
  expected: ExpectedReceipt,
): Promise<ReceiptVerdict> {
  const verdict = judgeReceipt(receipt, expected);
  const { mic } = receipt;
  if (!mic || verdict.micMatches === true || !aboutContent.has(verdict.problem?.code)) return verdict;
  const micDiagnosis = await diagnoseMic(
    mic,
    expected.mics,
    typeof sent === 'function' ? await sent() : sent,
  );
  return judgeReceipt(receipt, { ...expected, micDiagnosis });
}
