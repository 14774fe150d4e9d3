import { constants, type KeyObject, sign, type SignKeyObjectInput } from 'node:crypto';
import { promisify } from 'node:util';
import { integer, sequence } from '../../asn1';
import { As2Error } from '../../errors';
import type { KeyPair } from '../../pki';
import { algorithmIdentifier } from '../algorithm-identifier';
import { digestAlgorithm, type DigestName, rsaEncryption, rsassaPss, signatureFor } from '../algorithms';
import { pssParameters } from '../rsa/parameters';

/** The callback form works in libuv's thread pool: the event loop goes on. */
const signOffThread = promisify(
  (
    algorithm: string | null,
    data: Buffer,
    key: KeyObject | SignKeyObjectInput,
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
export type RsaSignatureScheme = 'rsa-pkcs1' | 'rsa-pss';

/** RFC 8419 §3.1: the digest of the content that belongs to each kind of Edwards key. */
const edwards = {
  ed25519: { digest: 'sha-512', signatureBytes: 64 },
  ed448: { digest: 'shake256', signatureBytes: 114 },
} as const;

/** The digest to sign with: the one wanted, unless the kind of key allows only one. */
export function signingDigest({ privateKey }: KeyPair, wanted: DigestName): DigestName {
  const kind = privateKey.asymmetricKeyType;
  return kind === 'ed25519' || kind === 'ed448' ? edwards[kind].digest : wanted;
}

/** Whether there is such a signature: ECDSA with MD5 for example has no name, and a short RSA key no room for PSS. */
export function canSign(keyPair: KeyPair, digest: DigestName, scheme?: RsaSignatureScheme): boolean {
  return makeSigner(keyPair.privateKey, digest, scheme ?? 'rsa-pkcs1') !== undefined;
}

/** @throws As2Error `signing-key-unsuitable` */
export function signerFor(
  keyPair: KeyPair,
  digest: DigestName,
  scheme: RsaSignatureScheme = 'rsa-pkcs1',
): Signer {
  const signer = makeSigner(keyPair.privateKey, digest, scheme);
  if (signer) return signer;
  const { keyKind } = keyPair.certificate;
  throw new As2Error('signing-key-unsuitable', {
    keyKind,
    scheme: keyKind.startsWith('RSA ') ? scheme : 'its own',
    digest,
  });
}

/** Every message asks several times, and what a key is costs more to find out than to remember. */
const signers = new WeakMap<KeyObject, Map<string, Signer | undefined>>();

function makeSigner(key: KeyObject, digest: DigestName, scheme: RsaSignatureScheme): Signer | undefined {
  const ofKey = signers.get(key) ?? new Map<string, Signer | undefined>();
  signers.set(key, ofKey);
  const name = `${digest} ${scheme}`;
  if (!ofKey.has(name)) ofKey.set(name, newSigner(key, digest, scheme));
  return ofKey.get(name);
}

function newSigner(key: KeyObject, digest: DigestName, scheme: RsaSignatureScheme): Signer | undefined {
  const kind = key.asymmetricKeyType;
  if (kind === 'rsa') return scheme === 'rsa-pss' ? rsaPssSigner(key, digest) : rsaPkcs1Signer(key, digest);
  if (kind === 'rsa-pss') return rsaPssSigner(key, digest);
  if (kind === 'ec') return ecdsaSigner(key, digest);
  if (kind === 'ed25519' || kind === 'ed448') return edwardsSigner(kind, key, digest);
  return undefined;
}

function rsaPkcs1Signer(key: KeyObject, digest: DigestName): Signer | undefined {
  if (digest === 'shake256') return undefined;
  // What most products write, and so what all of them read: rsaEncryption, the digest stands beside it (SIG-10).
  // The SHA-3 digests came after that habit.
  const oid = digest.startsWith('sha3') ? signatureFor('rsa-pkcs1', digest)?.oid : rsaEncryption;
  return {
    algorithm: algorithmIdentifier(oid ?? rsaEncryption, null),
    signatureBytes: modulusBytes(key),
    // With RSA_PKCS1_PADDING, which is the default for these keys.
    sign: (data) => signOffThread(digestAlgorithm(digest).nodeName, data, key),
  };
}

/** RFC 4056 §3: one digest for both uses, and a salt of its length. */
function rsaPssSigner(key: KeyObject, digest: DigestName): Signer | undefined {
  const { nodeName, lengthBytes: saltBytes } = digestAlgorithm(digest);
  const room = modulusBytes(key) - 2 * saltBytes - 2;
  if (digest === 'shake256' || room < 0) return undefined;
  return {
    algorithm: algorithmIdentifier(rsassaPss, pssParameters({ digest, mgf1Digest: digest, saltBytes })),
    signatureBytes: modulusBytes(key),
    sign: (data) => {
      return signOffThread(nodeName, data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: saltBytes,
      });
    },
  };
}

function modulusBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** Bits of the order of each curve, by OpenSSL's names. */
const curveBits: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

/** SIG-13: SEQUENCE { r, s }, parameters absent. */
function ecdsaSigner(key: KeyObject, digest: DigestName): Signer | undefined {
  const bits = curveBits[key.asymmetricKeyDetails?.namedCurve ?? ''];
  const algorithm = signatureFor('ecdsa', digest);
  if (!bits || !algorithm) return undefined;
  const signatureBytes = usualSignatureBytes(bits);
  return {
    algorithm: algorithmIdentifier(algorithm.oid, undefined),
    signatureBytes,
    async sign(data) {
      // A length that is known beforehand makes the message's length known. Every second signature or so has the
      // usual one, and each try uses a fresh random number.
      for (;;) {
        const signature = await signOffThread(digestAlgorithm(digest).nodeName, data, key);
        if (signature.length === signatureBytes) return signature;
      }
    },
  };
}

/** The most frequent length: where the order fills its octets, one of r and s needs a sign octet. */
function usualSignatureBytes(bits: number): number {
  const octets = Buffer.alloc(Math.ceil(bits / 8), 0x7f);
  const withSignOctet = bits % 8 === 0 ? Buffer.concat([Buffer.alloc(1), octets]) : octets;
  return sequence(integer(octets), integer(withSignOctet)).length;
}

function edwardsSigner(kind: keyof typeof edwards, key: KeyObject, digest: DigestName): Signer | undefined {
  const algorithm = signatureFor(kind);
  if (!algorithm || edwards[kind].digest !== digest) return undefined;
  return {
    algorithm: algorithmIdentifier(algorithm.oid, undefined),
    signatureBytes: edwards[kind].signatureBytes,
    sign: (data) => signOffThread(null, data, key),
  };
}
