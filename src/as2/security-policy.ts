import { cipherAlgorithm, type CipherName, cipherNames, type DigestName, digestNames } from '../cms';
import { As2Error } from '../errors';

/** What a partner's messages must carry to be taken; checked after all layers are open (SEC-02, DSP-08). */
export interface SecurityPolicy {
  readonly requireSigned?: boolean;
  readonly requireEncrypted?: boolean;
  /** Digests a signature may use. Default: all but MD5 and SHA-1 (SEC-05). */
  readonly allowedDigests?: readonly DigestName[];
  /** Ciphers an encrypted message may use. Default: AES and ChaCha20 (ENV-10, ENV-14). */
  readonly allowedCiphers?: readonly CipherName[];
}

/** How a message turned out to be protected. */
export interface Protection {
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly digests: readonly DigestName[];
  readonly ciphers: readonly CipherName[];
}

const weakDigests: readonly DigestName[] = ['md5', 'sha-1'];
const weakCiphers: readonly CipherName[] = ['des-ede3-cbc'];

export const defaultAllowedDigests: readonly DigestName[] = digestNames.filter(
  (name) => !weakDigests.includes(name),
);

export const defaultAllowedCiphers: readonly CipherName[] = cipherNames.filter(
  (name) => !weakCiphers.includes(name) && !cipherAlgorithm(name).legacy,
);

/** The error for a message that is less protected than agreed, or undefined. */
export function policyProblem(
  protection: Protection,
  policy: SecurityPolicy,
  facts: Readonly<Record<string, string>>,
): As2Error | undefined {
  const { allowedDigests = defaultAllowedDigests, allowedCiphers = defaultAllowedCiphers } = policy;
  if (policy.requireSigned && !protection.signed) return new As2Error('message-not-signed', facts);
  if (policy.requireEncrypted && !protection.encrypted) return new As2Error('message-not-encrypted', facts);
  const digest = protection.digests.find((name) => !allowedDigests.includes(name));
  if (digest) return new As2Error('message-digest-not-allowed', { ...facts, digest });
  const cipher = protection.ciphers.find((name) => !allowedCiphers.includes(name));
  if (cipher) return new As2Error('message-cipher-not-allowed', { ...facts, cipher });
  return undefined;
}
