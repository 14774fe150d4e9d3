import type { Certificate } from './certificate';
import { type CertificateWarning, warningsAbout } from './certificate-warnings';
import { attributeText, attributeTypes } from './distinguished-name';
import { type KeyUsage, keyUsageOf } from './extensions';
import { isSelfSigned } from './self-signed';
import { signatureAlgorithmName } from './signature-algorithms';
import { daysLeft, validityOf, type Validity } from './validity';

/** What people want to know about a certificate; plain JSON without secrets, for the editor and for messages. */
export interface CertificateCard {
  readonly commonName: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  readonly selfSigned: boolean;
  /** Upper-case hexadecimal. */
  readonly serialNumber: string;
  /** Upper-case hexadecimal with colons. */
  readonly fingerprintSha256: string;
  readonly fingerprintSha1: string;
  readonly keyKind: string;
  readonly signatureAlgorithm: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days; negative when expired. */
  readonly daysLeft: number;
  readonly state: Validity;
  /** Empty where the certificate does not say: then it may be used for everything. */
  readonly keyUsage: readonly KeyUsage[];
  /** Codes of `certificateWarningTexts`. */
  readonly warnings: readonly CertificateWarning[];
}

export function certificateCard(certificate: Certificate, now: Date = new Date()): CertificateCard {
  return {
    commonName: attributeText(certificate.subjectDer, attributeTypes.commonName),
    subject: certificate.subject,
    issuer: certificate.issuer,
    selfSigned: isSelfSigned(certificate),
    serialNumber: certificate.serialNumber,
    fingerprintSha256: certificate.fingerprintSha256,
    fingerprintSha1: certificate.fingerprintSha1,
    keyKind: certificate.keyKind,
    signatureAlgorithm: signatureAlgorithmName(certificate.signatureAlgorithm),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    daysLeft: daysLeft(certificate, now),
    state: validityOf(certificate, now),
    keyUsage: keyUsageOf(certificate.extensions) ?? [],
    warnings: warningsAbout(certificate),
  };
}
