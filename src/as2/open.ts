import type { ByteSource, SpilledBytes, SpillOptions } from '../bytes';
import { digestByName, type DigestName, type SignatureReport } from '../cms';
import { As2Error, isAs2Error, withMore } from '../errors';
import { filenameOf, type Headers, type MimeLimits } from '../mime';
import type { Certificate, KeyPair } from '../pki';
import type { IncomingLayer, Pass, PassDigests, SignedLayer } from './incoming-layers';
import { readLayers } from './incoming-pass';
import { type IncomingAttachment, type IncomingPayload, withoutBrackets } from './incoming-payload';
import { layerFacts, type LayerSummary, summarizeLayer } from './layer-summary';
import { chooseMic, formatMic, type Mic, parseMic } from './mic';
import { policyProblem, type Protection, type SecurityPolicy } from './security-policy';

/** What a message may take to be opened (MIME-10, CMP-07). */
export interface OpenLimits extends MimeLimits {
  /** Octets that decompression may give. Default: the limit of `spill`, or 4 GiB (CMP-07). */
  readonly decompressedBytes?: number;
  /** Octets that may come out for each octet that goes in, beyond the first 8 MiB. Default 250. */
  readonly compressionRatio?: number;
}

/** Our keys, whose signatures count, and what the message must satisfy. */
export interface OpenOptions {
  /** All our key pairs, current and former (ENV-02). */
  readonly keys: readonly KeyPair[];
  /** The partner's: only these count (SEC-01). */
  readonly signingCertificates: readonly Certificate[];
  /** Where the payload comes to rest; its limit is the one for the payload. */
  readonly spill: SpillOptions;
  /** `signed-receipt-micalg` of the message, in the order of preference (MIC-11). */
  readonly micAlgorithms?: readonly string[];
  readonly limits?: OpenLimits;
  readonly policy?: SecurityPolicy;
  /**
   * Take a multipart/related (or mixed) payload apart (MA-03): `payload` is then its root, and `attachments` has all
   * of them. Default: false, the payload is the multipart as a whole.
   */
  readonly splitAttachments?: boolean;
}

/** A message whose layers are open, and whose signatures and policy were checked. */
export interface OpenedMessage {
  /** The outermost first. */
  readonly layers: readonly LayerSummary[];
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly compressed: boolean;
  /** Of the signature around the payload. */
  readonly signature?: SignatureReport;
  /** For the receipt. */
  readonly mic: Mic;
  /** Everything that was computed over the same bytes. */
  readonly mics: readonly Mic[];
  readonly payload: OpenedPayload;
  /** The documents of a multipart in their order, the root too; absent unless they were to be split. */
  readonly attachments?: readonly OpenedAttachment[];
}

/** A document that came in a message. */
export interface OpenedPayload {
  readonly headers: Headers;
  readonly contentType: string;
  /** As the sender wrote it: not safe for a disk (SEC-10). */
  readonly filename?: string;
  /** Whoever takes the message makes them durable or disposes of them. */
  readonly bytes: SpilledBytes;
}

/** One of several documents that came in a message (RFC 6362). */
export interface OpenedAttachment extends OpenedPayload {
  /** Without its brackets. */
  readonly contentId?: string;
  /** The one that the others belong to. */
  readonly root: boolean;
}

interface IncomingMessage {
  readonly headers: Headers;
  readonly body: ByteSource;
}

/** Used where neither the signature nor the partner names a digest (MIC-11). */
const defaultDigest: DigestName = 'sha-256';
const defaultDecompressedBytes = 4 * 1024 ** 3;
const defaultCompressionRatio = 250;

/**
 * Opens a message in one streaming pass: decrypts, takes the digests, lets the payload come to rest, verifies the
 * signatures and the policy. When a signature turns out to use another digest than announced, or fits only the form
 * with CRLF line ends (MIME-03), the body is read once more.
 *
 * Nothing of the payload is released unless everything was verified (law 5).
 * @throws As2Error; `dispositionFor(error)` says what the receipt must say, and `micOfError(error)` gives the MIC
 *   where the content could be read
 */
export async function openMessage(message: IncomingMessage, o: OpenOptions): Promise<OpenedMessage> {
  const requested = requestedDigests(o.micAlgorithms ?? []);
  const fallback = requested[0] ?? defaultDigest;
  const opening = await openVerified(message, o, {
    requested,
    fallback,
    also: [],
    canonical: false,
    unseen: [],
  });
  try {
    return release(opening, o);
  } catch (error) {
    await opening.payload.dispose();
    throw error;
  }
}

interface Opening extends Pass {
  readonly digests: PassDigests;
}

/** Reads the message again, with other digests, where that can make a signature fit. */
async function openVerified(
  message: IncomingMessage,
  o: OpenOptions,
  digests: PassDigests,
): Promise<Opening> {
  const opening = await openOnce(message, o, digests);
  const needed = signaturesOf(opening).flatMap(({ report }) => report?.neededDigests ?? []);
  const unseen = signaturesOf(opening).flatMap((layer) => layer.unseen ?? []);
  if (needed.some((name) => !digests.also.includes(name)) || unseen.length > 0) {
    await opening.payload.dispose();
    const also = [...digests.also, ...needed, digests.fallback];
    return openVerified(message, o, { ...digests, also, unseen: [...digests.unseen, ...unseen] });
  }
  if (digests.canonical || !signaturesOf(opening).some(isAltered)) return opening;
  // A second reading would tell by its time that the padding was right.
  if (failureBelowPadding(opening.layers)) return opening;
  const canonical = await openVerified(message, o, { ...digests, canonical: true });
  const [better, other] = signaturesOf(canonical).some(isAltered)
    ? [opening, canonical]
    : [canonical, opening];
  await other.payload.dispose();
  return better;
}

