import type { SpillOptions } from '../bytes';
import type {
  CipherName,
  ContentInfoType,
  DecompressionLimits,
  DigestName,
  RecipientSummary,
  SignerInfo,
} from '../cms';
import type { As2Error } from '../errors';
import type { MimeLimits } from '../mime';
import type { Certificate, KeyPair } from '../pki';
import type { IncomingPayload } from './incoming-payload';
import type { JudgedSignature } from './incoming-signature';
import type { DigestSet } from './mic';

export interface PassOptions {
  readonly keys: readonly KeyPair[];
  readonly signingCertificates: readonly Certificate[];
  readonly spill: SpillOptions;
  readonly digests: PassDigests;
  /** Whether the documents of a multipart payload come apart. */
  readonly splitAttachments: boolean;
  readonly decompression: DecompressionLimits;
  /** Those that the partner may use; the others are not even tried (ENV-14). */
  readonly legacyCiphers: readonly CipherName[];
  readonly mimeLimits?: MimeLimits;
}

/** Which digests to take of the bytes that the MIC covers. */
export interface PassDigests {
  /** The partner's list; empty when it has none. */
  readonly requested: readonly DigestName[];
  /** Taken when no digest of the signature is on that list. */
  readonly fallback: DigestName;
  /** Taken in any case. */
  readonly also: readonly DigestName[];
  /** Digest signed content as if all its line ends were CRLF (MIME-03). */
  readonly canonical: boolean;
  /** Signers found by a former pass whose signatures have to see the content. */
  readonly unseen: readonly SignerInfo[];
}

/** A message with its layers open; nothing in it is released yet. */
export interface Pass {
  /** The outermost first. */
  readonly layers: readonly IncomingLayer[];
  /** Over the bytes that the MIC covers (part E of the conformance list). */
  readonly mic: DigestSet;
  readonly payload: IncomingPayload;
}

export type IncomingLayer = SignedLayer | EncryptedLayer | CompressedLayer;

export interface SignedLayer extends JudgedSignature {
  readonly kind: 'signed';
  readonly form: 'detached' | 'opaque';
}

export interface EncryptedLayer {
  readonly kind: 'encrypted';
  readonly form: ContentInfoType;
  readonly cipher: CipherName;
  readonly authenticated: boolean;
  readonly recipients: readonly RecipientSummary[];
  readonly recipient: Certificate;
  /** The one error for everything that may tell about the padding. */
  readonly failure: (cause?: unknown) => As2Error;
}

export interface CompressedLayer {
  readonly kind: 'compressed';
}
