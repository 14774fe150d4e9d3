import type { MicDiagnosis } from '../../as2';

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
