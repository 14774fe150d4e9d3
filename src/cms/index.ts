export {
  cipherAlgorithm,
  type CipherAlgorithm,
  type CipherName,
  cipherNames,
  createDigest,
  digestAlgorithm,
  type DigestAlgorithm,
  digestByName,
  type DigestName,
  digestNames,
} from './algorithms';
export type { NamedCertificate } from './certificate-identifier';
export { type DecompressionLimits, openCompressed } from './compressed-data/open';
export { compressedDataFlow, deflated } from './compressed-data/write';
export { type ContentInfoType, openContentInfo, type OpenedContentInfo } from './content-info';
export { type OpenedEnveloped, openEnveloped, type OpenEnvelopedOptions } from './enveloped-data/open';
export type { Digests } from './digesting/local-digests';
export { RunningDigests } from './digesting/running-digests';
export type { RecipientSummary } from './recipients/find';
export { pkcs1DecryptionIsSafe } from './rsa/pkcs1-encryption';
export { type EncryptOptions, envelopedFlow, envelopeType, type EnvelopeType } from './enveloped-data/write';
export { type OpenedSignedData, openSignedData } from './signed-data/open';
export { detachedLength, signDetached, type SignOptions } from './signed-data/sign';
export { readSignedData, type SignedData, type SignerInfo } from './signed-data/structure';
export type { SignatureTolerances } from './signed-data/judge-signer';
export type { SignatureReport, SignatureStatus, SignerSummary, SignerVerdict } from './signed-data/report';
export { canSign, type RsaSignatureScheme, signingDigest } from './signed-data/signer';
export { ContentSignatures } from './signed-data/content-signatures';
export { likelyDigest, verifySignedData } from './signed-data/verify';
