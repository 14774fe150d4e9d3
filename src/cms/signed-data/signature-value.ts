import { type KeyObject, verify } from 'node:crypto';
import type { Asn1Node } from '../../asn1';
import type { AlgorithmIdentifier } from '../algorithm-identifier';
import {
  digestAlgorithm,
  type DigestName,
  digestOf,
  type SignatureAlgorithm,
  signatureByOid,
  type SignatureScheme,
} from '../algorithms';
import { readPssParameters } from '../rsa/parameters';
import { verifyPkcs1 } from '../rsa/pkcs1-signature';
import { verifyPss } from '../rsa/pss';

/** What a signature is over: bytes at hand, or content of which only the digest is. */
export type SignedInput = { readonly bytes: Buffer } | { readonly digest: Buffer };

/** A signature algorithm with its parameters, ready to verify. */
export interface SignatureVerifier {
  readonly scheme: SignatureScheme;
  /** The digest that the signature algorithm itself prescribes, if it does. */
  readonly digest: DigestName | undefined;
  /** The scheme digests by itself and has to see the signed bytes. */
  readonly needsBytes: boolean;
  /** @param digest of the signed attributes or of the content */
  verify(key: KeyObject, digest: DigestName, signed: SignedInput, signature: Buffer): boolean;
}

/**
 * @param digest the one that stands beside the signature algorithm
 * @returns undefined for an unknown algorithm
 * @throws As2Error `algorithm-unsupported`, `asn1-malformed` for its parameters
 */
export function signatureVerifier(
  { oid, parameters }: AlgorithmIdentifier,
  digest: DigestName,
): SignatureVerifier | undefined {
  const algorithm = signatureByOid(oid);
  return algorithm && makers[algorithm.scheme](algorithm, parameters, digest);
}

type Maker = (
  algorithm: SignatureAlgorithm,
  parameters: Asn1Node | undefined,
  digest: DigestName,
) => SignatureVerifier;

const makers: Readonly<Record<SignatureScheme, Maker>> = {
  'rsa-pkcs1': ({ scheme, digest }) => ({
    scheme,
    digest,
    needsBytes: false,
    verify: (key, used, signed, signature) => verifyPkcs1(key, used, digestOfInput(signed, used), signature),
  }),
  'rsa-pss': ({ scheme }, parameters, beside) => {
    // Without parameters RFC 4055 knows no meaning; the senders that do so mean the digest that stands beside it.
    const pss = parameters
      ? readPssParameters(parameters)
      : { digest: beside, mgf1Digest: beside, saltBytes: digestAlgorithm(beside).lengthBytes };
    return {
      scheme,
      digest: pss.digest,
      needsBytes: false,
      verify: (key, used, signed, signature) => {
        return isRsa(key) && verifyPss(key, { ...pss, digest: used }, digestOfInput(signed, used), signature);
      },
    };
  },
  ecdsa: ({ scheme, digest }) => ({
    scheme,
    digest,
    needsBytes: true,
    verify: (key, used, signed, signature) => {
      return (
        key.asymmetricKeyType === 'ec' && verifyBytes(digestAlgorithm(used).nodeName, key, signed, signature)
      );
    },
  }),
  ed25519: edwards,
  ed448: edwards,
};

/** Pure EdDSA: the digest is for messageDigest alone (RFC 8419 §3.1). */
function edwards({ scheme }: SignatureAlgorithm): SignatureVerifier {
  return {
    scheme,
    digest: undefined,
    needsBytes: true,
    verify: (key, _used, signed, signature) => {
      return key.asymmetricKeyType === scheme && verifyBytes(null, key, signed, signature);
    },
  };
}

function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss';
}

function digestOfInput(signed: SignedInput, digest: DigestName): Buffer {
  return 'digest' in signed ? signed.digest : digestOf(digest, [signed.bytes]);
}

function verifyBytes(
  nodeName: string | null,
  key: KeyObject,
  signed: SignedInput,
  signature: Buffer,
): boolean {
  if (!('bytes' in signed)) return false;
  try {
    return verify(nodeName, signed.bytes, key, signature);
  } catch {
    return false; // not an encoding of a signature
  }
}
