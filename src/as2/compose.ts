import { type ByteFlow, concatFlows, flowOf, spill, type SpillOptions } from '../bytes';
import { deflated, type DigestName, type EncryptOptions, type SignOptions } from '../cms';
import { type Entity, entityFlow, Headers } from '../mime';
import { writeAs2Headers } from './headers';
import { assertMessageId, hostOfMessageId } from './message-id';
import type { KeptMic } from './mic';
import { MicKeeper } from './mic-keeper';
import {
  compressedEntity,
  encryptedEntity,
  fittingDigest,
  type OutgoingPayload,
  payloadEntity,
  relatedEntity,
  signedEntity,
} from './outgoing-layers';
import type { Importance, ReceiptWish } from './receipt-request';

/** What goes into a message, how it is protected, and which receipt is wanted. */
export interface ComposeOptions {
  /** AS2 names, not quoted. */
  readonly from: string;
  readonly to: string;
  /** With brackets; see `newMessageId`. */
  readonly messageId: string;
  /** Default: now. */
  readonly date?: Date;
  readonly subject?: string;
  readonly payload: OutgoingPayload;
  /** More documents that belong to the payload: they travel together as multipart/related (RFC 6362). */
  readonly attachments?: readonly OutgoingPayload[];
  readonly sign?: SignOptions;
  readonly encrypt?: EncryptOptions;
  /** Further digests to keep for comparison with the receipt. */
  readonly micAlgorithms?: readonly DigestName[];
  /** Ask for a receipt. */
  readonly receipt?: {
    readonly signed: boolean;
    /** Default: the digest that signs, so that every rule for choosing one gives the same (decision 1). */
    readonly micAlgorithms?: readonly DigestName[];
    /** Default `optional`: the partner answers in any case. */
    readonly importance?: Importance;
    /** Default: an address at the host of the Message-ID. Its value means nothing (REQ-01). */
    readonly notificationTo?: string;
    /** The receipt is to come later, to this URL. Default: in the HTTP response. */
    readonly deliveryUrl?: string;
  };
  /** EDIINT-Features to announce (HDR-04). */
  readonly features?: readonly string[];
  readonly userAgent?: string;
}

/** A message ready to be sent. The body can be read once. */
export interface Composed {
  readonly headers: Headers;
  readonly body: ByteFlow;
  /** Of the innermost MIME entity, as they stand in the message: what was sent can be digested again with them. */
  readonly contentHeaders: Headers;
  /**
   * The MICs to keep for the receipt, the standard one first (MIC-13); call it after the body was read to its end.
   * @throws Error before
   */
  readonly mics: () => readonly KeptMic[];
}

/** Up to this size every usual digest is kept: products differ in the one they answer with (decision 1). */
const SMALL_BYTES = 1024 * 1024;
const usualDigests: readonly DigestName[] = ['sha-1', 'sha-256', 'sha-384', 'sha-512'];
const defaultDigest: DigestName = 'sha-256';

/**
 * Builds an AS2 message (RFC 4130 §2.4.2): the payload as it is, signed, encrypted, or signed and then encrypted.
 * It is a stream from end to end: nothing is held in memory, and when the payload's length is known so is the body's.
 * @throws As2Error `as2-name-invalid`, `message-id-invalid`, `receipt-url-invalid`, `header-injection`
 */
export function composeMessage(options: ComposeOptions): Composed {
  const o = withFittingDigest(options);
  const keeper = new MicKeeper(digestsToKeep(o), isSmall(o));
  const payload = contentOf(o);
  return composed(o, { payload, content: protect(payload, o, keeper) }, keeper);
}

/** A layer of compression (RFC 5402). */
export interface CompressOptions {
  /** Before signing is what most products do (CMP-03). Without a signature there is no difference. */
  readonly order: 'before-signing' | 'after-signing';
  /** Where the compressed bytes come to rest: their length must be known before anything can be sent. */
  readonly spill: SpillOptions;
}

/**
 * The same with a layer of compression (RFC 5402 §3). When it returns, the payload has been read and compressed.
 * @returns also `dispose`, which removes the compressed bytes when the body has been read or is not wanted any more
 * @throws As2Error as `composeMessage`; `spill-failed`, and errors of the payload
 */
export async function composeCompressedMessage(
  options: ComposeOptions & { readonly compress: CompressOptions },
): Promise<Composed & { dispose(): Promise<void> }> {
  const o = withFittingDigest(options);
  const keeper = new MicKeeper(digestsToKeep(o), isSmall(o));
  const payload = contentOf(o);
  const isBefore = o.compress.order === 'before-signing';
  const inner = innerFlow(payload, o, isBefore, keeper);
  const atRest = await spill(deflated(inner.chunks), o.compress.spill);
  try {
    const content = protectCompressed(compressedEntity(flowOf(atRest)), o, isBefore, keeper);
    return { ...composed(o, { payload, content }, keeper), dispose: () => atRest.dispose() };
  } catch (error) {
    await atRest.dispose();
    throw error;
  }
}

