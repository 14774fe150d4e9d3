import { type ComposeOptions, type CompressOptions, newMessageId } from '../../as2';
import { As2Error } from '../../errors';
import { parseHttpUrl } from '../../http';
import { assertUsableNow, type KeyPair } from '../../pki';
import { FEATURES, PRODUCT } from '../product';
import type { Identity, Partner, SendOptions } from '../types';

/** How a message will be composed, and where it goes: everything that can be checked before the payload is touched. */
export interface SendPlan {
  readonly url: string;
  readonly compose: Omit<ComposeOptions, 'payload'>;
  /** Absent: not compressed. */
  readonly compress?: CompressOptions['order'] | undefined;
}

type Sending = Pick<SendOptions, 'identity' | 'partner' | 'subject' | 'messageId'>;
export type ReceiptDelivery = NonNullable<Partner['sending']['receiptDelivery']>;

export function messageIdFor({ messageId, identity }: Sending): string {
  return messageId ?? newMessageId(identity.messageIdHost ?? identity.as2Name);
}

/**
 * @param delivery how the receipt is to come, if one is wanted
 * @throws As2Error for a configuration with which nothing can be sent: `partner-url-missing`, `http-url-invalid`,
 *   `identity-keys-missing`, `partner-certificate-missing`, `certificate-expired`, `certificate-not-yet-valid`,
 *   `receipt-url-missing`
 */
export function planSending(o: Sending, messageId: string, delivery: ReceiptDelivery): SendPlan {
  const { identity, partner, subject } = o;
  if (partner.url === undefined) throw new As2Error('partner-url-missing', { partner: partner.name });
  for (const url of [partner.url, ...(partner.urls ?? [])]) parseHttpUrl(url);
  const { receipt, compress } = partner.sending;
  if (receipt === 'signed' && partner.signingCertificates.length === 0) {
    throw new As2Error('partner-certificate-missing', {
      partner: partner.name,
      purpose: 'to check its signed receipts',
    });
  }
  return {
    url: partner.url,
    compress,
    compose: {
      from: identity.as2Name,
      to: partner.as2Name,
      messageId,
      userAgent: PRODUCT,
      features: FEATURES,
      ...(subject === undefined ? {} : { subject }),
      ...signing(identity, partner),
      ...encryption(partner),
      ...(receipt === 'none'
        ? {}
        : { receipt: { signed: receipt === 'signed', ...deliveryTo(partner, delivery) } }),
    },
  };
}

/** REQ-09. */
function deliveryTo(
  { name, sending: { receiptUrl } }: Partner,
  delivery: ReceiptDelivery,
): { deliveryUrl?: string } {
  if (delivery === 'sync') return {};
  if (receiptUrl === undefined) throw new As2Error('receipt-url-missing', { partner: name });
  return { deliveryUrl: receiptUrl };
}

function signing(identity: Identity, { name, sending }: Partner): Pick<ComposeOptions, 'sign'> {
  if (sending.sign === 'none') return {};
  const { sign: digest, scheme } = sending;
  return { sign: { keyPair: signingKeyPair(identity, name), digest, scheme } };
}

function signingKeyPair({ as2Name, keyPairs }: Identity, partner: string): KeyPair {
  const [keyPair] = keyPairs;
  if (!keyPair)
    throw new As2Error('identity-keys-missing', { identity: as2Name, partner, purpose: 'be signed' });
  assertUsableNow(keyPair.certificate, 'signing', as2Name);
  return keyPair;
}

function encryption({ name, sending, encryptionCertificate }: Partner): Pick<ComposeOptions, 'encrypt'> {
  if (sending.encrypt === 'none') return {};
  if (!encryptionCertificate) {
    throw new As2Error('partner-certificate-missing', {
      partner: name,
      purpose: 'to encrypt messages for it',
    });
  }
  assertUsableNow(encryptionCertificate, 'encryption', name);
  const { encrypt: cipher, keyTransport, oaepDigest, aeadStructure } = sending;
  const recipients = [encryptionCertificate];
  return { encrypt: { recipients, cipher, keyTransport, oaepDigest, aeadStructure } };
}
