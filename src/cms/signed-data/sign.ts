import { context, integer, octetString, oid, sequence, setOf, time } from '../../asn1';
import type { KeyPair } from '../../pki';
import { algorithmIdentifier } from '../algorithm-identifier';
import { digestAlgorithm, type DigestName } from '../algorithms';
import { issuerAndSerialNumber } from '../certificate-identifier';
import { contentTypes } from '../oids';
import { signedAttributes } from './attributes';
import { type RsaSignatureScheme, type Signer, signerFor } from './signer';

const CONTEXT_0_CONSTRUCTED = 0xa0;

export interface SignOptions {
  readonly keyPair: KeyPair;
  /** See `signingDigest`: Edwards keys allow only one. */
  readonly digest: DigestName;
  /** Default: now. */
  readonly signingTime?: Date;
  /** Whether the signer's certificate travels along. Default: true. */
  readonly includeCertificate?: boolean;
  /** For RSA keys; others have one scheme each. Default: `rsa-pkcs1`. */
  readonly scheme?: RsaSignatureScheme;
}

/**
 * Makes a detached signature: the DER ContentInfo with SignedData without eContent (RFC 5652 §5, RFC 8551 §3.5.3.1).
 * The private-key operation does not block the event loop.
 * @param contentDigest digest of the signed octets with `options.digest`
 * @throws As2Error `signing-key-unsuitable`
 */
export async function signDetached(contentDigest: Buffer, options: SignOptions): Promise<Buffer> {
  const signer = signerFor(options.keyPair, options.digest, options.scheme);
  const attributes = signedAttributes(contentTypes.data, contentDigest, options.signingTime ?? new Date());
  return detachedSignedData(options, signer, attributes, await signer.sign(attributes));
}

/**
 * The exact length in bytes of what `signDetached` will return, before the content is known.
 * @throws As2Error `signing-key-unsuitable`
 */
export function detachedLength(options: SignOptions): number {
  const { keyPair, digest, scheme, includeCertificate, signingTime = new Date() } = options;
  const known = lengths.get(keyPair) ?? new Map<string, number>();
  lengths.set(keyPair, known);
  // All that the length depends on: times are written in two lengths.
  const way = [digest, scheme, includeCertificate, time(signingTime).length].join(' ');
  let length = known.get(way);
  if (length === undefined) {
    const signer = signerFor(keyPair, digest, scheme);
    const messageDigest = Buffer.alloc(digestAlgorithm(digest).lengthBytes);
    const attributes = signedAttributes(contentTypes.data, messageDigest, signingTime);
    length = detachedSignedData(options, signer, attributes, Buffer.alloc(signer.signatureBytes)).length;
    known.set(way, length);
  }
  return length;
}

/** By key pair and way to sign: a key makes many signatures, and to know the length means to make one. */
const lengths = new WeakMap<KeyPair, Map<string, number>>();

function detachedSignedData(
  options: SignOptions,
  signer: Signer,
  attributes: Buffer,
  signature: Buffer,
): Buffer {
  const { keyPair, digest, includeCertificate = true } = options;
  const digestIdentifier = algorithmIdentifier(digestAlgorithm(digest).oid, undefined);
  const signerInfo = sequence(
    integer(1),
    issuerAndSerialNumber(keyPair.certificate),
    digestIdentifier,
    signedAttributesField(attributes),
    signer.algorithm,
    octetString(signature),
  );
  const signedData = sequence(
    integer(1),
    setOf([digestIdentifier]),
    sequence(oid(contentTypes.data)),
    ...(includeCertificate ? [context(0, keyPair.certificate.der)] : []),
    setOf([signerInfo]),
  );
  return sequence(oid(contentTypes.signedData), context(0, signedData));
}

/** What is signed as a SET OF travels as `[0] IMPLICIT` (RFC 5652 §5.4): only the first octet differs. */
function signedAttributesField(attributes: Buffer): Buffer {
  const field = Buffer.from(attributes);
  field[0] = CONTEXT_0_CONSTRUCTED;
  return field;
}
