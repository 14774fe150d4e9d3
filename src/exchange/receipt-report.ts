import type { Receipt, ReceiptVerdict } from '../as2';
import type { Certificate } from '../pki';
import type { ReceiptReport, SignerReport } from './types';

/** A partner's receipt as plain JSON for the message contract. */
export function reportReceipt(receipt: Receipt, verdict: ReceiptVerdict): ReceiptReport {
  const { mic, signature } = receipt;
  return {
    disposition: receipt.dispositionText,
    ...(mic
      ? { mic: mic.algorithmName === undefined ? mic.value : `${mic.value}, ${mic.algorithmName}` }
      : {}),
    ...(verdict.micMatches === undefined ? {} : { micMatches: verdict.micMatches }),
    ...(verdict.micDiagnosis ? { micDiagnosis: verdict.micDiagnosis } : {}),
    signed: verdict.authenticated,
    ...(verdict.authenticated && signature?.signer ? { signer: reportSigner(signature.signer) } : {}),
    receivedAt: new Date().toISOString(),
    text: receipt.text,
  };
}

export function reportSigner({ subject, serialNumber, fingerprintSha256 }: Certificate): SignerReport {
  return { subject, serialNumber, fingerprintSha256 };
}
