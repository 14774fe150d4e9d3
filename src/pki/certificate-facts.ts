import type { Facts } from '../errors';
import type { Certificate } from './certificate';

/** What people tell certificates apart by, for the details of an error. */
export function certificateFacts(certificate: Certificate): Facts {
  const { subject, issuer, serialNumber, subjectKeyIdentifier, keyKind, fingerprintSha256 } = certificate;
  return {
    subject,
    issuer,
    serialNumber,
    subjectKeyIdentifier: subjectKeyIdentifier?.toString('hex').toUpperCase(),
    keyKind,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprintSha256,
  };
}
