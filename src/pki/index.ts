export { Certificate } from './certificate';
export { certificateFacts } from './certificate-facts';
export { certificateCard, type CertificateCard } from './certificate-card';
export { type CertificateWarning, certificateWarningTexts } from './certificate-warnings';
export { formatName, sameName } from './distinguished-name';
export type { KeyUsage } from './extensions';
export {
  issuableKeyTypes,
  issueSelfSigned,
  type IssuableKeyType,
  type IssuedKeyPair,
  type IssueOptions,
} from './issue';
export { type KeyPair, makeKeyPair } from './key-pair';
export { keyKindOf } from './key-kind';
export { openPkcs12, type OpenedPkcs12 } from './pkcs12';
export { readPrivateKey } from './private-key';
export { readCertificates } from './read-certificates';
export { assertUsableNow, daysLeft, EXPIRY_NOTICE_DAYS, type Validity, validityOf } from './validity';
