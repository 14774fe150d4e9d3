import { digestAlgorithm, type DigestName, digestNames } from '../cms';
import { formatMic, type KeptMic, type Mic, type ReceivedMic } from './mic';
import { alternativeDigests, isLarge, type SentContent } from './mic-alternatives';
import { deviationRemedy, deviationWords, type MicDeviation } from './mic-deviations';
import type { FormDigest } from './mic-digests';

/** What became of the search for the bytes that a partner's MIC fits. Plain JSON. */
export interface MicDiagnosis {
  /** `base64, algorithm`, as the partner wrote it. */
  readonly received: string;
  /** What the standard takes, in the algorithm the partner names where we know it. */
  readonly expected?: string;
  /** Absent when it fits nothing that was tried. */
  readonly matches?: MicMatch;
  /** How many digests were compared. */
  readonly tried: number;
}

export interface MicMatch {
  readonly algorithm: DigestName;
  /** How it departs from the standard; nothing when it does not, and the digest was merely not kept. */
  readonly deviations: readonly MicDeviation[];
  /** Taken all the same: this difference is known of products, and proves the very content (part E, column L). */
  readonly tolerated: boolean;
  /** A sentence: what it fits and what to do about it. */
  readonly explanation: string;
}

/**
 * Finds out which bytes a partner digested whose MIC is none of those that were kept: products are known to differ
 * in dozens of ways. What was sent is read again and digested in all of them.
 * @param kept from `Composed.mics()`
 */
export async function diagnoseMic(
  received: ReceivedMic,
  kept: readonly (Mic | KeptMic)[],
  sent: SentContent,
): Promise<MicDiagnosis> {
  const values = readingsOf(received);
  const standard = kept.find((mic) => !('alternative' in mic && mic.alternative));
  const fits = (name: DigestName) =>
    values.some(({ bytes }) => bytes.length === digestAlgorithm(name).lengthBytes);
  const isLikely = (name: DigestName) => name === standard?.algorithm || name === received.algorithm;
  const algorithms = digestNames.filter(
    (name) => isLikely(name) || (fits(name) && (!isLarge(sent) || /^(?:md5|sha-\d+)$/.test(name))),
  );
  const digests = await alternativeDigests(sent, algorithms);
  const written = `${received.value}${received.algorithmName === undefined ? '' : `, ${received.algorithmName}`}`;
  // The file may have changed since it was sent: then nothing can be said.
  if (!standard || !digests.some((one) => isStandard(one, standard))) return { received: written, tried: 0 };
  const named = received.algorithm ?? standard.algorithm;
  const expected = digests.find((one) => one.deviations.length === 0 && one.algorithm === named);
  const match = bestMatch(received, values, digests);
  return {
    received: written,
    expected: expected
      ? formatMic({ value: expected.digest.toString('base64'), algorithm: named })
      : formatMic(standard),
    ...(match ? { matches: judge(match, sent) } : {}),
    tried: new Set(digests.map(({ digest }) => digest.toString('base64'))).size,
  };
}

interface Reading {
  readonly bytes: Buffer;
  readonly deviations: readonly MicDeviation[];
}

/** What the value may mean: a digest, or one that was written in hexadecimal before it was encoded. */
function readingsOf({ value }: ReceivedMic): Reading[] {
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString('latin1');
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(text);
  return [
    { bytes, deviations: [] },
    ...(isHex ? [{ bytes: Buffer.from(text, 'hex'), deviations: ['hexadecimal-in-base64' as const] }] : []),
  ];
}

function isStandard({ deviations, algorithm, digest }: FormDigest, standard: Mic): boolean {
  return (
    deviations.length === 0 &&
    algorithm === standard.algorithm &&
    digest.equals(Buffer.from(standard.value, 'base64'))
  );
}

type Match = Pick<MicMatch, 'algorithm' | 'deviations'>;

/** Several forms may be the same bytes: the one that needs the fewest words. */
function bestMatch(
  received: ReceivedMic,
  readings: readonly Reading[],
  digests: readonly FormDigest[],
): Match | undefined {
  const matches = readings.flatMap((reading) =>
    digests
      .filter(({ digest }) => digest.equals(reading.bytes))
      .map(({ algorithm, deviations }): Match => {
        const misnamed = received.algorithmName !== undefined && received.algorithm !== algorithm;
        return {
          algorithm,
          deviations: [
            ...deviations,
            ...(misnamed ? (['algorithm-misnamed'] as const) : []),
            ...reading.deviations,
          ],
        };
      }),
  );
  return matches.toSorted((one, other) => one.deviations.length - other.deviations.length)[0];
}

function judge({ algorithm, deviations }: Match, sent: SentContent): MicMatch {
  const { micalg } = digestAlgorithm(algorithm);
  return {
    algorithm,
    deviations,
    tolerated: isTolerated(deviations, sent),
    explanation:
      `The digest of the partner fits the content ${deviationWords(deviations, micalg)}. ${deviationRemedy(deviations)}`.trim(),
  };
}

/** MIC-03, MIC-04, MIC-05, MIC-06: where the list tolerates another MIC than that of the standard. */
function isTolerated(
  deviations: readonly MicDeviation[],
  { signed, encrypted, compressed }: SentContent,
): boolean {
  const [deviation, ...more] = deviations;
  if (deviation === undefined) return true;
  if (more.length > 0) return false;
  if (signed) return deviation === 'before-compression';
  if (!compressed) return !encrypted && deviation === 'headers-included';
  return deviation === (encrypted ? 'after-compression' : 'headers-left-out');
}
