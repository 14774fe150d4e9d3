import { isAs2Error } from '../../errors';
import type { Certificate } from '../../pki';
import { digestByOid, type DigestName } from '../algorithms';
import { identified } from '../certificate-identifier';
import { contentTypes } from '../oids';
import type { ContentSignatures } from './content-signatures';
import type { Judgement } from './report';
import { type SignatureVerifier, signatureVerifier } from './signature-value';
import type { SignedData, SignerInfo } from './structure';

/** What a partner's product may be forgiven, each by opt-in. */
export interface SignatureTolerances {
  /** SIG-06: signed attributes without contentType. */
  readonly missingContentType?: boolean;
  /** SIG-11: the signature algorithm names another digest than digestAlgorithm. */
  readonly differingDigests?: boolean;
}

export interface VerificationContext {
  readonly eContentType: SignedData['eContentType'];
  readonly contentDigests: ReadonlyMap<DigestName, Buffer>;
  readonly trusted: readonly Certificate[];
  readonly tolerances: SignatureTolerances;
  /** The signatures that had to see the content itself, when they have seen it. */
  readonly contentSignatures?: ContentSignatures | undefined;
}

/** RFC 5652 §5.4 and §5.6 for one signer. */
export function judgeSigner(signerInfo: SignerInfo, context: VerificationContext): Judgement {
  // Only a configured certificate counts (SEC-01).
  const candidates = identified(signerInfo.identifier, context.trusted);
  if (candidates.length === 0) return { verdict: 'unknown-signer' };

  const digest = digestByOid(signerInfo.digestAlgorithm.oid)?.name;
  const verifier = digest && verifierFor(signerInfo, digest);
  if (!verifier) return { verdict: 'algorithm-unsupported' };
  if (verifier.digest && verifier.digest !== digest && !context.tolerances.differingDigests) {
    return { verdict: 'signature-invalid', digest };
  }
  return signerInfo.signedAttributes
    ? judgeAttributes(signerInfo, signerInfo.signedAttributes, digest, verifier, candidates, context)
    : judgeWithoutAttributes(signerInfo, digest, verifier, candidates, context);
}

/** SIG-03, SIG-06. */
function judgeAttributes(
  { signature }: SignerInfo,
  { contentType, messageDigest, ambiguous, signedForms }: NonNullable<SignerInfo['signedAttributes']>,
  digest: DigestName,
  verifier: SignatureVerifier,
  candidates: readonly Certificate[],
  { eContentType, contentDigests, tolerances }: VerificationContext,
): Judgement {
  const contentTypeFits =
    contentType === undefined ? tolerances.missingContentType : contentType === eContentType;
  if (ambiguous || !messageDigest || !contentTypeFits) return { verdict: 'attributes-invalid', digest };

  const signer = candidates.find(({ publicKey }) => {
    for (const bytes of signedForms) {
      if (verifier.verify(publicKey, verifier.digest ?? digest, { bytes }, signature)) return true;
    }
    return false;
  });
  if (!signer) return { verdict: 'signature-invalid', digest };
  const contentDigest = contentDigests.get(digest);
  if (!contentDigest) return { verdict: 'digest-missing', digest };
  return contentDigest.equals(messageDigest)
    ? { verdict: 'verified', signer, digest }
    : { verdict: 'content-altered', digest };
}

/** RFC 5652 §5.3: without attributes the signature is over the content itself, which must then be id-data (SIG-05). */
function judgeWithoutAttributes(
  signerInfo: SignerInfo,
  digest: DigestName,
  verifier: SignatureVerifier,
  candidates: readonly Certificate[],
  { eContentType, contentDigests, contentSignatures }: VerificationContext,
): Judgement {
  if (eContentType !== contentTypes.data) return { verdict: 'attributes-invalid', digest };
  let signer: Certificate | undefined;
  if (verifier.needsBytes) {
    if (!contentSignatures) return { verdict: 'content-needed', digest };
    const found = contentSignatures.signerOf(signerInfo);
    if (found === 'too-long') return { verdict: 'algorithm-unsupported', digest };
    signer = found;
  } else {
    const used = verifier.digest ?? digest;
    const contentDigest = contentDigests.get(used);
    if (!contentDigest) return { verdict: 'digest-missing', digest: used };
    signer = candidates.find(({ publicKey }) => {
      return verifier.verify(publicKey, used, { digest: contentDigest }, signerInfo.signature);
    });
  }
  return signer ? { verdict: 'verified', signer, digest } : { verdict: 'content-altered', digest };
}

function verifierFor({ signatureAlgorithm }: SignerInfo, digest: DigestName): SignatureVerifier | undefined {
  try {
    return signatureVerifier(signatureAlgorithm, digest);
  } catch (error) {
    // Parameters that nobody can read: the signer is reported like one with an unknown algorithm.
    if (isAs2Error(error)) return undefined;
    throw error;
  }
}
