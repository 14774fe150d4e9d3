import type { Certificate } from '../../pki';
import { type DigestName, digestByOid, signatureByOid } from '../algorithms';
import { describeIdentifier, type NamedCertificate } from '../certificate-identifier';
import type { SignerInfo } from './structure';

export type SignatureStatus =
  | 'verified'
  /** The partner's signature, over other content; without signed attributes it may also be no signature at all. */
  | 'content-altered'
  | 'signature-invalid'
  /** No signer is one of the configured certificates. */
  | 'unknown-signer'
  /** A digest is needed that was not given: see `neededDigests`. */
  | 'digest-missing'
  /** A scheme that has to see the content itself, signed without attributes: see `ContentSignatures`. */
  | 'content-needed'
  /** Zero SignerInfos: nothing is signed (SIG-15). */
  | 'no-signer';

export type SignerVerdict =
  Exclude<SignatureStatus, 'no-signer'> | 'attributes-invalid' | 'algorithm-unsupported';

/** What became of one SignerInfo. */
export interface Judgement {
  readonly verdict: SignerVerdict;
  /** The configured certificate that made the signature. */
  readonly signer?: Certificate;
  readonly digest?: DigestName;
}

/** Who signed with what, as data for people; nothing in it is trusted. */
export interface SignerSummary extends NamedCertificate {
  readonly verdict: SignerVerdict;
  /** The name of the digest, or its object identifier where it is unknown. */
  readonly digest: string;
  /** The scheme of the signature, or its object identifier where it is unknown. */
  readonly algorithm: string;
  readonly signingTime?: Date;
}

export interface SignatureReport {
  readonly status: SignatureStatus;
  /** The configured certificate whose signature verified. */
  readonly signer?: Certificate;
  /** The digest of that signature, or of the signer the status is about. */
  readonly digest?: DigestName;
  readonly signers: readonly SignerSummary[];
  /** Digests of the content that a known signer needs and that were not given. */
  readonly neededDigests: readonly DigestName[];
}

/** From best to least telling; the first that any signer got is the status. */
const statusOrder: readonly Exclude<SignatureStatus, 'no-signer'>[] = [
  'verified',
  'digest-missing',
  'content-needed',
  'content-altered',
  'signature-invalid',
  'unknown-signer',
];

export function signatureReport(judged: readonly (readonly [SignerInfo, Judgement])[]): SignatureReport {
  const judgements = judged.map(([, judgement]) => judgement);
  const status = statusOrder.find((candidate) =>
    judgements.some(({ verdict }) => statusOf(verdict) === candidate),
  );
  const decisive = judgements.find(({ verdict }) => statusOf(verdict) === status);
  const neededDigests = judgements.flatMap(({ verdict, digest }) => {
    return verdict === 'digest-missing' && digest ? [digest] : [];
  });
  return {
    status: status ?? 'no-signer',
    ...(status === 'verified' && decisive?.signer ? { signer: decisive.signer } : {}),
    ...(decisive?.digest ? { digest: decisive.digest } : {}),
    signers: judged.map(([signerInfo, { verdict }]) => summarize(signerInfo, verdict)),
    neededDigests: [...new Set(neededDigests)],
  };
}

function statusOf(verdict: SignerVerdict): SignatureStatus {
  return verdict === 'attributes-invalid' || verdict === 'algorithm-unsupported'
    ? 'signature-invalid'
    : verdict;
}

function summarize(signerInfo: SignerInfo, verdict: SignerVerdict): SignerSummary {
  const { digestAlgorithm, signatureAlgorithm, signedAttributes } = signerInfo;
  return {
    ...describeIdentifier(signerInfo.identifier),
    verdict,
    digest: digestByOid(digestAlgorithm.oid)?.name ?? digestAlgorithm.oid,
    algorithm: signatureByOid(signatureAlgorithm.oid)?.scheme ?? signatureAlgorithm.oid,
    ...(signedAttributes?.signingTime ? { signingTime: signedAttributes.signingTime } : {}),
  };
}