function composed(
  o: ComposeOptions,
  { payload, content }: { readonly payload: Entity; readonly content: Entity },
  keeper: MicKeeper,
): Composed {
  assertMessageId(o.messageId);
  const fields = writeAs2Headers({
    from: o.from,
    to: o.to,
    messageId: o.messageId,
    date: o.date ?? new Date(),
    ...(o.subject ? { subject: o.subject } : {}),
    ...(o.features ? { features: o.features } : {}),
    ...(o.userAgent ? { userAgent: o.userAgent } : {}),
    ...(o.receipt ? { receipt: receiptWish(o, o.receipt) } : {}),
  });
  return {
    headers: Headers.fromPairs([...fields, ...content.headers.entries()]),
    body: content.body,
    contentHeaders: payload.headers,
    mics: () => keeper.mics(),
  };
}

function contentOf({ payload, attachments = [], messageId }: ComposeOptions): Entity {
  if (attachments.length === 0) return payloadEntity(payload);
  return relatedEntity([payload, ...attachments], hostOfMessageId(messageId));
}

/** The layers, from the inside out, and the MIC at the place where the standard takes it (part E of the list). */
function protect(payload: Entity, o: ComposeOptions, keeper: MicKeeper): Entity {
  if (!o.sign && !o.encrypt) return keeper.watchPlain(payload);
  const plain = entityFlow(payload);
  if (o.sign) return encryptedIfWanted(signed(plain, o.sign, keeper), o);
  return o.encrypt ? encryptedEntity(keeper.watch('entity', plain), o.encrypt) : payload;
}

/** What is compressed: the payload, or the signed entity around it (MIC-04 to MIC-07). */
function innerFlow(payload: Entity, o: ComposeOptions, isBefore: boolean, keeper: MicKeeper): ByteFlow {
  if (!o.sign && !o.encrypt) {
    const body = keeper.watchAlternative('body', payload.body);
    return keeper.watch('entity', entityFlow({ ...payload, body }));
  }
  const plain = entityFlow(payload);
  if (!o.sign) return keeper.watch('entity', plain);
  if (isBefore) return keeper.watchAlternative('entity', plain);
  return entityFlow(signed(plain, o.sign, keeper));
}

function protectCompressed(
  compressed: Entity,
  o: ComposeOptions,
  isBefore: boolean,
  keeper: MicKeeper,
): Entity {
  if (o.sign && isBefore) return encryptedIfWanted(signed(entityFlow(compressed), o.sign, keeper), o);
  if (o.sign) return encryptedIfWanted(compressed, o);
  if (!o.encrypt) return compressed;
  return encryptedEntity(keeper.watchAlternative('compressed-entity', entityFlow(compressed)), o.encrypt);
}

function signed(part: ByteFlow, sign: SignOptions, keeper: MicKeeper): Entity {
  return signedEntity(keeper.watch('signed-entity', part), sign, keeper.digestsOf('signed-entity'));
}

function encryptedIfWanted(entity: Entity, { encrypt }: ComposeOptions): Entity {
  return encrypt ? encryptedEntity(entityFlow(entity), encrypt) : entity;
}

function withFittingDigest<O extends ComposeOptions>(o: O): O {
  return o.sign ? { ...o, sign: fittingDigest(o.sign) } : o;
}

function receiptWish(o: ComposeOptions, receipt: NonNullable<ComposeOptions['receipt']>): ReceiptWish {
  return {
    signed: receipt.signed,
    micAlgorithms: receiptDigests(o),
    notificationTo: receipt.notificationTo ?? `as2@${hostOfMessageId(o.messageId)}`,
    ...(receipt.importance ? { importance: receipt.importance } : {}),
    ...(receipt.deliveryUrl === undefined ? {} : { deliveryUrl: receipt.deliveryUrl }),
  };
}

function receiptDigests(o: ComposeOptions): readonly DigestName[] {
  const wanted = o.receipt?.micAlgorithms ?? [];
  return wanted.length > 0 ? wanted : [o.sign?.digest ?? defaultDigest];
}

function digestsToKeep(o: ComposeOptions): DigestName[] {
  const signing = o.sign ? [o.sign.digest] : [];
  return [...signing, ...receiptDigests(o), ...(o.micAlgorithms ?? []), ...(isSmall(o) ? usualDigests : [])];
}

function isSmall({ payload, attachments = [] }: ComposeOptions): boolean {
  const { length } = concatFlows(payload.content, ...attachments.map(({ content }) => content));
  return length !== undefined && length <= SMALL_BYTES;
}
