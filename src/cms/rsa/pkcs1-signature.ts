import { type KeyObject, publicDecrypt } from 'node:crypto';
import { octetString, sequence } from '../../asn1';
import { algorithmIdentifier } from '../algorithm-identifier';
import { digestAlgorithm, type DigestName } from '../algorithms';

/**
 * RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2) on a digest that is known already. The whole block is compared with the two
 * encodings in use: with NULL parameters in the DigestInfo, and without them, as some products write it (SIG-10).
 */
export function verifyPkcs1(
  key: KeyObject,
  digestName: DigestName,
  digest: Buffer,
  signature: Buffer,
): boolean {
  if (key.asymmetricKeyType !== 'rsa') return false;
  let digestInfo: Buffer;
  try {
    // With RSA_PKCS1_PADDING, which is the default here; naming it would cost as much as the operation itself.
    digestInfo = publicDecrypt(key, signature);
  } catch {
    return false;
  }
  const { oid } = digestAlgorithm(digestName);
  return [null, undefined].some((parameters) =>
    sequence(algorithmIdentifier(oid, parameters), octetString(digest)).equals(digestInfo),
  );
}
