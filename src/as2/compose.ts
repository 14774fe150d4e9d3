import type { ByteFlow } from '../bytes';
import type { DigestName, EncryptOptions, SignOptions } from '../cms';
import { type Entity, entityFlow, Headers } from '../mime';
import { writeAs2Headers } from './headers';
import { assertMessageId, hostOfMessageId } from './message-id';
import type { KeptMic } from './mic';
import { MicKeeper } from './mic-keeper';
import {
  encryptedEntity,
  fittingDigest,
  type OutgoingPayload,
  payloadEntity,
  signedEntity,
} from './outgoing-layers';
import type { Importance, ReceiptWish } from './receipt-request';

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
  const o = options.sign ? { ...options, sign: fittingDigest(options.sign) } : options;
  assertMessageId(o.messageId);
  const keeper = new MicKeeper(digestsToKeep(o), isSmall(o));
  const content = protect(payloadEntity(o.payload), o, keeper);
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
    mics: () => keeper.mics(),
  };
}

/** The layers, from the inside out, and the MIC at the place where the standard takes it (part E of the list). */
function protect(payload: Entity, o: ComposeOptions, keeper: MicKeeper): Entity {
  if (!o.sign && !o.encrypt) return keeper.watchPlain(payload);
  let entity = payload;
  let flow = entityFlow(payload);
  if (o.sign) {
    entity = signedEntity(keeper.watch('signed-entity', flow), o.sign, keeper.digestsOf('signed-entity'));
    flow = entityFlow(entity);
  } else {
    flow = keeper.watch('entity', flow);
  }
  return o.encrypt ? encryptedEntity(flow, o.encrypt) : entity;
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

function isSmall({ payload: { content } }: ComposeOptions): boolean {
  return content.length !== undefined && content.length <= SMALL_BYTES;
}
