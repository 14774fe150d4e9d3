import type { Facts } from '../../errors';
import type { KeyPair } from '../../pki';
import { describeIdentifier, identifies, type NamedCertificate } from '../certificate-identifier';
import type { KeyTransRecipientInfo, RecipientInfo } from './recipient-info';

/** For whom a message was encrypted, as data for people. */
export interface RecipientSummary extends NamedCertificate {
  readonly kind: RecipientInfo['kind'];
  /** The object identifier of the algorithm that encrypts the key. */
  readonly algorithm?: string;
  /** SHA-256 fingerprint of the certificate of ours that it names. */
  readonly heldFingerprint?: string;
}

export function summarizeRecipients(
  infos: readonly RecipientInfo[],
  keys: readonly KeyPair[],
): RecipientSummary[] {
  return infos.map((info) => {
    if (info.kind !== 'key-transport') return { kind: info.kind };
    const held = keys.find(({ certificate }) => identifies(info.identifier, certificate));
    return {
      kind: info.kind,
      ...describeIdentifier(info.identifier),
      algorithm: info.keyEncryptionAlgorithm.oid,
      ...(held ? { heldFingerprint: held.certificate.fingerprintSha256 } : {}),
    };
  });
}

/** A recipient entry and the keys of ours that may open it. */
export interface RecipientMatch {
  readonly info: KeyTransRecipientInfo;
  /** One, unless the entry names none of our certificates. */
  readonly candidates: readonly KeyPair[];
  readonly isNamed: boolean;
}

/**
 * Finds an entry for one of our keys, current or former (ENV-02). Where the only entry names a certificate that we
 * do not hold, it may be a renewed one with the same key: then all keys of that kind are candidates.
 */
export function findRecipient(
  infos: readonly RecipientInfo[],
  keys: readonly KeyPair[],
): RecipientMatch | undefined {
  const usable = infos.filter((info) => info.kind === 'key-transport');
  for (const info of usable) {
    const key = keys.find((pair) => opens(pair, info) && identifies(info.identifier, pair.certificate));
    if (key) return { info, candidates: [key], isNamed: true };
  }
  const [only] = usable;
  if (!only || infos.length !== 1) return undefined;
  const candidates = keys.filter((pair) => opens(pair, only));
  return candidates.length > 0 ? { info: only, candidates, isNamed: false } : undefined;
}

function opens({ privateKey }: KeyPair, info: KeyTransRecipientInfo): boolean {
  return info.kind === 'key-transport' && privateKey.asymmetricKeyType === 'rsa';
}

/** What the user needs to compare; for errors. */
export function decryptionFacts(
  summaries: readonly RecipientSummary[],
  keys: readonly KeyPair[],
): Facts & { readonly recipients: string; readonly keys: string } {
  return {
    recipients: summaries.map(describeRecipient).join('; ') || 'nobody',
    keys:
      keys
        .map(({ certificate }) => `${certificate.subject}, serial ${certificate.serialNumber}`)
        .join('; ') || 'nobody',
  };
}

function describeRecipient({ kind, issuer, serialNumber, subjectKeyIdentifier }: RecipientSummary): string {
  if (serialNumber !== undefined) return `serial ${serialNumber} of ${issuer}`;
  if (subjectKeyIdentifier !== undefined) return `key identifier ${subjectKeyIdentifier}`;
  return `a ${kind} recipient`;
}
