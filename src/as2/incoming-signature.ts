import {
  type ContentSignatures,
  type SignatureReport,
  type SignedData,
  type SignerInfo,
  type SignerSummary,
  verifySignedData,
} from '../cms';
import { As2Error, type Details, type Facts, isAs2Error } from '../errors';
import { Certificate, certificateFacts } from '../pki';
import type { DigestSet } from './mic';

/** What a signature turned out to be. */
export interface JudgedSignature {
  /** Absent when it could not be read. */
  readonly report?: SignatureReport;
  /** Absent when it was made by a configured certificate over this content, or when nobody signed (SIG-15). */
  readonly problem?: As2Error;
  /** Signers of whom nothing is known until their signatures have seen the content: see `ContentSignatures`. */
  readonly unseen?: readonly SignerInfo[];
}

/** What is known of the signed octets when they have gone by. */
export interface SeenContent {
  readonly digests: DigestSet;
  readonly signatures?: ContentSignatures | undefined;
  /** A MIME entity, or octets that do not begin like one. */
  readonly form: 'entity' | 'bare';
}

/** @param read gives the detached signature, or the As2Error why it cannot be read */
export function judgeDetached(
  read: () => SignedData,
  content: SeenContent,
  trusted: readonly Certificate[],
): JudgedSignature {
  let signedData: SignedData;
  try {
    signedData = read();
  } catch (error) {
    if (!isAs2Error(error)) throw error;
    return { problem: new As2Error('signature-unreadable', { reason: error.message }, { cause: error }) };
  }
  return judgeSignature(signedData, content, trusted);
}

/** @param trusted the partner's configured certificates; those inside the message prove nothing (SEC-01) */
export function judgeSignature(
  signedData: SignedData,
  { digests, signatures, form }: SeenContent,
  trusted: readonly Certificate[],
): JudgedSignature {
  const verified = verifySignedData(signedData, digests.digests(), trusted, {}, signatures);
  const report: SignatureReport = isAmbiguous(verified, signedData, form)
    ? { ...verified, status: 'signature-invalid', signer: undefined }
    : verified;
  const problem = problemOf(report, signedData, trusted);
  const unseen = report.status === 'content-needed' ? withoutAttributes(signedData) : undefined;
  return { report, ...(problem ? { problem } : {}), ...(unseen ? { unseen } : {}) };
}

/**
 * A signature over attributes is also one without attributes, over content that consists of them: whoever has seen a
 * signed message could send its attributes as another one. No MIME entity begins like them, so that for content that
 * is none a signature without attributes proves nothing.
 */
function isAmbiguous(
  { status }: SignatureReport,
  signedData: SignedData,
  form: SeenContent['form'],
): boolean {
  return form === 'bare' && status === 'verified' && withoutAttributes(signedData).length > 0;
}

function withoutAttributes({ signerInfos }: SignedData): readonly SignerInfo[] {
  return signerInfos.filter(({ signedAttributes }) => signedAttributes === undefined);
}

function problemOf(
  report: SignatureReport,
  { certificates }: SignedData,
  trusted: readonly Certificate[],
): As2Error | undefined {
  if (report.status === 'verified' || report.status === 'no-signer') return undefined;
  // Once for all signers: hundreds of certificates may come along with dozens of signatures (SEC-11).
  const embedded = certificates.flatMap((der) => tryCertificate(der) ?? []);
  const details = {
    signers: report.signers.map((signer) => signerFacts(signer, embedded)),
    expected: trusted.map(certificateFacts),
  };
  const facts = {
    found: report.signers.map((signer) => describeSigner(signer, embedded)).join('; ') || 'nobody',
    expected: trusted.map(describeCertificate).join('; ') || 'none',
  };
  switch (report.status) {
    case 'content-altered':
      return new As2Error('signature-content-altered', facts, { details });
    case 'signature-invalid':
    case 'digest-missing':
    case 'content-needed':
      return signatureInvalid(report, facts, details);
    case 'unknown-signer':
      return trusted.length === 0
        ? new As2Error('signature-certificate-missing', facts, { details })
        : new As2Error('signature-signer-unknown', facts, { details });
  }
}

function signatureInvalid(
  report: SignatureReport,
  facts: Facts & { found: string; expected: string },
  details: Details,
): As2Error {
  const signer = report.signers.find(({ verdict }) => verdict === 'algorithm-unsupported');
  if (signer) {
    const algorithm = `${signer.algorithm} with ${signer.digest}`;
    return new As2Error('signature-algorithm-unsupported', { ...facts, algorithm }, { details });
  }
  return new As2Error('signature-invalid', facts, { details });
}

/** What the sender says about its certificate: for comparison by people, never for trust. */
function describeSigner(signer: SignerSummary, embedded: readonly Certificate[]): string {
  const certificate = embedded.find((one) => isNamedBy(signer, one));
  if (certificate) return describeCertificate(certificate);
  if (signer.serialNumber !== undefined) return `serial number ${signer.serialNumber} of ${signer.issuer}`;
  return `key identifier ${signer.subjectKeyIdentifier}`;
}

/** The same as data: who signed with what, and what became of it. */
function signerFacts(signer: SignerSummary, embedded: readonly Certificate[]): Facts {
  const { signingTime, ...named } = signer;
  const certificate = embedded.find((one) => isNamedBy(signer, one));
  return {
    ...(certificate ? certificateFacts(certificate) : {}),
    ...named,
    signingTime: signingTime?.toISOString(),
  };
}

function isNamedBy(signer: SignerSummary, certificate: Certificate): boolean {
  if (signer.subjectKeyIdentifier !== undefined) {
    return certificate.subjectKeyIdentifier?.toString('hex').toUpperCase() === signer.subjectKeyIdentifier;
  }
  return certificate.serialNumber === signer.serialNumber;
}

function describeCertificate(certificate: Certificate): string {
  const until = certificate.notAfter.toISOString().slice(0, 10);
  return `${certificate.subject}, serial number ${certificate.serialNumber}, valid until ${until}, SHA-256 ${certificate.fingerprintSha256}`;
}

function tryCertificate(der: Buffer): Certificate | undefined {
  try {
    return Certificate.fromDer(der);
  } catch {
    return undefined;
  }
}
