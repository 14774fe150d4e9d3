import type { Details, Facts } from '../../errors';
import { certificateFacts, type KeyPair } from '../../pki';
import { keyEncryptionName } from '../algorithms';
import { describeIdentifier, identifies, type NamedCertificate } from '../certificate-identifier';
import type { KeyAgreement, KeyTransport, Recipient } from './recipient-info';

/** For whom a message was encrypted, as data for people. */
export interface RecipientSummary extends NamedCertificate {
  readonly kind: Recipient['kind'];
  /** What encrypts the key: a name, or an object identifier where it is unknown. */
  readonly algorithm?: string;
  /** SHA-256 fingerprint of the certificate of ours that it names. */
  readonly heldFingerprint?: string;
}

export function summarizeRecipients(
  recipients: readonly Recipient[],
  keys: readonly KeyPair[],
): RecipientSummary[] {
  return recipients.map((recipient) => {
    if (!isUsable(recipient)) return { kind: recipient.kind };
    const held = keys.find(({ certificate }) => identifies(recipient.identifier, certificate));
    return {
      kind: recipient.kind,
      ...describeIdentifier(recipient.identifier),
      algorithm: keyEncryptionName(recipient.keyEncryptionAlgorithm.oid),
      ...(held ? { heldFingerprint: held.certificate.fingerprintSha256 } : {}),
    };
  });
}

/** A recipient entry and the keys of ours that may open it. */
export interface RecipientMatch {
  readonly recipient: KeyTransport | KeyAgreement;
  /** One, unless the entry names none of our certificates. */
  readonly candidates: readonly KeyPair[];
  readonly isNamed: boolean;
}

/**
 * Finds an entry for one of our keys, current or former (ENV-02). Where the only entry names a certificate that we
 * do not hold, it may be a renewed one with the same key: then all keys of that kind are candidates.
 */
export function findRecipient(
  recipients: readonly Recipient[],
  keys: readonly KeyPair[],
): RecipientMatch | undefined {
  const usable = recipients.filter(isUsable);
  for (const recipient of usable) {
    const key = keys.find(
      (pair) => opens(pair, recipient) && identifies(recipient.identifier, pair.certificate),
    );
    if (key) return { recipient, candidates: [key], isNamed: true };
  }
  const [only] = usable;
  if (!only || recipients.length !== 1) return undefined;
  const candidates = keys.filter((pair) => opens(pair, only));
  return candidates.length > 0 ? { recipient: only, candidates, isNamed: false } : undefined;
}

function isUsable(recipient: Recipient): recipient is KeyTransport | KeyAgreement {
  return recipient.kind === 'key-transport' || recipient.kind === 'key-agreement';
}

const agreementKeyTypes: readonly unknown[] = ['ec', 'x25519', 'x448'];

function opens({ privateKey }: KeyPair, { kind }: Recipient): boolean {
  const type = privateKey.asymmetricKeyType;
  return kind === 'key-transport' ? type === 'rsa' : agreementKeyTypes.includes(type);
}

/** What the user needs to compare; for errors. */
export function decryptionFacts(
  summaries: readonly RecipientSummary[],
  keys: readonly KeyPair[],
): Facts & { readonly recipients: string; readonly keys: string } {
  const held = keys.map(({ certificate }) => `${certificate.subject}, serial ${certificate.serialNumber}`);
  return {
    recipients: summaries.map(describeRecipient).join('; ') || 'nobody',
    keys: held.join('; ') || 'nobody',
  };
}

/** The same as data. */
export function decryptionDetails(summaries: readonly RecipientSummary[], keys: readonly KeyPair[]): Details {
  return {
    recipients: summaries.map((summary) => ({ ...summary })),
    keys: keys.map(({ certificate }) => certificateFacts(certificate)),
  };
}

function describeRecipient({ kind, issuer, serialNumber, subjectKeyIdentifier }: RecipientSummary): string {
  if (serialNumber !== undefined) return `serial ${serialNumber} of ${issuer}`;
  if (subjectKeyIdentifier !== undefined) return `key identifier ${subjectKeyIdentifier}`;
  return `a ${kind} recipient`;
}
