import { bufferSource, type ByteSource, readAll } from '../bytes';
import { As2Error, safeText } from '../errors';
import { decodeHeaderText, decodeTransferEncoding, type Headers } from '../mime';
import type { Certificate } from '../pki';
import { parseDisposition } from './disposition';
import { parseAs2Name } from './name';
import { parseMic } from './mic';
import type { Receipt } from './receipt';
import { ReceiptParts } from './receipt-parts';

/** Whose signatures count, and how much is read. */
export interface OpenReceiptOptions {
  /** The partner's: only a signature of one of these counts (SEC-12). */
  readonly signingCertificates: readonly Certificate[];
  /** Default 4 MiB: some products send the message back with the receipt. */
  readonly limitBytes?: number;
}

const defaultLimitBytes = 4 * 1024 * 1024;
const EXCERPT_CHARACTERS = 200;

/**
 * Reads a receipt as tolerantly as is safe: signed or not, detached or opaque, in any of the shapes that products
 * send (part G of the conformance list, column L). Whether it is good news is decided by `judgeReceipt`.
 * @throws As2Error `receipt-missing` when it is none, `receipt-unreadable`, `receipt-too-large`
 */
export async function openReceipt(
  message: { readonly headers: Headers; readonly body: ByteSource },
  o: OpenReceiptOptions,
): Promise<Receipt> {
  const { headers } = message;
  const limitBytes = o.limitBytes ?? defaultLimitBytes;
  const tooLarge = () => new As2Error('receipt-too-large', { limitBytes });
  const received = await readAll(message.body.open(), limitBytes, tooLarge);
  const decoded = decodeTransferEncoding(
    bufferSource(received).open(),
    headers.get('Content-Transfer-Encoding'),
  );
  const body = await readAll(decoded, limitBytes, tooLarge);
  const parts = await ReceiptParts.find(headers, body, o.signingCertificates);
  if (!parts.fields) throw receiptMissing(headers, body);
  return receiptOf(parts, parts.fields, headers);
}

function receiptOf(
  { signature, text }: ReceiptParts,
  fields: NonNullable<ReceiptParts['fields']>,
  headers: Headers,
): Receipt {
  const field = (name: string) => readable(fields.get(name));
  const all = (name: string) => fields.getAll(name).flatMap((value) => readable(value) ?? []);
  const mic = parseMic(fields.get('received-content-mic') ?? '');
  const dispositionText = field('disposition') ?? '';
  return {
    ...defined({
      messageId: headers.get('Message-ID'),
      from: nameOf(headers, 'AS2-From'),
      to: nameOf(headers, 'AS2-To'),
    }),
    ...defined({ originalMessageId: fields.get('original-message-id') || undefined }),
    disposition: parseDisposition(dispositionText),
    dispositionText,
    errors: all('error'),
    failures: all('failure'),
    warnings: all('warning'),
    ...defined({ mic }),
    signed: signature !== undefined,
    ...defined({ signature: signature?.report, signatureProblem: signature?.problem }),
    text,
    ...defined({
      reportingUa: field('reporting-ua'),
      finalRecipient: field('final-recipient'),
      originalRecipient: field('original-recipient'),
    }),
    fields,
  };
}

/** An HTML page, an empty answer, the payload of somebody else (RCV-06). */
function receiptMissing(headers: Headers, body: Buffer): As2Error {
  const text = body
    .toString('latin1', 0, 4096)
    .replace(/<(?:style|script)\b.*?(?:<\/(?:style|script)>|$)/gis, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return new As2Error('receipt-missing', {
    contentType: headers.get('Content-Type') ?? 'no content type',
    excerpt: body.length === 0 ? 'an empty answer' : safeText(text, EXCERPT_CHARACTERS),
  });
}

function readable(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : decodeHeaderText(value);
}

function nameOf(headers: Headers, field: string): string | undefined {
  const value = headers.get(field);
  if (value === undefined) return undefined;
  try {
    return parseAs2Name(value);
  } catch {
    return undefined;
  }
}

/** Without the keys whose value is undefined. */
function defined<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
