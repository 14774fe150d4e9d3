import {
  type Asn1Node,
  childrenOf,
  contextTag,
  malformed,
  octetStringValue,
  sameTag,
  smallInteger,
  tags,
} from '../../asn1';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from '../algorithm-identifier';
import { type CertificateIdentifier, readCertificateIdentifier } from '../certificate-identifier';

/** RFC 5652 §6.2.1. */
export interface KeyTransRecipientInfo {
  readonly kind: 'key-transport';
  readonly version: number;
  readonly identifier: CertificateIdentifier;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Buffer;
}

/** Kinds that name no certificate of ours: skipped (ENV-08). */
export interface OtherRecipientInfo {
  readonly kind: 'key-agreement' | 'key-encryption-key' | 'password' | 'other';
}

export type RecipientInfo = KeyTransRecipientInfo | OtherRecipientInfo;

const MOST_RECIPIENTS = 100;

/** @param node the SET OF RecipientInfo */
export function readRecipientInfos(node: Asn1Node): RecipientInfo[] {
  const recipients = childrenOf(node, tags.set);
  if (recipients.length > MOST_RECIPIENTS) throw malformed('too many recipients');
  return recipients.map(readRecipientInfo);
}

function readRecipientInfo(node: Asn1Node): RecipientInfo {
  if (sameTag(node.tag, tags.sequence)) return readKeyTransRecipientInfo(node);
  const kind = otherKinds.find(([tag]) => sameTag(tag, node.tag))?.[1];
  return { kind: kind ?? 'other' };
}

const otherKinds = [
  [contextTag(1), 'key-agreement'],
  [contextTag(2), 'key-encryption-key'],
  [contextTag(3), 'password'],
] as const;

function readKeyTransRecipientInfo(node: Asn1Node): KeyTransRecipientInfo {
  const [version, identifier, algorithm, encryptedKey] = childrenOf(node);
  return {
    kind: 'key-transport',
    version: smallInteger(version),
    identifier: readCertificateIdentifier(identifier),
    keyEncryptionAlgorithm: readAlgorithmIdentifier(algorithm),
    encryptedKey: octetStringValue(encryptedKey),
  };
}
