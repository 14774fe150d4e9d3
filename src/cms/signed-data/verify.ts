import type { Certificate } from '../../pki';
import {
  createDigest,
  type DigestName,
  digestByOid,
  signatureByOid,
  type SignatureAlgorithm,
} from '../algorithms';
import { describeIdentifier, identifies, type NamedCertificate } from '../certificate-identifier';
import { contentTypes } from '../oids';
import { verifyRsaPkcs1 } from './rsa-pkcs1';
import type { SignedData, SignerInfo } from './structure';

export type SignatureStatus =
  | 'verified'
  /** The signature is the partner's, but over other content. */
  | 'content-altered'
  | 'signature-invalid'
  /** No signer is one of the configured certificates. */
  | 'unknown-signer'
  /** A digest is needed that was not given: see `neededDigests`. */
  | 'digest-missing'
  /** Zero SignerInfos: nothing is signed (SIG-15). */
  | 'no-signer';

export type SignerVerdict =
  Exclude<SignatureStatus, 'no-signer'> | 'attributes-invalid' | 'algorithm-unsupported';

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

/** What a partner's product may be forgiven, each by opt-in. */
export interface SignatureTolerances {
  /** SIG-06: signed attributes without contentType. */
  readonly missingContentType?: boolean;
  /** SIG-11: the signature algorithm names another digest than digestAlgorithm. */
  readonly differingDigests?: boolean;
}

interface Judgement {
  readonly verdict: SignerVerdict;
  readonly signer?: Certificate;
  readonly digest?: DigestName;
}

/** From best to least telling; the first that any signer got is the status. */
const statusOrder: readonly Exclude<SignatureStatus, 'no-signer'>[] = [
  'verified',
  'digest-missing',
  'content-altered',
  'signature-invalid',
  'unknown-signer',
];

/**
 * Verifies SignedData against the digests of its content (RFC 5652 §5.4, §5.6).
 * One signature of a configured certificate suffices; the other signers are reported (SIG-15). Certificates inside
 * the message are not looked at (SEC-01).
 * @param contentDigests of the signed octets, one for each algorithm that was computed
 * @param trusted the certificates configured for the partner: current and next
 */
export function verifySignedData(
  signedData: SignedData,
  contentDigests: ReadonlyMap<DigestName, Buffer>,
  trusted: readonly Certificate[],
  tolerances: SignatureTolerances = {},
): SignatureReport {
  const judged = signedData.signerInfos.map((signerInfo) => {
    const judgement = judgeSigner(signerInfo, signedData.eContentType, contentDigests, trusted, tolerances);
    return { signerInfo, ...judgement };
  });
  const signers = judged.map(({ signerInfo, verdict }) => summarize(signerInfo, verdict));
  const neededDigests = judged.flatMap(({ verdict, digest }) => {
    return verdict === 'digest-missing' && digest ? [digest] : [];
  });
  const status = statusOrder.find((candidate) =>
    judged.some(({ verdict }) => statusOf(verdict) === candidate),
  );
  const decisive = judged.find(({ verdict }) => statusOf(verdict) === status);
  return {
    status: status ?? 'no-signer',
    ...(status === 'verified' && decisive?.signer ? { signer: decisive.signer } : {}),
    ...(decisive?.digest ? { digest: decisive.digest } : {}),
    signers,
    neededDigests: [...new Set(neededDigests)],
  };
}

function statusOf(verdict: SignerVerdict): SignatureStatus {
  return verdict === 'attributes-invalid' || verdict === 'algorithm-unsupported'
    ? 'signature-invalid'
    : verdict;
}

function judgeSigner(
  signerInfo: SignerInfo,
  eContentType: string,
  contentDigests: ReadonlyMap<DigestName, Buffer>,
  trusted: readonly Certificate[],
  tolerances: SignatureTolerances,
): Judgement {
  const { signedAttributes } = signerInfo;
  // Only a configured certificate counts.
  const candidates = trusted.filter((certificate) => identifies(signerInfo.identifier, certificate));
  if (candidates.length === 0) return { verdict: 'unknown-signer' };

  const digest = digestByOid(signerInfo.digestAlgorithm.oid)?.name;
  const algorithm = signatureByOid(signerInfo.signatureAlgorithm.oid);
  if (!digest || !algorithm) return { verdict: 'algorithm-unsupported' };
  if (algorithm.digest && algorithm.digest !== digest && !tolerances.differingDigests) {
    return { verdict: 'signature-invalid', digest };
  }
  const contentDigest = contentDigests.get(digest);

  // RFC 5652 §5.3: without attributes the signature is over the content itself, which must then be id-data (SIG-05).
  if (!signedAttributes) {
    if (eContentType !== contentTypes.data) return { verdict: 'attributes-invalid', digest };
    if (!contentDigest) return { verdict: 'digest-missing', digest };
    const signer = candidates.find((candidate) => {
      return isSignedBy(
        candidate,
        algorithm,
        algorithm.digest ?? digest,
        contentDigest,
        signerInfo.signature,
      );
    });
    return signer ? { verdict: 'verified', signer, digest } : { verdict: 'signature-invalid', digest };
  }

  const { contentType, messageDigest, ambiguous } = signedAttributes;
  const contentTypeFits =
    contentType === undefined ? tolerances.missingContentType : contentType === eContentType;
  if (ambiguous || !messageDigest || !contentTypeFits) return { verdict: 'attributes-invalid', digest };

  const signer = candidates.find((candidate) =>
    signedAttributes.signedForms.some((form) => {
      const formDigest = createDigest(algorithm.digest ?? digest)
        .update(form)
        .digest();
      return isSignedBy(candidate, algorithm, algorithm.digest ?? digest, formDigest, signerInfo.signature);
    }),
  );
  if (!signer) return { verdict: 'signature-invalid', digest };
  if (!contentDigest) return { verdict: 'digest-missing', digest };
  return contentDigest.equals(messageDigest)
    ? { verdict: 'verified', signer, digest }
    : { verdict: 'content-altered', digest };
}

function isSignedBy(
  certificate: Certificate,
  algorithm: SignatureAlgorithm,
  digestName: DigestName,
  digest: Buffer,
  signature: Buffer,
): boolean {
  return (
    algorithm.scheme === 'rsa-pkcs1' && verifyRsaPkcs1(certificate.publicKey, digestName, digest, signature)
  );
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
