import { digestAlgorithm, digestByName, type DigestName } from '../cms';
import { As2Error } from '../errors';
import type { Headers } from '../mime';

export type Importance = 'required' | 'optional';

/** How a partner asked for a receipt (RFC 4130 §7.3). */
export interface ReceiptRequest {
  /** Value of Disposition-Notification-To; never interpreted (REQ-01). */
  readonly notificationTo: string;
  /** `signed-receipt-protocol`, when given. */
  readonly protocol?: ReceiptOption;
  /** `signed-receipt-micalg`, when given: digest names as written, in the order of preference. */
  readonly micalg?: ReceiptOption;
  /** Receipt-Delivery-Option: where an asynchronous receipt goes. Absent: the receipt is the HTTP response. */
  readonly deliveryUrl?: string;
}

/** One of the parameters of Disposition-Notification-Options. */
export interface ReceiptOption {
  readonly importance: Importance;
  readonly values: readonly string[];
}

/** What to do about a receipt request. */
export interface ReceiptPlan {
  /** A signature was asked for in a format we have. */
  readonly signed: boolean;
  /** First digest of the partner's list that we have: for the receipt's signature (MDN-05). */
  readonly digest?: DigestName;
  /** For the text of the receipt: why it is not signed although a signature was asked for (REQ-06). */
  readonly remark?: string;
  /** The request cannot be met at all; the message is answered with this one's disposition (REQ-07). */
  readonly problem?: As2Error;
}

/** How we ask for a receipt. */
export interface ReceiptWish {
  readonly signed: boolean;
  /** Digests we can compare, in the order of preference; needed for a signed receipt (REQ-04). */
  readonly micAlgorithms: readonly DigestName[];
  readonly importance?: Importance;
  /** Old products expect the form of an e-mail address. */
  readonly notificationTo: string;
  /** Absolute http(s) URL: the receipt comes later, to this address (REQ-09). */
  readonly deliveryUrl?: string;
}

const PROTOCOL = 'pkcs7-signature';
const UNSIGNED_REMARK =
  'This receipt is not signed, because the signature format that was asked for is not supported.';
/** `application/pkcs7-signature` and `pkcs-7-signature` are met too (REQ-04). */
const PROTOCOL_SPELLINGS = /^(?:application\/)?(?:x-)?pkcs-?7-signature$/i;

/**
 * The receipt request of a message, or undefined when none is wanted: without Disposition-Notification-To there is
 * no receipt, whatever else is said (REQ-02).
 */
export function parseReceiptRequest(headers: Headers): ReceiptRequest | undefined {
  const notificationTo = headers.get('Disposition-Notification-To');
  if (notificationTo === undefined) return undefined;
  const options = parseReceiptOptions(headers.get('Disposition-Notification-Options') ?? '');
  const protocol = options.get('signed-receipt-protocol');
  const micalg = options.get('signed-receipt-micalg');
  const deliveryUrl = headers.get('Receipt-Delivery-Option')?.trim();
  return {
    notificationTo,
    ...(protocol ? { protocol } : {}),
    ...(micalg ? { micalg } : {}),
    ...(deliveryUrl ? { deliveryUrl } : {}),
  };
}

/**
 * Disposition-Notification-Options (RFC 8098 §2.2): `attribute=importance,value,...` joined by `;`. Read by attribute
 * name in any order; a missing importance means optional (REQ-03).
 */
export function parseReceiptOptions(field: string): ReadonlyMap<string, ReceiptOption> {
  const options = new Map<string, ReceiptOption>();
  for (const parameter of field.replace(/"/g, '').split(';')) {
    const equals = parameter.indexOf('=');
    const attribute = parameter.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    if (attribute === '' || options.has(attribute)) continue;
    const values = parameter
      .slice(equals + 1)
      .split(',')
      .map((value) => value.trim())
      .filter((value) => value !== '');
    options.set(attribute, readImportance(values));
  }
  return options;
}

function readImportance(values: readonly string[]): ReceiptOption {
  const [first = '', ...others] = values;
  const importance = first.toLowerCase();
  if (importance === 'required' || importance === 'optional') return { importance, values: others };
  return { importance: 'optional', values };
}

/**
 * Decides about a receipt request (REQ-04 to REQ-07). A signature is given when a protocol we have was named, also
 * without a digest list; a digest list without a protocol leaves the receipt unsigned.
 */
export function planReceipt({ protocol, micalg }: ReceiptRequest): ReceiptPlan {
  const known = protocol?.values.some((value) => PROTOCOL_SPELLINGS.test(value)) ?? false;
  if (protocol && !known && protocol.importance === 'required') {
    return {
      signed: false,
      problem: new As2Error('receipt-format-unsupported', { formats: protocol.values.join(', ') }),
    };
  }
  const unmet = protocol && !known ? { remark: UNSIGNED_REMARK } : {};
  if (!micalg || micalg.values.length === 0) return { signed: known, ...unmet };
  const digest = chooseDigest(micalg.values);
  if (!digest) {
    return {
      signed: known,
      problem: new As2Error('mic-algorithms-unsupported', { algorithms: micalg.values.join(', ') }),
    };
  }
  return { signed: known, digest, ...unmet };
}

/** The first name of a preference list that we have (REQ-05). */
export function chooseDigest(names: readonly string[]): DigestName | undefined {
  for (const name of names) {
    const digest = digestByName(name);
    if (digest) return digest.name;
  }
  return undefined;
}

/**
 * The way the partner spells a digest: many products compare the name in our receipt with their own as text
 * (Appendix 2 of the conformance list).
 */
export function spellingOf(digest: DigestName, request: ReceiptRequest | undefined): string | undefined {
  return request?.micalg?.values.find(
    (name) => /^[\w/-]{1,40}$/.test(name) && digestByName(name)?.name === digest,
  );
}

/** The header fields that ask for a receipt (REQ-02, REQ-03, REQ-09), each on one line. */
export function formatReceiptRequest(wish: ReceiptWish): [string, string][] {
  const fields: [string, string][] = [['Disposition-Notification-To', wish.notificationTo]];
  if (wish.signed) {
    const importance = wish.importance ?? 'optional';
    const digests = wish.micAlgorithms.map((name) => digestAlgorithm(name).micalg).join(', ');
    fields.push([
      'Disposition-Notification-Options',
      `signed-receipt-protocol=${importance}, ${PROTOCOL}; signed-receipt-micalg=${importance}, ${digests}`,
    ]);
  }
  if (wish.deliveryUrl !== undefined) {
    fields.push(['Receipt-Delivery-Option', checkedDeliveryUrl(wish.deliveryUrl)]);
  }
  return fields;
}

function checkedDeliveryUrl(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') {
    // SEC-13: without what may be a password.
    throw new As2Error('receipt-url-invalid', { url: url.replace(/^.*@/s, '') });
  }
  return url;
}
