import { digestAlgorithm, type DigestName } from '../cms';
import { As2Error, type Facts } from '../errors';
import { dispositionTexts } from './disposition-for-error';
import { sameMessageId } from './message-id';
import { type KeptMic, type Mic, type ReceivedMic, sameMicValue } from './mic';
import type { MicDiagnosis } from './mic-diagnosis';
import { type Receipt, saysPositive } from './receipt';
import { micRemedy, remedyFor } from './remedies';
import { defaultAllowedDigests } from './security-policy';

/** What a sender knows about the message a receipt must be for. */
export interface ExpectedReceipt {
  readonly messageId: string;
  /** From `Composed.mics()`: all that were kept, the alternatives too. */
  readonly mics: readonly (Mic | KeptMic)[];
  /** What else is known about the receipt's MIC, if it is none of these: see `judgeReceiptOf`. */
  readonly micDiagnosis?: MicDiagnosis;
  readonly signedRequired: boolean;
  /** Digests that prove something, as for messages (SEC-05). Default: all but MD5 and SHA-1. */
  readonly allowedDigests?: readonly DigestName[];
  readonly ownAs2Name: string;
  readonly partnerAs2Name: string;
}

/** What a receipt is worth. */
export interface ReceiptVerdict {
  /** The partner has taken exactly what was sent, and has proved it where proof was asked for (RCV-03). */
  readonly positive: boolean;
  /** Absent when there was nothing to compare. */
  readonly micMatches?: boolean;
  /** The kept MIC that matches is not the standard one: the partner's product computes it its own way. */
  readonly micAlternative?: boolean;
  /** Present when the MIC is none of those that were kept, and what was sent could be looked at again. */
  readonly micDiagnosis?: MicDiagnosis;
  /** A configured certificate of the partner signed the receipt, with a digest that is allowed. */
  readonly authenticated: boolean;
  /** Why it is not positive. */
  readonly problem?: As2Error;
}

/**
 * Judges a receipt (part I of the conformance list): is it for our message, from our partner, signed as it must be,
 * good news, and about the very bytes we sent? The first check that fails names the problem.
 */
export function judgeReceipt(receipt: Receipt, expected: ExpectedReceipt): ReceiptVerdict {
  const { micDiagnosis } = expected;
  const comparison = compareMic(receipt.mic, expected.mics, micDiagnosis);
  const authenticated = isSigned(receipt) && weakDigest(receipt, expected) === undefined;
  const problem =
    messageProblem(receipt, expected, comparison) ??
    partnerProblem(receipt, expected, authenticated) ??
    signatureProblem(receipt, expected) ??
    dispositionProblem(receipt, expected, authenticated) ??
    unprovedProblem(receipt, expected) ??
    micProblem(receipt, expected, comparison);
  return {
    positive: problem === undefined,
    ...(comparison.matches === undefined ? {} : { micMatches: comparison.matches }),
    ...(comparison.alternative ? { micAlternative: true } : {}),
    ...(micDiagnosis ? { micDiagnosis } : {}),
    authenticated,
    ...(problem ? { problem } : {}),
  };
}

interface Comparison {
  readonly matches?: boolean;
  readonly alternative?: boolean;
}

/** Without the name of an algorithm every kept MIC is a candidate (MIC-10). */
function compareMic(
  received: ReceivedMic | undefined,
  kept: ExpectedReceipt['mics'],
  diagnosis: MicDiagnosis | undefined,
): Comparison {
  if (!received) return {};
  const candidates = candidatesFor(received, kept);
  const match = candidates.find((mic) => sameMicValue(mic.value, received.value));
  if (match) return { matches: true, alternative: isAlternative(match) };
  const { tolerated = false, deviations = [] } = diagnosis?.matches ?? {};
  if (tolerated) return { matches: true, alternative: deviations.length > 0 };
  return candidates.length > 0 || diagnosis?.matches ? { matches: false } : {};
}

function candidatesFor(received: ReceivedMic, kept: ExpectedReceipt['mics']): ExpectedReceipt['mics'] {
  return received.algorithmName === undefined
    ? kept
    : kept.filter(({ algorithm }) => algorithm === received.algorithm);
}

function isAlternative(mic: Mic | KeptMic): boolean {
  return 'alternative' in mic && mic.alternative === true;
}

/** RCV-02. A receipt that names no message is bound to ours by the digest of its content, or not at all. */
function messageProblem(
  receipt: Receipt,
  { messageId }: ExpectedReceipt,
  comparison: Comparison,
): As2Error | undefined {
  const { originalMessageId } = receipt;
  if (originalMessageId !== undefined) {
    if (sameMessageId(originalMessageId, messageId)) return undefined;
    return new As2Error('receipt-other-message', { messageId, received: originalMessageId });
  }
  const isBound = comparison.matches !== undefined || !saysPositive(receipt);
  return isBound ? undefined : new As2Error('receipt-unbound', { messageId });
}

/**
 * The names must be those of the message, exchanged; where they are there (HDR-06), and where the signature does not
 * prove the partner anyway. Some products do not exchange them.
 */
function partnerProblem(
  { from, to }: Receipt,
  expected: ExpectedReceipt,
  authenticated: boolean,
): As2Error | undefined {
  const { ownAs2Name: own, partnerAs2Name: partner, messageId } = expected;
  const fits = (sender: string, receiver: string) =>
    (from === undefined || from === sender) && (to === undefined || to === receiver);
  if (authenticated || fits(partner, own) || fits(own, partner)) return undefined;
  return new As2Error('receipt-other-partner', {
    messageId,
    from: from ?? '(no name)',
    to: to ?? '(no name)',
    expectedFrom: partner,
    expectedTo: own,
  });
}

