import type { Certificate } from '../../pki';
import { digestByOid, type DigestName } from '../algorithms';
import { identified } from '../certificate-identifier';
import type { ContentSignatures } from './content-signatures';
import { judgeSigner, type SignatureTolerances, type VerificationContext } from './judge-signer';
import { type SignatureReport, signatureReport } from './report';
import type { SignedData } from './structure';

/**
 * Verifies SignedData against the digests of its content (RFC 5652 §5.4, §5.6).
 * One signature of a configured certificate suffices; the other signers are reported (SIG-15). Certificates inside
 * the message are not looked at (SEC-01).
 * @param contentDigests of the signed octets, one for each algorithm that was computed
 * @param trusted the certificates configured for the partner: current and next
 * @param contentSignatures what has seen the content, after this said `content-needed`
 */
export function verifySignedData(
  signedData: SignedData,
  contentDigests: ReadonlyMap<DigestName, Buffer>,
  trusted: readonly Certificate[],
  tolerances: SignatureTolerances = {},
  contentSignatures?: ContentSignatures,
): SignatureReport {
  const { eContentType, signerInfos } = signedData;
  const context: VerificationContext = {
    eContentType,
    contentDigests,
    trusted,
    tolerances,
    contentSignatures,
  };
  return signatureReport(signerInfos.map((signerInfo) => [signerInfo, judgeSigner(signerInfo, context)]));
}

/**
 * The digest of the content that a signature most likely needs, without a look at what it proves: that of its only
 * signer, when a configured certificate is named. For nobody else's anything needs to be computed (SEC-11).
 */
export function likelyDigest(
  { signerInfos }: SignedData,
  trusted: readonly Certificate[],
): DigestName | undefined {
  const [only, ...others] = signerInfos;
  if (!only || others.length > 0 || identified(only.identifier, trusted).length === 0) return undefined;
  return digestByOid(only.digestAlgorithm.oid)?.name;
}
