import { createVerify } from 'node:crypto';
import type { Chunks } from '../../bytes';
import type { Certificate } from '../../pki';
import { digestAlgorithm, digestByOid, type DigestName, signatureByOid } from '../algorithms';
import {
  candidatesFor,
  judgeSigner,
  type SignatureTolerances,
  type VerificationContext,
} from './judge-signer';
import { type SignatureReport, signatureReport } from './report';
import type { SignedData, SignerInfo } from './structure';

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
  return report(signedData, { eContentType: signedData.eContentType, contentDigests, trusted, tolerances });
}

/**
 * The same where `verifySignedData` says `content-needed`: an ECDSA signature without signed attributes is over the
 * content, and node:crypto digests it itself (SIG-05, SIG-13).
 * @param content the signed octets, once more
 */
export async function verifyOverContent(
  signedData: SignedData,
  content: Chunks,
  contentDigests: ReadonlyMap<DigestName, Buffer>,
  trusted: readonly Certificate[],
  tolerances: SignatureTolerances = {},
): Promise<SignatureReport> {
  const attempts = signedData.signerInfos.flatMap((signerInfo) => {
    const digest = ecdsaContentDigest(signerInfo);
    if (!digest) return [];
    return candidatesFor(signerInfo, trusted).map((certificate) => {
      return { signerInfo, certificate, running: createVerify(digestAlgorithm(digest).nodeName) };
    });
  });
  for await (const chunk of content) {
    for (const { running } of attempts) running.update(chunk);
  }
  const overContent = new Map<SignerInfo, Certificate | undefined>();
  for (const { signerInfo, certificate, running } of attempts) {
    if (running.verify(certificate.publicKey, signerInfo.signature)) overContent.set(signerInfo, certificate);
  }
  const { eContentType } = signedData;
  return report(signedData, { eContentType, contentDigests, trusted, tolerances, overContent });
}

function ecdsaContentDigest({
  signedAttributes,
  signatureAlgorithm,
  digestAlgorithm: used,
}: SignerInfo): DigestName | undefined {
  const algorithm = signatureByOid(signatureAlgorithm.oid);
  if (signedAttributes || algorithm?.scheme !== 'ecdsa') return undefined;
  return algorithm.digest ?? digestByOid(used.oid)?.name;
}

function report({ signerInfos }: SignedData, context: VerificationContext): SignatureReport {
  return signatureReport(signerInfos.map((signerInfo) => [signerInfo, judgeSigner(signerInfo, context)]));
}
