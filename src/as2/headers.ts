import { As2Error } from '../errors';
import { decodeHeaderText, encodeHeaderText, type Headers } from '../mime';
import { formatAs2Name, parseAs2Name } from './name';
import {
  formatReceiptRequest,
  parseReceiptRequest,
  type ReceiptRequest,
  type ReceiptWish,
} from './receipt-request';

/** The AS2 header fields of a message as received (RFC 4130 §6). */
export interface RequestHeaders {
  /** `1.0` when the field is missing (HDR-01); only the digit before the point decides anything (HDR-02). */
  readonly version: string;
  /** EDIINT-Features, in lower case (HDR-04). */
  readonly features: ReadonlySet<string>;
  /** AS2-From and AS2-To: the values, for comparison. */
  readonly from: string;
  readonly to: string;
  /** AS2-From and AS2-To exactly as they came; a receipt repeats them so (HDR-11). */
  readonly fromField: string;
  readonly toField: string;
  /** As it came; brackets may be missing (HDR-13). */
  readonly messageId?: string;
  readonly subject?: string;
  /** As it came: products write dates of every kind (HDR-15). */
  readonly date?: string;
  readonly userAgent?: string;
  readonly receipt?: ReceiptRequest;
}

/** The AS2 header fields of something we send. */
export interface OutgoingHeaders {
  /** AS2 names, not quoted; or the fields as a partner wrote them, repeated as they are. */
  readonly from: string | { readonly field: string };
  readonly to: string | { readonly field: string };
  readonly messageId: string;
  readonly date: Date;
  readonly subject?: string;
  /** EDIINT-Features to announce: only what is really there. Any feature means AS2-Version 1.2 (HDR-01, HDR-03). */
  readonly features?: readonly string[];
  readonly userAgent?: string;
  readonly receipt?: ReceiptWish;
}

/**
 * Reads the AS2 header fields of a message.
 * @throws As2Error `as2-header-missing` without AS2-From or AS2-To, `as2-name-malformed`
 */
export function readAs2Headers(headers: Headers): RequestHeaders {
  const fromField = required(headers, 'AS2-From');
  const toField = required(headers, 'AS2-To');
  const receipt = parseReceiptRequest(headers);
  return {
    version: /^\d+\.\d+/.exec(headers.get('AS2-Version') ?? '')?.[0] ?? '1.0',
    features: readFeatures(headers.get('EDIINT-Features')),
    from: parseAs2Name(fromField),
    to: parseAs2Name(toField),
    fromField,
    toField,
    ...optional('messageId', headers.get('Message-ID')),
    ...optional('subject', decodedText(headers.get('Subject'))),
    ...optional('date', headers.get('Date')),
    ...optional('userAgent', headers.get('User-Agent')),
    ...(receipt ? { receipt } : {}),
  };
}

/** `CEM ,multiple-attachments` is the set of `cem` and `multiple-attachments` (RFC 6017 §2). */
export function readFeatures(field: string | undefined): ReadonlySet<string> {
  const names = (field ?? '').split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => /^[0-9a-z-]+$/.test(name)));
}

/**
 * The AS2 header fields of a message or receipt, in the order in which they are sent.
 * @throws As2Error `as2-name-invalid`, `receipt-url-invalid`
 */
export function writeAs2Headers(o: OutgoingHeaders): [string, string][] {
  const features = o.features ?? [];
  const fields: [string, string][] = [
    ['Date', o.date.toUTCString()],
    ['MIME-Version', '1.0'],
    ['AS2-Version', features.length > 0 ? '1.2' : '1.1'],
  ];
  if (features.length > 0) fields.push(['EDIINT-Features', features.join(', ')]);
  fields.push(['AS2-From', nameField(o.from)], ['AS2-To', nameField(o.to)], ['Message-ID', o.messageId]);
  if (o.subject) fields.push(['Subject', encodeHeaderText(o.subject)]);
  if (o.receipt) fields.push(...formatReceiptRequest(o.receipt));
  if (o.userAgent) fields.push(['User-Agent', o.userAgent]);
  return fields;
}

function nameField(name: string | { readonly field: string }): string {
  return typeof name === 'string' ? formatAs2Name(name) : name.field;
}

function required(headers: Headers, name: string): string {
  const value = headers.get(name);
  if (value === undefined || value === '') throw new As2Error('as2-header-missing', { header: name });
  return value;
}

function decodedText(value: string | undefined): string | undefined {
  return value === undefined ? undefined : decodeHeaderText(value).trim();
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<K, string>);
}
