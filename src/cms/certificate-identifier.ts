import { createHash } from 'node:crypto';
import {
  type Asn1Node,
  bitStringBytes,
  childrenOf,
  contextTag,
  hasTag,
  integer,
  integerBytes,
  octetStringValue,
  parseBer,
  sequence,
} from '../asn1';
import type { Certificate } from '../pki';
import { formatName, sameName } from '../pki';

/** How CMS names a certificate (RFC 5652 §5.3 SignerIdentifier, §6.2.1 RecipientIdentifier). */
export type CertificateIdentifier =
  { readonly issuerDer: Buffer; readonly serial: Buffer } | { readonly subjectKeyIdentifier: Buffer };

/** IssuerAndSerialNumber, or [0] SubjectKeyIdentifier. `keyIdentifierTag`: its number in this choice. */
export function readCertificateIdentifier(
  node: Asn1Node | undefined,
  keyIdentifierTag = 0,
): CertificateIdentifier {
  const tag = contextTag(keyIdentifierTag);
  if (hasTag(node, tag)) return { subjectKeyIdentifier: octetStringValue(node, tag) };
  const [issuer, serial] = childrenOf(node);
  childrenOf(issuer);
  return { issuerDer: issuer?.raw ?? Buffer.alloc(0), serial: integerBytes(serial) };
}

const identifiers = new WeakMap<Certificate, Buffer>();

export function issuerAndSerialNumber(certificate: Certificate): Buffer {
  let identifier = identifiers.get(certificate);
  if (!identifier) {
    identifier = sequence(certificate.issuerDer, integer(certificate.serial));
    identifiers.set(certificate, identifier);
  }
  return identifier;
}

/** Names are compared by meaning and serials by value: encodings differ between products (SIG-08). */
export function identifies(identifier: CertificateIdentifier, certificate: Certificate): boolean {
  if ('subjectKeyIdentifier' in identifier) {
    return identifier.subjectKeyIdentifier.equals(keyIdentifierOf(certificate));
  }
  return (
    shortest(identifier.serial).equals(shortest(certificate.serial)) &&
    sameName(identifier.issuerDer, certificate.issuerDer)
  );
}

/** Those that it identifies: more than one where a certificate was renewed with its key. */
export function identified(
  identifier: CertificateIdentifier,
  certificates: readonly Certificate[],
): readonly Certificate[] {
  return certificates.filter((certificate) => identifies(identifier, certificate));
}

/** From the extension; without one the way most issuers make it (RFC 5280 §4.2.1.2, method 1). */
function keyIdentifierOf(certificate: Certificate): Buffer {
  if (certificate.subjectKeyIdentifier) return certificate.subjectKeyIdentifier;
  const [, publicKey] = childrenOf(parseBer(certificate.publicKey.export({ type: 'spki', format: 'der' })));
  return createHash('sha1').update(bitStringBytes(publicKey)).digest();
}

function shortest(serial: Buffer): Buffer {
  let start = 0;
  while (start < serial.length - 1 && serial[start] === 0) start++;
  return serial.subarray(start);
}

/** The same as data for people. */
export interface NamedCertificate {
  readonly issuer?: string;
  /** Upper-case hexadecimal. */
  readonly serialNumber?: string;
  /** Upper-case hexadecimal. */
  readonly subjectKeyIdentifier?: string;
}

export function describeIdentifier(identifier: CertificateIdentifier): NamedCertificate {
  if ('subjectKeyIdentifier' in identifier) {
    return { subjectKeyIdentifier: identifier.subjectKeyIdentifier.toString('hex').toUpperCase() };
  }
  return {
    issuer: readableName(identifier.issuerDer),
    serialNumber: shortest(identifier.serial).toString('hex').toUpperCase(),
  };
}

function readableName(der: Buffer): string {
  try {
    return formatName(der);
  } catch {
    return 'unreadable name';
  }
}
