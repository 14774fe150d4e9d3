import { constants, type KeyObject, sign, type SignKeyObjectInput } from 'node:crypto';
import { promisify } from 'node:util';
import { As2Error } from '../../errors';
import type { KeyPair } from '../../pki';
import { algorithmIdentifier } from '../algorithm-identifier';
import { digestAlgorithm, type DigestName, rsaEncryption, signatureFor } from '../algorithms';

/** The callback form works in libuv's thread pool: the event loop goes on. */
const signOffThread = promisify(
  (
    algorithm: string | null,
    data: Buffer,
    key: SignKeyObjectInput,
    done: (error: Error | null, value: Buffer) => void,
  ) => sign(algorithm, data, key, done),
);

/** A key and the way it signs. */
export interface Signer {
  /** The DER AlgorithmIdentifier for SignerInfo.signatureAlgorithm. */
  readonly algorithm: Buffer;
  /** Every signature has exactly this length. */
  readonly signatureBytes: number;
  sign(data: Buffer): Promise<Buffer>;
}

/** The schemes one can choose between; other kinds of keys have only one. */
export type RsaSignatureScheme = 'rsa-pkcs1';

/** @throws As2Error `signing-key-unsuitable` */
export function signerFor(
  keyPair: KeyPair,
  digest: DigestName,
  scheme: RsaSignatureScheme = 'rsa-pkcs1',
): Signer {
  const { privateKey: key } = keyPair;
  if (key.asymmetricKeyType === 'rsa') return rsaPkcs1Signer(key, digest);
  throw new As2Error('signing-key-unsuitable', { keyKind: keyPair.certificate.keyKind, scheme, digest });
}

function rsaPkcs1Signer(key: KeyObject, digest: DigestName): Signer {
  // What most products write, and so what all of them read: rsaEncryption, the digest stands beside it (SIG-10).
  // The SHA-3 digests came after that habit.
  const oid = digest.startsWith('sha3') ? signatureFor('rsa-pkcs1', digest)?.oid : rsaEncryption;
  return {
    algorithm: algorithmIdentifier(oid ?? rsaEncryption, null),
    signatureBytes: modulusBytes(key),
    sign: (data) => {
      return signOffThread(digestAlgorithm(digest).nodeName, data, {
        key,
        padding: constants.RSA_PKCS1_PADDING,
      });
    },
  };
}

function modulusBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}
