import type { Identity, Partner, Relationship } from '../../src/exchange';
import { testKeyPair, type TestKeyPair } from '../support/keys';

/** Somebody who exchanges messages: a name and a key pair. */
export interface Party {
  readonly as2Name: string;
  readonly keyPair: TestKeyPair;
}

/** A name that needs quotes on the wire is the usual case here: `"Beta Corp"`. */
export async function alphaAndBeta(): Promise<{ alpha: Party; beta: Party }> {
  return {
    alpha: { as2Name: 'ALPHA', keyPair: await testKeyPair('Alpha') },
    beta: { as2Name: 'Beta Corp', keyPair: await testKeyPair('Beta') },
  };
}

export interface PartnerChanges extends Partial<Omit<Partner, 'sending'>> {
  readonly sending?: Partial<Partner['sending']>;
  readonly identity?: Partial<Identity>;
}

/** How `own` is configured for `other`: signed, encrypted, signed receipts, and the same is required. */
export function relationshipOf(own: Party, other: Party, changes: PartnerChanges = {}): Relationship {
  const { sending, identity, ...partner } = changes;
  return {
    identity: {
      as2Name: own.as2Name,
      keyPairs: [own.keyPair],
      messageIdHost: `${own.as2Name.replace(/\W/g, '').toLowerCase()}.example`,
      ...identity,
    },
    partner: {
      name: other.as2Name.toLowerCase(),
      as2Name: other.as2Name,
      encryptionCertificate: other.keyPair.certificate,
      signingCertificates: [other.keyPair.certificate],
      requires: { requireSigned: true, requireEncrypted: true },
      ...partner,
      sending: { sign: 'sha-256', encrypt: 'aes-256-cbc', receipt: 'signed', ...sending },
    },
  };
}
