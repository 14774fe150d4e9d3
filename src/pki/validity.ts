import { As2Error } from '../errors';
import type { Certificate } from './certificate';

export type Validity = 'not-yet-valid' | 'valid' | 'expires-soon' | 'expired';

const DAY_MS = 86_400_000;
/** How long before its end a certificate deserves attention: agreeing on a new one with a partner takes weeks. */
export const EXPIRY_NOTICE_DAYS = 30;

/** Whole days until the end of validity; negative after it. */
export function daysLeft(certificate: Certificate, now: Date): number {
  return Math.floor((certificate.notAfter.getTime() - now.getTime()) / DAY_MS);
}

export function validityOf(certificate: Certificate, now: Date): Validity {
  if (now < certificate.notBefore) return 'not-yet-valid';
  if (now > certificate.notAfter) return 'expired';
  return daysLeft(certificate, now) < EXPIRY_NOTICE_DAYS ? 'expires-soon' : 'valid';
}

/**
 * @param owner whose certificate it is, in the user's words
 * @throws As2Error `certificate-expired`, `certificate-not-yet-valid`
 */
export function assertUsableNow(
  certificate: Certificate,
  role: 'signing' | 'encryption',
  owner: string,
  now: Date = new Date(),
): void {
  const { subject, serialNumber, notBefore, notAfter } = certificate;
  switch (validityOf(certificate, now)) {
    case 'expired':
      throw new As2Error('certificate-expired', {
        role,
        owner,
        subject,
        serialNumber,
        notAfter: dayOf(notAfter),
      });
    case 'not-yet-valid':
      throw new As2Error('certificate-not-yet-valid', {
        role,
        owner,
        subject,
        serialNumber,
        notBefore: dayOf(notBefore),
      });
    case 'valid':
    case 'expires-soon':
  }
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
