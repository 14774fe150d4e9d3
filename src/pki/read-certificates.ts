import { As2Error, type As2ErrorCode } from '../errors';
import { Certificate } from './certificate';
import { certificatesOfSignedData } from './certs-only';
import { type Content, type ContentKind, readContents } from './content';
import { sameName } from './distinguished-name';

/** No partner has as many; a list of all public authorities has more. */
const MOST_CERTIFICATES = 100;

/**
 * Reads the certificates of a pasted text or an uploaded file: PEM (one or many, other blocks between them are
 * passed over), DER, bare base64, PKCS#7 certs-only as PEM or DER (`.p7b`, `.p7c`; RFC 8551 §3.8). Equal ones come
 * once; a certificate that issued another one of them comes after all that did not, so that `[0]` is the owner's.
 * @throws As2Error `certificate-…`: the sentence tells what was found instead
 */
export function readCertificates(input: string | Buffer): Certificate[] {
  const contents = readContents(input);
  const [first] = contents;
  if (!first) throw new As2Error('certificate-missing', {});
  // One good certificate beside a damaged one: what the damaged one was for would be missing later, unnoticed.
  if (contents.some(({ kind }) => kind === 'damaged')) throw new As2Error('certificate-damaged', {});
  const found = contents.flatMap(certificatesOf);
  if (found.length === 0) throw wrongContent(first.kind);
  if (found.length > MOST_CERTIFICATES) {
    throw new As2Error('certificate-too-many', { count: found.length, most: MOST_CERTIFICATES });
  }
  return ownersFirst(withoutRepeats(found));
}

function certificatesOf({ kind, bytes }: Content): Certificate[] {
  if (kind === 'certificate') return [Certificate.fromDer(bytes)];
  return kind === 'pkcs7' ? certificatesOfSignedData(bytes) : [];
}

function withoutRepeats(certificates: readonly Certificate[]): Certificate[] {
  return certificates.filter((one, index) => certificates.findIndex((other) => other.equals(one)) === index);
}

function ownersFirst(certificates: readonly Certificate[]): Certificate[] {
  const issuedAnother = (one: Certificate): boolean =>
    certificates.some((other) => other !== one && sameName(other.issuerDer, one.subjectDer));
  return [...certificates.filter((one) => !issuedAnother(one)), ...certificates.filter(issuedAnother)];
}

/** What the sentence says when something else than a certificate was found. */
const codesForOther = {
  'certificate-request': 'certificate-is-request',
  damaged: 'certificate-damaged',
  'encrypted-private-key': 'certificate-is-private-key',
  'java-keystore': 'certificate-is-java-keystore',
  openpgp: 'certificate-is-openpgp',
  pkcs12: 'certificate-is-pkcs12',
  'private-key': 'certificate-is-private-key',
  'public-key': 'certificate-is-public-key',
  'revocation-list': 'certificate-is-revocation-list',
  'ssh-key': 'certificate-is-ssh-key',
} as const satisfies Partial<Record<ContentKind, As2ErrorCode>>;

function isOther(kind: ContentKind): kind is keyof typeof codesForOther {
  return kind in codesForOther;
}

function wrongContent(kind: ContentKind): As2Error {
  if (isOther(kind)) return new As2Error(codesForOther[kind], {});
  const reason = kind === 'pkcs7' ? 'the PKCS#7 file holds no certificate' : 'it is neither PEM nor DER';
  return new As2Error('certificate-unreadable', { reason });
}
