import { integer, octetString, sequence } from '../../asn1';
import { As2Error } from '../../errors';
import type { Certificate } from '../../pki';
import { algorithmIdentifier } from '../algorithm-identifier';
import { type DigestName, rsaEncryption, rsaesOaep } from '../algorithms';
import { issuerAndSerialNumber } from '../certificate-identifier';
import { encryptOaep, oaepParameters } from '../rsa/oaep';
import { encryptPkcs1 } from '../rsa/pkcs1-encryption';
import { agreeAndWrap } from './key-agreement';

export interface KeyTransportOptions {
  /** For RSA certificates; the others have one way each. Default: `rsa-pkcs1`, which every product reads. */
  readonly keyTransport?: 'rsa-pkcs1' | 'rsa-oaep';
  /** For `rsa-oaep`, both uses of a digest. Default: `sha-256`. */
  readonly oaepDigest?: DigestName;
}

/**
 * The RecipientInfo for a certificate, by its kind of key.
 * @throws As2Error `algorithm-unsupported` for a kind of key that cannot be encrypted to
 */
export function recipientInfo(
  certificate: Certificate,
  contentKey: Buffer,
  options: KeyTransportOptions,
): Buffer {
  const { publicKey, keyKind } = certificate;
  const identifier = issuerAndSerialNumber(certificate);
  const type = publicKey.asymmetricKeyType;
  if (type === 'ec' || type === 'x25519' || type === 'x448')
    return agreeAndWrap(certificate, identifier, contentKey);
  if (type !== 'rsa')
    throw new As2Error('algorithm-unsupported', { algorithm: keyKind, purpose: 'key encryption' });

  const { keyTransport = 'rsa-pkcs1', oaepDigest = 'sha-256' } = options;
  // RFC 3370 §4.2.1, RFC 3560 §2.
  const [algorithm, encryptedKey] =
    keyTransport === 'rsa-oaep'
      ? [
          algorithmIdentifier(rsaesOaep, oaepParameters(oaepDigest)),
          encryptOaep(publicKey, oaepDigest, contentKey),
        ]
      : [algorithmIdentifier(rsaEncryption, null), encryptPkcs1(publicKey, contentKey)];
  return sequence(integer(0), identifier, algorithm, octetString(encryptedKey));
}

export function isKeyTransport({ publicKey }: Certificate): boolean {
  return publicKey.asymmetricKeyType === 'rsa';
}
