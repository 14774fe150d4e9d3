import {
  type Asn1Node,
  bitStringBytes,
  childrenOf,
  contextTag,
  hasTag,
  malformed,
  octetStringValue,
  sameTag,
  tags,
} from '../../asn1';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from '../algorithm-identifier';
import { type CertificateIdentifier, readCertificateIdentifier } from '../certificate-identifier';

/** RFC 5652 §6.2.1. */
export interface KeyTransport {
  readonly kind: 'key-transport';
  readonly identifier: CertificateIdentifier;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Buffer;
}

/** RFC 5652 §6.2.2: one of the recipients of a KeyAgreeRecipientInfo. */
export interface KeyAgreement {
  readonly kind: 'key-agreement';
  readonly identifier: CertificateIdentifier;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Buffer;
  /** The ephemeral public key as a point; undefined where the originator names a certificate instead. */
  readonly originatorKey: Buffer | undefined;
  readonly userKeyingMaterial: Buffer | undefined;
}

/** Kinds that name no certificate: skipped (ENV-08). */
export interface OtherRecipient {
  readonly kind: 'key-encryption-key' | 'password' | 'other';
}

export type Recipient = KeyTransport | KeyAgreement | OtherRecipient;

const MOST_RECIPIENTS = 100;

/** @param node the SET OF RecipientInfo */
export function readRecipientInfos(node: Asn1Node): Recipient[] {
  const recipients = childrenOf(node, tags.set).flatMap(readRecipientInfo);
  if (recipients.length > MOST_RECIPIENTS) throw malformed('too many recipients');
  return recipients;
}

function readRecipientInfo(node: Asn1Node): readonly Recipient[] {
  if (sameTag(node.tag, tags.sequence)) return [readKeyTransport(node)];
  if (sameTag(node.tag, contextTag(1))) return readKeyAgreement(node);
  if (sameTag(node.tag, contextTag(2))) return [{ kind: 'key-encryption-key' }];
  return [{ kind: sameTag(node.tag, contextTag(3)) ? 'password' : 'other' }];
}

function readKeyTransport(node: Asn1Node): KeyTransport {
  const [, identifier, algorithm, encryptedKey] = childrenOf(node);
  return {
    kind: 'key-transport',
    identifier: readCertificateIdentifier(identifier),
    keyEncryptionAlgorithm: readAlgorithmIdentifier(algorithm),
    encryptedKey: octetStringValue(encryptedKey),
  };
}

function readKeyAgreement(node: Asn1Node): readonly KeyAgreement[] {
  const [, originator, ...rest] = node.children;
  const material = hasTag(rest[0], contextTag(1)) ? rest.shift() : undefined;
  const [algorithm, encryptedKeys] = rest;
  const common = {
    kind: 'key-agreement',
    keyEncryptionAlgorithm: readAlgorithmIdentifier(algorithm),
    originatorKey: readOriginatorKey(childrenOf(originator, contextTag(0))[0]),
    userKeyingMaterial: material && octetStringValue(material.children[0]),
  } as const;
  return childrenOf(encryptedKeys).map((entry) => {
    const [identifier, encryptedKey] = childrenOf(entry);
    return {
      ...common,
      identifier: readRecipientIdentifier(identifier),
      encryptedKey: octetStringValue(encryptedKey),
    };
  });
}

/** OriginatorIdentifierOrKey: of interest is only `originatorKey [1]`. */
function readOriginatorKey(node: Asn1Node | undefined): Buffer | undefined {
  return hasTag(node, contextTag(1)) ? bitStringBytes(node.children[1]) : undefined;
}

/** KeyAgreeRecipientIdentifier: here `[0]` is a RecipientKeyIdentifier, of which the key identifier is the first part. */
function readRecipientIdentifier(node: Asn1Node | undefined): CertificateIdentifier {
  if (!hasTag(node, contextTag(0))) return readCertificateIdentifier(node);
  return { subjectKeyIdentifier: octetStringValue(node.children[0]) };
}
