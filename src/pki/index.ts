export { Certificate } from './certificate';
export { formatName, sameName } from './distinguished-name';
export {
  issuableKeyTypes,
  issueSelfSigned,
  type IssuableKeyType,
  type IssuedKeyPair,
  type IssueOptions,
} from './issue';
export { type KeyPair, makeKeyPair } from './key-pair';
export { keyKindOf } from './key-kind';
export { readPrivateKey } from './private-key';
export { readCertificates } from './read-certificates';
