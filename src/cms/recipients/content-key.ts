import { As2Error } from '../../errors';
import type { KeyPair } from '../../pki';
import { rsaEncryption, rsaesOaep } from '../algorithms';
import { freshRandom } from '../content-encryption/fresh-random';
import { decryptOaep, readOaepParameters } from '../rsa/oaep';
import { decryptPkcs1 } from '../rsa/pkcs1-encryption';
import type { RecipientMatch } from './find';
import { agreeAndUnwrap } from './key-agreement';
import type { KeyAgreement, KeyTransport } from './recipient-info';

export interface ContentKey {
  readonly key: Buffer;
  /** Whose key it was encrypted for. */
  readonly keyPair: KeyPair;
}

/**
 * Decrypts the content-encryption key. A failure of this step does not show: then the key is a random one, and the
 * content does not decipher (ENV-05, SEC-03).
 * @throws As2Error `algorithm-unsupported`, `runtime-too-old`
 */
export function decryptContentKey({ recipient, candidates }: RecipientMatch, keyBytes: number): ContentKey {
  const substitute = freshRandom(keyBytes);
  const [first] = candidates;
  if (!first) throw new RangeError('a recipient without a key');
  let found: ContentKey = { key: substitute, keyPair: first };
  for (const keyPair of candidates.toReversed()) {
    const key = decryptKey(recipient, keyPair);
    if (key?.length === keyBytes) found = { key, keyPair };
  }
  return found;
}

function decryptKey(
  recipient: KeyTransport | KeyAgreement,
  { certificate, privateKey }: KeyPair,
): Buffer | undefined {
  if (recipient.kind === 'key-agreement') return agreeAndUnwrap(recipient, certificate, privateKey);
  const { oid, parameters } = recipient.keyEncryptionAlgorithm;
  if (oid === rsaEncryption) return decryptPkcs1(privateKey, recipient.encryptedKey);
  if (oid === rsaesOaep)
    return decryptOaep(privateKey, readOaepParameters(parameters), recipient.encryptedKey);
  throw new As2Error('algorithm-unsupported', { algorithm: oid, purpose: 'key transport' });
}
