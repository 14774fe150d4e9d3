import type { Chunks } from '../../src/bytes';
import {
  ContentSignatures,
  type DigestName,
  type SignatureReport,
  type SignatureTolerances,
  type SignedData,
  verifySignedData,
} from '../../src/cms';
import type { Certificate } from '../../src/pki';

/** What `verifySignedData` says when the content has gone by a second time. */
export async function verifyOverContent(
  signedData: SignedData,
  content: Chunks,
  contentDigests: ReadonlyMap<DigestName, Buffer>,
  trusted: readonly Certificate[],
  tolerances: SignatureTolerances = {},
): Promise<SignatureReport> {
  const signatures = new ContentSignatures(signedData.signerInfos, trusted);
  for await (const chunk of content) signatures.update(chunk);
  return verifySignedData(signedData, contentDigests, trusted, tolerances, signatures);
}
