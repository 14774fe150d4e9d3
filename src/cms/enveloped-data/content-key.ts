import { randomBytes } from 'node:crypto';
import { As2Error } from '../../errors';
import type { KeyPair } from '../../pki';
import { rsaEncryption } from '../algorithms';
import type { RecipientMatch } from './recipients';
import { decryptPkcs1 } from '../rsa/pkcs1-encryption';

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
export function decryptContentKey({ info, candidates }: RecipientMatch, keyBytes: number): ContentKey {
  const { oid } = info.keyEncryptionAlgorithm;
  if (oid !== rsaEncryption)
    throw new As2Error('algorithm-unsupported', { algorithm: oid, purpose: 'key encryption' });
  const substitute = randomBytes(keyBytes);
  const [first] = candidates;
  if (!first) throw new RangeError('a recipient without a key');
  let found: ContentKey = { key: substitute, keyPair: first };
  for (const keyPair of candidates.toReversed()) {
    const key = decryptPkcs1(keyPair.privateKey, info.encryptedKey);
    if (key?.length === keyBytes) found = { key, keyPair };
  }
  return found;
}
