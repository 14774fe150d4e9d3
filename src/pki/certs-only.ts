import { childrenOf, contextTag, hasTag, parseBer, tags } from '../asn1';
import { As2Error } from '../errors';
import { Certificate } from './certificate';

/**
 * The certificates of a PKCS#7 SignedData, in particular of the certs-only kind, which signs nothing (RFC 8551
 * §3.8, CEM-06). What is in the set beside X.509 certificates (RFC 5652 §10.2.2) is passed over.
 * @throws As2Error `certificate-unreadable`
 */
export function certificatesOfSignedData(contentInfo: Buffer): Certificate[] {
  try {
    const [, content] = childrenOf(parseBer(contentInfo));
    const signedData = childrenOf(content, contextTag(0))[0];
    const set = childrenOf(signedData).find((part) => hasTag(part, contextTag(0)));
    const certificates = set?.children.filter((part) => hasTag(part, tags.sequence)) ?? [];
    return certificates.map((part) => Certificate.fromDer(part.raw));
  } catch (cause) {
    if (cause instanceof As2Error && cause.code === 'certificate-unreadable') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new As2Error('certificate-unreadable', { reason }, { cause });
  }
}
