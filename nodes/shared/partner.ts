import type { Node, NodeDef } from 'node-red';
import { As2Error } from '../../src/errors';
import type { Identity, Partner, Relationship } from '../../src/exchange';
import type { Certificate } from '../../src/pki';
import { type Checked, ready } from './checked';
import {
  type ConnectionCredentials,
  type ConnectionDef,
  type ConnectionNodes,
  readConnection,
} from './connection';
import { core } from './core';
import { type DeliveryDef, readDelivery, readReceiptDelivery } from './delivery';
import type { IdentityNode } from './identity';
import { type InboundCredentials, type InboundDef, readInbound } from './inbound';
import { type ProtectionDef, readRequirements, readSending } from './protection';
import { text } from './settings';

export interface PartnerDef extends NodeDef, ProtectionDef, DeliveryDef, ConnectionDef, InboundDef {
  readonly as2Name?: string;
  /** Id of the as2-identity. */
  readonly identity?: string;
  readonly url?: string;
  /** PEM, one or several. */
  readonly certificate?: string;
}

export type PartnerCredentials = ConnectionCredentials & InboundCredentials;

export interface PartnerNode extends Node<PartnerCredentials> {
  /** What the user calls it. */
  label: string;
  /** Its AS2 name and that of our identity as they are configured, in order or not. */
  as2Name: string;
  identityAs2Name: string;
  identityId: string;
  partner: Checked<CheckedPartner>;
}

export function isPartnerNode(node: Node | null | undefined): node is PartnerNode {
  return node?.type === 'as2-partner';
}

/** A partner and our identity towards it. Which certificate encrypts depends on the day. */
export interface CheckedPartner {
  readonly identity: Identity;
  /** The partner's own ones, without their issuers. */
  readonly certificates: readonly Certificate[];
  relationship(now?: Date): Relationship;
}

/**
 * @throws As2Error that tells which setting is wrong or missing
 */
export function readPartner(
  def: PartnerDef,
  label: string,
  credentials: PartnerCredentials | undefined,
  identityNode: IdentityNode | undefined,
  connectionNodes: ConnectionNodes = {},
): CheckedPartner {
  if (!identityNode) throw new As2Error('partner-identity-missing', { partner: label });
  const identity = ready(identityNode.identity);
  const as2Name = text(def.as2Name, 'AS2 name');
  core.as2.assertAs2Name(as2Name);
  const url = text(def.url, 'URL');
  const certificates = withoutIssuers(readCertificates(text(def.certificate, 'certificate')));
  const protection = readSending(def);
  const requires = readRequirements(def);
  const { sign, encrypt, receipt } = protection;
  const { requireSigned, requireEncrypted } = requires;
  const sends = url !== '';
  const asksForReceipts = sends && receipt !== 'none';
  const certificateUse =
    (requireSigned && 'checkSignature') ||
    (sends && encrypt !== 'none' && 'encrypt') ||
    (sends && receipt === 'signed' && 'checkReceipt');
  if (certificateUse && certificates.length === 0) {
    throw new As2Error('partner-certificate-missing', { partner: label, purpose: PURPOSES[certificateUse] });
  }
  if (identity.keyPairs.length === 0 && (requireEncrypted || (sends && sign !== 'none'))) {
    const purpose = requireEncrypted ? 'be decrypted' : 'be signed';
    throw new As2Error('identity-keys-missing', { identity: identityNode.label, partner: label, purpose });
  }
  const partner: Omit<Partner, 'encryptionCertificate'> = {
    name: label,
    as2Name,
    ...(sends ? { url } : {}),
    signingCertificates: certificates,
    sending: {
      ...protection,
      ...(asksForReceipts ? readReceiptDelivery(def, { partner: label, identityUrl: identityNode.url }) : {}),
    },
    requires,
    ...readDelivery(def),
    ...readConnection(def, credentials, connectionNodes, url),
    inbound: readInbound(def, credentials),
  };
  return {
    identity,
    certificates,
    relationship(now = new Date()) {
      const encryptionCertificate = forEncryption(certificates, now);
      return { identity, partner: encryptionCertificate ? { ...partner, encryptionCertificate } : partner };
    },
  };
}

/** What a missing certificate would be for, to be said in a sentence. */
const PURPOSES = {
  checkSignature: 'to check its signatures',
  encrypt: 'to encrypt messages for it',
  checkReceipt: 'to check its signed receipts',
} as const;

function readCertificates(pem: string): Certificate[] {
  return pem === '' ? [] : core.pki.readCertificates(pem);
}

/**
 * A pasted chain names the partner's authorities too: what they sign is not from the partner (SEC-01), and nothing is
 * encrypted for them. A renewed self-signed certificate, which often has the same name, is no issuer of the old one.
 */
function withoutIssuers(certificates: readonly Certificate[]): Certificate[] {
  const issued = certificates.filter(({ issuerDer, subjectDer }) => !issuerDer.equals(subjectDer));
  return certificates.filter(
    (one) => !issued.some((other) => other !== one && other.x509.checkIssued(one.x509)),
  );
}

/** The first one that is valid today; if none is, the first, so that the error names it. */
function forEncryption(certificates: readonly Certificate[], now: Date): Certificate | undefined {
  return (
    certificates.find(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter) ?? certificates[0]
  );
}
