import type { SignatureReport } from '../cms';
import type { As2Error } from '../errors';
import { type Disposition, isPositive } from './disposition';
import type { ReceivedMic } from './mic';
import type { ReceiptFields } from './receipt-fields';

/** A receipt as a partner sent it. */
export interface Receipt {
  /** The receipt's own id; often missing (MDN-11). */
  readonly messageId?: string;
  /** AS2-From and AS2-To of the receipt: values; old products leave them away (HDR-06). */
  readonly from?: string;
  readonly to?: string;
  /** As it came. */
  readonly originalMessageId?: string;
  readonly disposition: Disposition;
  /** The field as it came; empty when it is missing. */
  readonly dispositionText: string;
  /** `Error`, `Failure` and `Warning` lines, which detail a bare modifier (DSP-16). */
  readonly errors: readonly string[];
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
  readonly mic?: ReceivedMic;
  /** A signature stands around it; whether it counts says `signature`. */
  readonly signed: boolean;
  readonly signature?: SignatureReport;
  /** Why the signature does not count. */
  readonly signatureProblem?: As2Error;
  /** The human-readable part. */
  readonly text: string;
  readonly reportingUa?: string;
  readonly finalRecipient?: string;
  readonly originalRecipient?: string;
  /** Everything the machine-readable part says. */
  readonly fields: ReceiptFields;
}

/** Whether the receipt says that the message was taken (DSP-16, DSP-17): not so if a line names an error. */
export function saysPositive({ disposition, errors, failures }: Receipt): boolean {
  return isPositive(disposition) && errors.length === 0 && failures.length === 0;
}
