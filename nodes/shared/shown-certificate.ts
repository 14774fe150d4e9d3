/**
 * A certificate as the admin routes show it to the dialogs: what they need of the core's card, and its PEM. The one
 * declaration for both sides; the compiler holds the core's card against it where the runtime answers.
 */
export interface ShownCertificate {
  readonly commonName?: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  readonly selfSigned: boolean;
  readonly serialNumber: string;
  readonly fingerprintSha256: string;
  readonly fingerprintSha1: string;
  readonly keyKind: string;
  readonly signatureAlgorithm: string;
  /** ISO times. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly daysLeft: number;
  readonly state: 'valid' | 'expires-soon' | 'expired' | 'not-yet-valid';
  readonly warnings: readonly string[];
  readonly pem: string;
}
