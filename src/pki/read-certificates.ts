import { As2Error } from '../errors';
import { Certificate } from './certificate';
import { certificatesOfSignedData } from './certs-only';
import { type Content, type ContentKind, readContents } from './content';
import { sameName } from './distinguished-name';

/**
 * Reads the certificates of a pasted text or an uploaded file: PEM (one or many, other blocks between them are
 * passed over), DER, bare base64, PKCS#7 certs-only as PEM or DER (`.p7b`, `.p7c`; RFC 8551 §3.8). Equal ones come
 * once; a certificate that issued another one of them comes after all that did not, so that `[0]` is the owner's.
 * @throws As2Error `certificate-…`: the sentence tells what was found instead
 */
export function readCertificates(input: string | Buffer): Certificate[] {
  const contents = readContents(input);
  const found = contents.flatMap(certificatesOf);
  const [first] = contents;
  if (found.length === 0) throw first ? wrongContent(first.kind) : new As2Error('certificate-missing', {});
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

function wrongContent(kind: ContentKind): As2Error {
  switch (kind) {
    case 'private-key':
    case 'encrypted-private-key':
      return new As2Error('certificate-is-private-key', {});
    case 'public-key':
      return new As2Error('certificate-is-public-key', {});
    case 'certificate-request':
      return new As2Error('certificate-is-request', {});
    case 'ssh-key':
      return new As2Error('certificate-is-ssh-key', {});
    case 'openpgp':
      return new As2Error('certificate-is-openpgp', {});
    case 'pkcs12':
      return new As2Error('certificate-is-pkcs12', {});
    case 'java-keystore':
      return new As2Error('certificate-is-java-keystore', {});
    case 'revocation-list':
      return new As2Error('certificate-is-revocation-list', {});
    case 'damaged':
      return new As2Error('certificate-damaged', {});
    case 'pkcs7':
      return new As2Error('certificate-unreadable', { reason: 'the PKCS#7 file holds no certificate' });
    case 'certificate':
    case 'unknown':
      return new As2Error('certificate-unreadable', { reason: 'it is neither PEM nor DER' });
  }
}