/** A signature that is there must fit; one nobody asked for, by an unknown certificate, merely proves nothing. */
function signatureProblem(receipt: Receipt, expected: ExpectedReceipt): As2Error | undefined {
  const { signature, signatureProblem: cause } = receipt;
  if (!cause) return undefined;
  const { messageId } = expected;
  const { details } = cause;
  const found = String(cause.facts.found ?? 'nobody');
  const configured = String(cause.facts.expected ?? 'none');
  if (signature?.status === 'content-altered') {
    return new As2Error('receipt-altered', { messageId, found }, { cause, details });
  }
  if (signature?.status !== 'unknown-signer') {
    return new As2Error('receipt-signature-invalid', { messageId, expected: configured }, { cause, details });
  }
  return expected.signedRequired
    ? new As2Error(
        'receipt-signer-unknown',
        { messageId, found, expected: configured, disposition: receipt.dispositionText },
        { cause, details },
      )
    : undefined;
}

function dispositionProblem(
  receipt: Receipt,
  { messageId, micDiagnosis }: ExpectedReceipt,
  authenticated: boolean,
): As2Error | undefined {
  if (saysPositive(receipt)) return undefined;
  const { disposition, dispositionText, errors, failures, text } = receipt;
  const [detail] = [...errors, ...failures];
  const description = disposition.description ?? detail;
  return new As2Error('receipt-negative', {
    messageId,
    disposition: dispositionText || 'the receipt has no disposition',
    remedy: remedyForRefusal(receipt, micDiagnosis),
    partnerText: [...errors, ...failures, text].join(' ').replace(/\s+/g, ' ').trim() || 'nothing more',
    description,
    authenticated,
  });
}

/** Where the content was found altered, the digest of what they found may tell what happened to it. */
function remedyForRefusal(receipt: Receipt, diagnosis: MicDiagnosis | undefined): string {
  const { disposition, errors, failures, text } = receipt;
  const { description, modifier, type } = disposition;
  const stated = [description, ...errors, ...failures, modifier, type];
  const isAltered = stated.some((one) => one?.toLowerCase() === dispositionTexts.integrityCheckFailed);
  return (isAltered && diagnosis?.matches?.explanation) || remedyFor(stated, text);
}

/**
 * RCV-04: without a signature a good receipt is no proof, nor with one that anybody could have made (SEC-05). A bad
 * receipt was reported before, as unauthenticated.
 */
function unprovedProblem(receipt: Receipt, expected: ExpectedReceipt): As2Error | undefined {
  const { messageId, signedRequired } = expected;
  if (!signedRequired) return undefined;
  const digest = weakDigest(receipt, expected);
  if (digest) return new As2Error('receipt-digest-not-allowed', { messageId, digest });
  const { signature } = receipt;
  return signature === undefined || signature.status === 'no-signer'
    ? new As2Error('receipt-unsigned', { messageId })
    : undefined;
}

function isSigned({ signature }: Receipt): boolean {
  return signature?.status === 'verified';
}

/** The digest of a good signature, if it is none of those that are allowed. */
function weakDigest(receipt: Receipt, { allowedDigests }: ExpectedReceipt): DigestName | undefined {
  const digest = isSigned(receipt) ? receipt.signature?.digest : undefined;
  return digest && !(allowedDigests ?? defaultAllowedDigests).includes(digest) ? digest : undefined;
}

/** RCV-03, RCV-08. */
function micProblem(
  { mic: received }: Receipt,
  { messageId, mics, micDiagnosis, signedRequired }: ExpectedReceipt,
  { matches }: Comparison,
): As2Error | undefined {
  if (matches === true) return undefined;
  if (!received) return signedRequired ? new As2Error('receipt-mic-missing', { messageId }) : undefined;
  const [kept] = candidatesFor(received, mics);
  const isComputed = micDiagnosis?.expected !== undefined && (received.algorithm || micDiagnosis.matches);
  if (!kept && !isComputed) {
    const algorithm = received.algorithmName ?? 'an algorithm without a name';
    const names = [...new Set(mics.map((mic) => digestAlgorithm(mic.algorithm).micalg))].join(', ') || 'none';
    return signedRequired
      ? new As2Error('receipt-mic-algorithm-unknown', { messageId, algorithm, kept: names })
      : undefined;
  }
  const algorithm = kept ? digestAlgorithm(kept.algorithm).micalg : received.algorithmName;
  return new As2Error('receipt-mic-mismatch', {
    messageId,
    algorithm,
    expected: kept?.value ?? micDiagnosis?.expected?.replace(/,.*/, ''),
    received: received.value,
    ...micFacts(micDiagnosis),
  });
}

/** What the search found, for the sentence and as data. */
function micFacts(diagnosis: MicDiagnosis | undefined): { remedy: string } & Facts {
  const { matches, tried } = diagnosis ?? {};
  if (matches) {
    const { algorithm, deviations, explanation } = matches;
    return { remedy: explanation, matches: deviations.join(' '), matchesAlgorithm: algorithm, tried };
  }
  const searched = tried ? ` It fits none of ${tried} other ways to compute it either.` : '';
  return { remedy: `${micRemedy}${searched}`, tried };
}
