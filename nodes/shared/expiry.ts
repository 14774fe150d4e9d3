import { As2Error, toAs2Error } from '../../src/errors';
import type { Certificate } from '../../src/pki';
import { core } from './core';

/** How often certificates are looked at, since flows run for months without a deploy. */
export const CHECK_INTERVAL_MS = 86_400_000;

/**
 * What is to be said about the validity of certificates: of several, the one that is valid longest counts, since
 * the others are being replaced.
 * @returns `certificate-expired`, `certificate-not-yet-valid`, `certificate-expires-soon`, or nothing
 */
export function expiryNote(
  certificates: readonly Certificate[],
  role: 'signing' | 'encryption',
  owner: string,
  now = new Date(),
): As2Error | undefined {
  const [longest] = certificates.toSorted((a, b) => b.notAfter.getTime() - a.notAfter.getTime());
  if (!longest) return undefined;
  try {
    core.pki.assertUsableNow(longest, role, owner, now);
  } catch (error) {
    return toAs2Error(error);
  }
  if (core.pki.validityOf(longest, now) !== 'expires-soon') return undefined;
  return new As2Error('certificate-expires-soon', {
    owner,
    subject: longest.subject,
    daysLeft: core.pki.daysLeft(longest, now),
    notAfter: longest.notAfter.toISOString().slice(0, 10),
  });
}
