import { ContentSignatures, type DigestName, likelyDigest, type SignedData } from '../cms';
import { As2Error, isAs2Error } from '../errors';
import { addReturns } from '../mime';
import type { Certificate } from '../pki';
import { judgeSignature, type JudgedSignature } from './incoming-signature';
import { DigestSet } from './mic';

const CRLF = Buffer.from('\r\n');

/**
 * Verifies the signature of a receipt. Products disagree about line ends and about whether the line break before a
 * boundary belongs to the part: the forms in use are tried in turn, the one that travelled first (MIME-03).
 */
export function judgeReceiptSignature(
  read: () => SignedData,
  content: Buffer,
  trusted: readonly Certificate[],
): JudgedSignature {
  let signedData: SignedData;
  try {
    signedData = read();
  } catch (error) {
    if (!isAs2Error(error)) throw error;
    return { problem: new As2Error('signature-unreadable', { reason: error.message }, { cause: error }) };
  }
  const [asReceived, ...otherForms] = formsOf(content);
  const judged = judgeForm(signedData, asReceived, trusted);
  if (judged.report?.status !== 'content-altered') return judged;
  for (const form of otherForms) {
    const other = judgeForm(signedData, form, trusted);
    if (other.report?.status === 'verified') return other;
  }
  return judged;
}

function judgeForm(signedData: SignedData, form: Buffer, trusted: readonly Certificate[]): JudgedSignature {
  const likely = likelyDigest(signedData, trusted);
  const named = likely ? [likely] : [];
  const judged = judgeWith(named, signedData, form, trusted);
  // The report tells which others the known signers need; for unknown ones nothing is computed (SEC-11).
  const needed = judged.report?.neededDigests ?? [];
  return needed.length > 0 ? judgeWith([...named, ...needed], signedData, form, trusted) : judged;
}

function judgeWith(
  names: readonly DigestName[],
  signedData: SignedData,
  form: Buffer,
  trusted: readonly Certificate[],
): JudgedSignature {
  const digests = new DigestSet(names);
  digests.add(form);
  const signatures = new ContentSignatures(signedData.signerInfos, trusted);
  signatures.update(form);
  return judgeSignature(signedData, { digests, signatures, form: 'entity' }, trusted);
}

function formsOf(content: Buffer): [Buffer, ...Buffer[]] {
  const trimmed = content.subarray(-2).equals(CRLF) ? [content.subarray(0, -2)] : [];
  return [content, addReturns(content, 0), Buffer.concat([content, CRLF]), ...trimmed];
}
