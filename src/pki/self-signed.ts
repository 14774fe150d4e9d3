import type { Certificate } from './certificate';
import { sameName } from './distinguished-name';

/** Whether a certificate was issued by the owner of its own key. */
export function isSelfSigned(certificate: Certificate): boolean {
  if (!sameName(certificate.issuerDer, certificate.subjectDer)) return false;
  try {
    return certificate.x509.verify(certificate.publicKey);
  } catch {
    // A kind of key or signature that cannot be checked here: then the names decide.
    return true;
  }
}
