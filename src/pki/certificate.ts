import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import {
  type Asn1Node,
  childrenOf,
  contextTag,
  hasTag,
  integerBytes,
  oidValue,
  parseBer,
  tags,
  timeValue,
} from '../asn1';
import { As2Error } from '../errors';
import { formatName } from './distinguished-name';
import { type CertificateExtension, readExtensions, subjectKeyIdentifierOf } from './extensions';
import { keyKindOf } from './key-kind';
import { toPem } from './pem';

/** The fields of TBSCertificate that we look at (RFC 5280 §4.1). */
interface CertificateFields {
  readonly der: Buffer;
  /** The `[0] version` element is there. */
  readonly versionContent: Buffer | undefined;
  readonly serial: Buffer;
  readonly issuerDer: Buffer;
  readonly subjectDer: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKeyAlgorithm: string;
  readonly signatureAlgorithm: string;
  readonly extensions: readonly CertificateExtension[];
}

/**
 * An X.509 certificate as it was received: `der` are the very octets (BER-03). Accepts everything OpenSSL can
 * parse, so odd certificates of old partners too (TLS-08); `certificateCard` says what is odd about them.
 */
export class Certificate {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  /** Dotted object identifiers. */
  readonly publicKeyAlgorithm: string;
  readonly signatureAlgorithm: string;
  /** The encoded Name, for IssuerAndSerialNumber. */
  readonly issuerDer: Buffer;
  readonly subjectDer: Buffer;
  /** Content octets of the INTEGER, as encoded. */
  readonly serial: Buffer;
  readonly versionContent: Buffer | undefined;
  readonly extensions: readonly CertificateExtension[];
  readonly subjectKeyIdentifier: Buffer | undefined;
  readonly subject: string;
  readonly issuer: string;
  /** Upper-case hexadecimal, as OpenSSL shows it. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Upper-case hexadecimal, octets parted by colons. */
  readonly fingerprintSha256: string;
  readonly fingerprintSha1: string;
  readonly keyKind: string;
  readonly #publicKey: KeyObject | undefined;

  private constructor(fields: CertificateFields, x509: X509Certificate) {
    this.der = fields.der;
    this.x509 = x509;
    this.publicKeyAlgorithm = fields.publicKeyAlgorithm;
    this.signatureAlgorithm = fields.signatureAlgorithm;
    this.issuerDer = fields.issuerDer;
    this.subjectDer = fields.subjectDer;
    this.serial = fields.serial;
    this.versionContent = fields.versionContent;
    this.extensions = fields.extensions;
    this.subjectKeyIdentifier = subjectKeyIdentifierOf(fields.extensions);
    this.subject = formatName(fields.subjectDer);
    this.issuer = formatName(fields.issuerDer);
    this.serialNumber = formatSerial(fields.serial);
    this.notBefore = fields.notBefore;
    this.notAfter = fields.notAfter;
    this.fingerprintSha256 = fingerprint('sha256', fields.der);
    this.fingerprintSha1 = fingerprint('sha1', fields.der);
    this.#publicKey = publicKeyOf(x509);
    this.keyKind = this.#publicKey ? keyKindOf(this.#publicKey) : `unknown (${fields.publicKeyAlgorithm})`;
  }

  /**
   * Reads the certificate at the start of `bytes`; what follows it is ignored.
   * @throws As2Error `certificate-unreadable`
   */
  static fromDer(bytes: Buffer): Certificate {
    try {
      const fields = readFields(parseBer(bytes));
      return new Certificate(fields, new X509Certificate(fields.der));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new As2Error('certificate-unreadable', { reason }, { cause });
    }
  }

  /** Whether Node.js knows the kind of key, so that `publicKey` can be had. */
  get isKeySupported(): boolean {
    return this.#publicKey !== undefined;
  }

  /** @throws As2Error `certificate-key-unsupported` for a kind of key that Node.js cannot use */
  get publicKey(): KeyObject {
    if (!this.#publicKey) {
      throw new As2Error('certificate-key-unsupported', { subject: this.subject, keyKind: this.keyKind });
    }
    return this.#publicKey;
  }

  toPem(): string {
    return toPem('CERTIFICATE', this.der);
  }

  equals(other: Certificate): boolean {
    return this.der.equals(other.der);
  }
}

function readFields(certificate: Asn1Node): CertificateFields {
  const [tbs, signatureAlgorithm] = childrenOf(certificate);
  const parts = [...childrenOf(tbs)];
  const version = hasTag(parts[0], contextTag(0)) ? parts.shift() : undefined;
  const [serial, , issuer, validity, subject, publicKeyInfo, ...optional] = parts;
  const [notBefore, notAfter] = childrenOf(validity);
  const extensions = optional.find((part) => hasTag(part, contextTag(3)))?.children[0];
  return {
    der: certificate.raw,
    versionContent: version?.children[0]?.content,
    serial: integerBytes(serial),
    issuerDer: nameBytes(issuer),
    subjectDer: nameBytes(subject),
    notBefore: validityTime(notBefore),
    notAfter: validityTime(notAfter),
    publicKeyAlgorithm: oidValue(childrenOf(childrenOf(publicKeyInfo)[0])[0]),
    signatureAlgorithm: oidValue(childrenOf(signatureAlgorithm)[0]),
    extensions: extensions ? readExtensions(extensions) : [],
  };
}

function nameBytes(node: Asn1Node | undefined): Buffer {
  childrenOf(node, tags.sequence);
  return node?.raw ?? Buffer.alloc(0);
}

function validityTime(node: Asn1Node | undefined): Date {
  const time = timeValue(node);
  if (!time) throw new TypeError('its validity dates are not readable');
  return time;
}

/** OpenSSL's way: magnitude in hexadecimal, a minus sign for the negative ones that some products issued. */
function formatSerial(content: Buffer): string {
  const value = BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`));
  const digits = (value < 0n ? -value : value).toString(16).toUpperCase();
  return `${value < 0n ? '-' : ''}${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}

function fingerprint(algorithm: 'sha256' | 'sha1', der: Buffer): string {
  const hex = createHash(algorithm).update(der).digest('hex').toUpperCase();
  return hex.match(/../g)?.join(':') ?? '';
}

function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}
