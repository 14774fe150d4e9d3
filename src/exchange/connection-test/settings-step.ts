import { As2Error } from '../../errors';
import { parseHttpUrl, urlForLog } from '../../http';
import { type Certificate, certificateCard, validityOf } from '../../pki';
import { messageIdFor, planSending } from '../sending/send-plan';
import type { Relationship } from '../types';
import type { Notebook } from './step-runner';

/**
 * Whether anything could be sent with these settings, and what will not last.
 * @returns the URLs of the partner, in the order in which they are tried
 * @throws As2Error as `planSending`; `http-credentials-need-tls`
 */
export function checkSettings(notes: Notebook<'settings'>, { identity, partner }: Relationship): URL[] {
  const { sign, encrypt, receipt } = partner.sending;
  const [own] = identity.keyPairs;
  const partners = certificatesOf(partner);
  notes.note({
    ...(partner.url === undefined ? {} : { url: urlForLog(partner.url) }),
    from: identity.as2Name,
    to: partner.as2Name,
    sign,
    encrypt,
    receipt,
    ...(own ? { ownCertificate: certificateCard(own.certificate) } : {}),
    partnerCertificates: partners.map((one) => certificateCard(one)),
  });
  const message = { identity, partner };
  const { url: address } = planSending(message, messageIdFor(message), 'sync');
  const urls = [address, ...(partner.urls ?? [])].map(parseHttpUrl);
  const [, ...others] = urls;
  if (others.length > 0) notes.note({ moreUrls: others.map(urlForLog) });
  const plain = urls.filter(({ protocol }) => protocol === 'http:');
  for (const { username, hostname: host } of plain) {
    const hasLogin = username !== '' || partner.connection?.credentials !== undefined;
    if (hasLogin) throw new As2Error('http-credentials-need-tls', { host });
  }
  if (own && sign !== 'none') warnOfExpiry(notes, own.certificate, 'own signing', identity.as2Name);
  for (const one of partners) warnOfExpiry(notes, one, 'AS2', partner.name);
  for (const host of new Set(plain.map(({ hostname }) => hostname))) {
    notes.warn(new As2Error(encrypt === 'none' ? 'test-readable' : 'test-without-tls', { host }));
  }
  if (receipt === 'none') notes.warn(new As2Error('test-without-receipt', { partner: partner.name }));
  return urls;
}

/** @param role in a sentence: The {role} certificate of {owner} … */
export function warnOfExpiry(
  notes: Pick<Notebook<'settings'>, 'warn'>,
  certificate: Certificate,
  role: string,
  owner: string,
): void {
  const { subject, serialNumber, notAfter } = certificate;
  const validity = validityOf(certificate, new Date());
  if (validity !== 'expires-soon' && validity !== 'expired') return;
  const day = notAfter.toISOString().slice(0, 10);
  notes.warn(new As2Error('test-expiry', { role, owner, subject, serialNumber, notAfter: day }));
}

/** The one that encrypts first, each once. */
function certificatesOf({
  encryptionCertificate,
  signingCertificates,
}: Relationship['partner']): Certificate[] {
  if (!encryptionCertificate) return [...signingCertificates];
  return [
    encryptionCertificate,
    ...signingCertificates.filter((one) => !one.der.equals(encryptionCertificate.der)),
  ];
}
