import { type ByteFlow, bufferFlow, readAll } from '../bytes';
import { canSign, type DigestName, type SignOptions } from '../cms';
import { As2Error } from '../errors';
import { type Entity, entityFlow, Headers, multipartFlow, newBoundary } from '../mime';
import { type Disposition, formatDisposition } from './disposition';
import { type RequestHeaders, writeAs2Headers } from './headers';
import { hostOfMessageId } from './message-id';
import { DigestSet, formatMic, type Mic } from './mic';
import { digestedFlow, fittingDigest, signedEntity } from './outgoing-layers';
import { writeReceiptFields } from './receipt-fields';
import { chooseDigest, spellingOf } from './receipt-request';
import { asciiLines } from './receipt-text';

/** What a receipt says, about which message, and how it is signed. */
export interface ReceiptOptions {
  /** The AS2 header fields of the message that is answered. */
  readonly request: RequestHeaders;
  readonly disposition: Disposition;
  /** Of the message, wherever its content could be read (MIC-12). */
  readonly mic?: Mic;
  /** For people; see `receiptText`. */
  readonly text: string;
  /** Name and version of our product, for Reporting-UA (MDN-07). */
  readonly product: string;
  /** Sign the receipt. Default digest: the first of the partner's list that we have (MDN-05). */
  readonly sign?: Omit<SignOptions, 'digest'> & { readonly digest?: DigestName };
  /** Of the receipt itself, with brackets. */
  readonly messageId: string;
  /** Default: now. */
  readonly date?: Date;
  /** For receipts that travel as a request of their own (MDN-11). */
  readonly subject?: string;
  readonly features?: readonly string[];
}

/** A receipt is small: this is for its signed part. */
const LONGEST_RECEIPT_BYTES = 1024 * 1024;
const defaultDigest: DigestName = 'sha-256';

/**
 * Builds a receipt (RFC 4130 §7.4): multipart/report with a text for people and the fields for machines, as
 * multipart/signed around it when it is to be signed. The names are those of the message, exchanged, in the
 * partner's own spelling (HDR-11).
 * @returns header fields of the HTTP response or request, without Content-Length
 * @throws As2Error `header-injection`, `signing-key-unsuitable`
 */
export async function composeReceipt(o: ReceiptOptions): Promise<{ headers: Headers; body: Buffer }> {
  const report = reportEntity(o);
  const entity = o.sign ? signedReceipt(report, signOptions(o, o.sign)) : report;
  const fields = writeAs2Headers({
    from: { field: o.request.toField },
    to: { field: o.request.fromField },
    messageId: o.messageId,
    date: o.date ?? new Date(),
    ...(o.subject ? { subject: o.subject } : {}),
    ...(o.features ? { features: o.features } : {}),
  });
  const tooLarge = () => new As2Error('receipt-too-large', { limitBytes: LONGEST_RECEIPT_BYTES });
  return {
    headers: Headers.fromPairs([...fields, ...entity.headers.entries()]),
    body: await readAll(entity.body.chunks, LONGEST_RECEIPT_BYTES, tooLarge),
  };
}

/** multipart/report with its two parts (MDN-01, MDN-02). */
function reportEntity(o: ReceiptOptions): Entity {
  const boundary = newBoundary();
  const contentType = `multipart/report; report-type=disposition-notification; boundary="${boundary}"`;
  return {
    headers: Headers.fromPairs([['Content-Type', contentType]]),
    body: multipartFlow(boundary, [
      part('text/plain; charset=us-ascii', Buffer.from(asciiLines(o.text), 'latin1')),
      part('message/disposition-notification', writeReceiptFields(notificationFields(o))),
    ]),
  };
}

/** RFC 4130 §7.4.3, in the order of its grammar (MDN-06). */
function notificationFields({
  request,
  disposition,
  mic,
  product,
  messageId,
}: ReceiptOptions): [string, string][] {
  const recipient = `rfc822; ${request.toField}`;
  const fields: [string, string][] = [
    ['Reporting-UA', `${hostOfMessageId(messageId)}; ${product}`],
    ['Original-Recipient', recipient],
    ['Final-Recipient', recipient],
  ];
  if (request.messageId !== undefined) fields.push(['Original-Message-ID', request.messageId]);
  fields.push(['Disposition', formatDisposition(disposition)]);
  if (mic) fields.push(['Received-content-MIC', formatMic(mic, spellingOf(mic.algorithm, request.receipt))]);
  return fields;
}

function part(contentType: string, body: Buffer): ByteFlow {
  const headers = Headers.fromPairs([
    ['Content-Type', contentType],
    ['Content-Transfer-Encoding', '7bit'],
  ]);
  return entityFlow({ headers, body: bufferFlow(body) });
}

/** The signature covers the whole report with its MIME headers (MDN-04). */
function signedReceipt(report: Entity, sign: SignOptions): Entity {
  const digests = new DigestSet([sign.digest]);
  return signedEntity(digestedFlow(entityFlow(report), digests), sign, digests);
}

/** Our key may have no signature with the digest that was asked for: a receipt is due all the same. */
function signOptions({ request }: ReceiptOptions, sign: NonNullable<ReceiptOptions['sign']>): SignOptions {
  const requested = chooseDigest(request.receipt?.micalg?.values ?? []);
  const wanted = fittingDigest({ ...sign, digest: sign.digest ?? requested ?? defaultDigest });
  return canSign(wanted.keyPair, wanted.digest, wanted.scheme)
    ? wanted
    : { ...wanted, digest: defaultDigest };
}