/** A thread that took its digests and ended is no reason to refuse a message: another one is there for a second try. */
async function openOnce(message: IncomingMessage, o: OpenOptions, digests: PassDigests): Promise<Opening> {
  try {
    return await readOnce(message, o, digests);
  } catch (error) {
    if (!isAs2Error(error) || error.code !== 'digests-lost') throw error;
    return readOnce(message, o, digests);
  }
}

async function readOnce(message: IncomingMessage, o: OpenOptions, digests: PassDigests): Promise<Opening> {
  const { limitBytes: limit } = o.spill;
  const limitError = (limitBytes: number) => new As2Error('payload-too-large', { limitBytes });
  const pass = await readLayers(message.headers, message.body.open(), {
    keys: o.keys,
    signingCertificates: o.signingCertificates,
    spill: limit === undefined ? o.spill : { limitError, ...o.spill },
    digests,
    splitAttachments: o.splitAttachments ?? false,
    decompression: {
      sizeBytes: o.limits?.decompressedBytes ?? limit ?? defaultDecompressedBytes,
      ratio: o.limits?.compressionRatio ?? defaultCompressionRatio,
    },
    legacyCiphers: o.policy?.allowedCiphers ?? [],
    ...(o.limits ? { mimeLimits: o.limits } : {}),
  });
  return { ...pass, digests };
}

function isAltered({ report }: SignedLayer): boolean {
  return report?.status === 'content-altered';
}

/** @throws As2Error for a signature that does not fit, and for less protection than agreed */
function release(
  { layers, mic: digests, payload, digests: { requested, canonical } }: Opening,
  o: OpenOptions,
): OpenedMessage {
  const signatures = signaturesOf({ layers });
  // The innermost signature is the one around the payload.
  const signature = signatures.findLast(({ report }) => report?.status !== 'no-signer')?.report;
  const mics = digests.mics();
  const mic = chooseMic(mics, signature?.digest, requested);
  const facts = { mic: formatMic(mic) };
  const problem = signatures.find((one) => one.problem)?.problem;
  const details = { layers: layers.map(layerFacts) };
  if (problem) throw failureBelowPadding(layers) ?? withMore(problem, { facts, details });
  const protection = protectionOf(layers);
  const weakness = policyProblem(protection, o.policy ?? {}, facts);
  if (weakness) throw withMore(weakness, { details });
  return {
    layers: layers.map((layer) => summarizeLayer(layer, canonical)),
    signed: protection.signed,
    encrypted: protection.encrypted,
    compressed: layers.some(({ kind }) => kind === 'compressed'),
    ...(signature ? { signature } : {}),
    mic,
    mics,
    payload: describe(payload),
    ...(payload.attachments ? { attachments: payload.attachments.map(describeAttachment) } : {}),
  };
}

function describe({ headers, bytes }: Pick<IncomingPayload, 'headers' | 'bytes'>): OpenedPayload {
  const filename = filenameOf(headers);
  return {
    headers,
    contentType: headers.get('Content-Type') ?? 'application/octet-stream',
    ...(filename === undefined ? {} : { filename }),
    bytes,
  };
}

function describeAttachment(attachment: IncomingAttachment): OpenedAttachment {
  const contentId = attachment.headers.get('Content-ID');
  return {
    ...describe(attachment),
    ...(contentId === undefined ? {} : { contentId: withoutBrackets(contentId) }),
    root: attachment.root,
  };
}

/** Of these the octets decide that stand last in a signed object. */
const endTells: ReadonlySet<string> = new Set(['signature-invalid', 'signature-content-altered']);

/**
 * An opaque signature ends right before the padding of the cipher around it. If that cipher does not authenticate,
 * whoever alters its last blocks must not learn from "signature invalid" that the padding was right (SEC-03).
 */
function failureBelowPadding(layers: readonly IncomingLayer[]): As2Error | undefined {
  for (const [index, layer] of layers.entries()) {
    const around = layers[index - 1];
    if (layer.kind !== 'signed' || layer.form !== 'opaque' || around?.kind !== 'encrypted') continue;
    if (!around.authenticated && layer.problem && endTells.has(layer.problem.code))
      return withMore(around.failure(layer.problem), {
        details: { layers: layers.slice(0, index).map(layerFacts) },
      });
  }
  return undefined;
}

/** The MIC of a message whose content could be read although it was refused (MIC-12). */
export function micOfError(error: As2Error): Mic | undefined {
  const { mic } = error.facts;
  const read = typeof mic === 'string' ? parseMic(mic) : undefined;
  return read?.algorithm ? { value: read.value, algorithm: read.algorithm } : undefined;
}

function signaturesOf({ layers }: Pick<Pass, 'layers'>): SignedLayer[] {
  return layers.filter((layer) => layer.kind === 'signed');
}

function protectionOf(layers: readonly IncomingLayer[]): Protection {
  const verified = signaturesOf({ layers }).filter(({ report }) => report?.status === 'verified');
  const encrypted = layers.filter((layer) => layer.kind === 'encrypted');
  return {
    signed: verified.length > 0,
    encrypted: encrypted.length > 0,
    digests: verified.flatMap(({ report }) => report?.digest ?? []),
    ciphers: encrypted.map(({ cipher }) => cipher),
  };
}

/** @throws As2Error `mic-algorithms-unsupported` for a list of which none is known (REQ-07) */
function requestedDigests(names: readonly string[]): DigestName[] {
  const known = names.flatMap((name) => digestByName(name)?.name ?? []);
  if (names.length > 0 && known.length === 0) {
    throw new As2Error('mic-algorithms-unsupported', { algorithms: names.join(', ') });
  }
  return known;
}
