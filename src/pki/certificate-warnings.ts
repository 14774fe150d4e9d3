import type { Certificate } from './certificate';
import { attributeTypes, type NameAttribute, readName } from './distinguished-name';
import { extensionIds, isAuthority, keyUsageOf } from './extensions';
import { isSelfSigned } from './self-signed';
import { signatureAlgorithmName } from './signature-algorithms';

/**
 * What can be odd about a certificate that is accepted nevertheless (TLS-07, TLS-08): code -> sentence for the user.
 * The editor's locale catalogue is made from this table.
 */
export const certificateWarningTexts = {
  'authority-certificate':
    "This is the certificate of a certificate authority. Ask for the partner's own certificate, which that authority issued.",
  'country-not-two-letters': 'The country in its name is not a code of two letters.',
  'critical-extended-key-usage':
    'It is marked for certain purposes only (critical extended key usage); some partners refuse it for AS2.',
  'explicit-default-version':
    'Its version is written where it should be left out; strict programs refuse it.',
  'key-too-short':
    'Its key is too short to be safe today. Ask for one with RSA 2048 bits or EC P-256 at least.',
  'key-unsupported': 'Its kind of key cannot be used here. Ask for a certificate with an RSA or EC key.',
  'key-usage-without-encryption': 'By its key usage it is for signing only, not for encryption.',
  'key-usage-without-signature': 'By its key usage it is for encryption only, not for signing.',
  'odd-name-characters': 'Its name is written with a string type that does not allow such characters.',
  'serial-number-not-positive': 'Its serial number is zero or negative; some programs cannot handle that.',
  'serial-number-too-long': 'Its serial number is longer than 20 octets; some programs cannot handle that.',
  'weak-signature': 'It was signed by its issuer with a digest that is no longer safe (MD2, MD5 or SHA-1).',
} as const satisfies Record<string, string>;

export type CertificateWarning = keyof typeof certificateWarningTexts;

const LONGEST_SERIAL_BYTES = 20;
const SHORTEST_RSA_BITS = 2048;
const SHORTEST_EC_BITS = 256;

/** In the order of the table; empty for a certificate without a flaw. */
export function warningsAbout(certificate: Certificate): CertificateWarning[] {
  const { serial, extensions, versionContent } = certificate;
  const attributes = [...readName(certificate.subjectDer), ...readName(certificate.issuerDer)].flat();
  const selfSigned = isSelfSigned(certificate);
  const usage = keyUsageOf(extensions);
  const found: Readonly<Record<CertificateWarning, boolean>> = {
    'authority-certificate': isAuthority(extensions) && !selfSigned,
    'country-not-two-letters': attributes.some(
      ({ type, text }) => type === attributeTypes.country && !/^[A-Za-z]{2}$/.test(text ?? ''),
    ),
    'critical-extended-key-usage': extensions.some(
      ({ id, critical }) => id === extensionIds.extendedKeyUsage && critical,
    ),
    'explicit-default-version': versionContent?.length === 1 && versionContent[0] === 0,
    'key-too-short': isKeyTooShort(certificate.keyKind),
    'key-unsupported': !certificate.isKeySupported,
    'key-usage-without-encryption':
      usage !== undefined && !usage.includes('keyEncipherment') && !usage.includes('keyAgreement'),
    'key-usage-without-signature':
      usage !== undefined && !usage.includes('digitalSignature') && !usage.includes('nonRepudiation'),
    'odd-name-characters': attributes.some(isOddlyWritten),
    'serial-number-not-positive': /^-|^0+$/.test(certificate.serialNumber),
    'serial-number-too-long': serial.length > LONGEST_SERIAL_BYTES,
    'weak-signature':
      !selfSigned && /md2|md5|sha1/i.test(signatureAlgorithmName(certificate.signatureAlgorithm)),
  };
  return (Object.keys(certificateWarningTexts) as CertificateWarning[]).filter((code) => found[code]);
}

function isKeyTooShort(keyKind: string): boolean {
  const [, kind, digits] = /^(RSA|RSA-PSS|DSA|EC)\b.*?(\d{3,})/.exec(keyKind) ?? [];
  if (digits === undefined) return false;
  return Number(digits) < (kind === 'EC' ? SHORTEST_EC_BITS : SHORTEST_RSA_BITS);
}

/** X.680 §41.4: what PrintableString allows; IA5String belongs to mail addresses and domain components. */
function isOddlyWritten({ type, value, text = '' }: NameAttribute): boolean {
  switch (value.tag.number) {
    case 19: // PrintableString
      return !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
    case 22: // IA5String
      return type !== attributeTypes.emailAddress && type !== attributeTypes.domainComponent;
    default:
      return false;
  }
}
