import { createVerify, type KeyObject, verify, type Verify } from 'node:crypto';
import type { Certificate } from '../../pki';
import { digestAlgorithm, digestByOid, signatureByOid, type SignatureAlgorithm } from '../algorithms';
import { identified } from '../certificate-identifier';
import type { SignerInfo } from './structure';

/** EdDSA goes over its content twice (RFC 8032 §5.1.6), so that it has to be held. */
const LONGEST_HELD_BYTES = 1024 * 1024;

/** Each digests all of the content once more (SEC-11); a message has one signature of a partner. */
const MOST_ATTEMPTS = 4;

interface Attempt {
  readonly signer: string;
  readonly certificate: Certificate;
  readonly update: (chunk: Buffer) => void;
  readonly fits: () => Fit;
}

type Fit = boolean | 'too-long';

/**
 * Signatures without signed attributes of schemes that digest the content themselves: ECDSA, and EdDSA for content of
 * up to a MiB (SIG-05, SIG-13). They are known only when the content has gone by, so that they see it a second time.
 */
export class ContentSignatures {
  private readonly attempts: readonly Attempt[];
  private signers: ReadonlyMap<string, Certificate | 'too-long'> | undefined;

  /** @param signerInfos for which `verifySignedData` said `content-needed` */
  constructor(signerInfos: readonly SignerInfo[], trusted: readonly Certificate[]) {
    this.attempts = signerInfos
      .flatMap((signerInfo) => attemptsFor(signerInfo, trusted))
      .slice(0, MOST_ATTEMPTS);
  }

  /** The next of the signed octets; nobody may change them afterwards. */
  readonly update = (chunk: Buffer): void => {
    for (const attempt of this.attempts) attempt.update(chunk);
  };

  /** Whose signature it is over the content, which then is complete; undefined: nobody's. */
  signerOf(signerInfo: SignerInfo): Certificate | 'too-long' | undefined {
    this.signers ??= new Map(
      this.attempts.flatMap(({ signer, certificate, fits }) => {
        const fit = fits();
        return fit ? [[signer, fit === true ? certificate : fit] as const] : [];
      }),
    );
    return this.signers.get(keyOf(signerInfo));
  }
}

function attemptsFor(signerInfo: SignerInfo, trusted: readonly Certificate[]): Attempt[] {
  const { signedAttributes, signatureAlgorithm, digestAlgorithm: used, signature } = signerInfo;
  const algorithm = signatureByOid(signatureAlgorithm.oid);
  if (signedAttributes || !algorithm) return [];
  const signer = keyOf(signerInfo);
  return identified(signerInfo.identifier, trusted).flatMap((certificate) => {
    const { publicKey } = certificate;
    const seen = running(algorithm, publicKey, used.oid);
    return seen ? [{ signer, certificate, update: seen.update, fits: () => seen.verify(signature) }] : [];
  });
}

interface Running {
  readonly update: (chunk: Buffer) => void;
  readonly verify: (signature: Buffer) => Fit;
}

function running(
  { scheme, digest: prescribed }: SignatureAlgorithm,
  key: KeyObject,
  digestOid: string,
): Running | undefined {
  if (scheme === 'ecdsa' && key.asymmetricKeyType === 'ec') {
    const digest = prescribed ?? digestByOid(digestOid)?.name;
    return digest && overDigest(createVerify(digestAlgorithm(digest).nodeName), key);
  }
  const isEdwards = scheme === 'ed25519' || scheme === 'ed448';
  return isEdwards && key.asymmetricKeyType === scheme ? overHeld(key) : undefined;
}

function overDigest(running: Verify, key: KeyObject): Running {
  return {
    update: (chunk) => void running.update(chunk),
    verify: (signature) => running.verify(key, signature),
  };
}

function overHeld(key: KeyObject): Running {
  const held: Buffer[] = [];
  let sizeBytes = 0;
  return {
    update: (chunk) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= LONGEST_HELD_BYTES) held.push(chunk);
      else held.length = 0;
    },
    verify: (signature) =>
      sizeBytes > LONGEST_HELD_BYTES ? 'too-long' : verify(null, Buffer.concat(held), key, signature),
  };
}

/** The same for the same signer of the same message, read twice. */
function keyOf({ digestAlgorithm: digest, signatureAlgorithm, signature }: SignerInfo): string {
  return `${digest.oid} ${signatureAlgorithm.oid} ${signature.toString('hex')}`;
}
