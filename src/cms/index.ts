export {
  cipherAlgorithm,
  type CipherAlgorithm,
  cipherByName,
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
export { type ContentInfoType, openContentInfo, type OpenedContentInfo } from './content-info';
export { type OpenedEnveloped, openEnveloped } from './enveloped-data/open';
export type { RecipientSummary } from './enveloped-data/recipients';
export { pkcs1DecryptionIsSafe } from './enveloped-data/rsa-pkcs1';
export { type EncryptOptions, envelopedFlow } from './enveloped-data/write';
export { type OpenedSignedData, openSignedData } from './signed-data/open';
export { detachedLength, signDetached, type SignOptions } from './signed-data/sign';
export { readSignedData, type SignedData, type SignerInfo } from './signed-data/structure';
export {
  type SignatureReport,
  type SignatureStatus,
  type SignatureTolerances,
  type SignerSummary,
  type SignerVerdict,
  verifySignedData,
} from './signed-data/verify';
