import { type Asn1Node, childrenOf, oidValue, parseBer, TagClass } from '../asn1';
import { safeText } from '../errors';

/** One AttributeTypeAndValue of a distinguished name (RFC 5280 §4.1.2.4). */
export interface NameAttribute {
  /** Dotted object identifier. */
  readonly type: string;
  readonly value: Asn1Node;
  /** The value as text; undefined where it is no string type. */
  readonly text: string | undefined;
}

export const attributeTypes = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  emailAddress: '1.2.840.113549.1.9.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
} as const;

/** The short names of RFC 4514 §3 and what OpenSSL shows for the rest. */
const shortNames: Readonly<Record<string, string>> = {
  [attributeTypes.commonName]: 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  [attributeTypes.country]: 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  [attributeTypes.organization]: 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.17': 'postalCode',
  '2.5.4.42': 'GN',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  [attributeTypes.domainComponent]: 'DC',
  [attributeTypes.emailAddress]: 'emailAddress',
};

/**
 * The relative distinguished names of a DER Name, in the order they are encoded.
 * @throws As2Error `asn1-malformed`
 */
export function readName(der: Buffer): NameAttribute[][] {
  return childrenOf(parseBer(der)).map((rdn) =>
    rdn.children.map((attribute) => {
      const [type, value] = childrenOf(attribute);
      return { type: oidValue(type), value: value ?? attribute, text: value && textOf(value) };
    }),
  );
}

/** For people: most specific part first, escaped as in RFC 4514 (`CN=ACME, O=ACME Inc., C=DE`); bounded, one line. */
export function formatName(der: Buffer): string {
  if (der.length > LONGEST_KEPT_BYTES) return formatDer(der);
  const key = der.toString('latin1');
  let formatted = kept.get(key);
  if (formatted === undefined) {
    formatted = formatDer(der);
    if (kept.size === MOST_KEPT) kept.clear();
    kept.set(key, formatted);
  }
  return formatted;
}

/** Every message names the same few issuers. */
const kept = new Map<string, string>();
const MOST_KEPT = 1000;
const LONGEST_KEPT_BYTES = 512;

function formatDer(der: Buffer): string {
  const rdns = readName(der).map((rdn) => rdn.map(formatAttribute).join('+'));
  return safeText(rdns.toReversed().join(', '));
}

/** The most specific attribute of that type; bounded, one line. */
export function attributeText(der: Buffer, type: string): string | undefined {
  const text = readName(der)
    .flat()
    .findLast((attribute) => attribute.type === type)?.text;
  return text === undefined ? undefined : safeText(text);
}

/**
 * Whether two DER names mean the same: string types, letter case and runs of blanks make no difference
 * (RFC 5280 §7.1, SIG-08). A name that cannot be read is only the same as its own bytes.
 */
export function sameName(a: Buffer, b: Buffer): boolean {
  if (a.equals(b)) return true;
  const canonical = canonicalName(a);
  return canonical !== undefined && canonical === canonicalName(b);
}

function canonicalName(der: Buffer): string | undefined {
  try {
    return JSON.stringify(readName(der).map((rdn) => rdn.map(canonicalAttribute).toSorted()));
  } catch {
    return undefined;
  }
}

function canonicalAttribute({ type, value, text }: NameAttribute): string {
  if (text === undefined) return `${type}#${value.raw.toString('hex')}`;
  return `${type}=${text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')}`;
}

function formatAttribute({ type, value, text }: NameAttribute): string {
  const name = shortNames[type] ?? type;
  if (text === undefined) return `${name}=#${value.raw.toString('hex')}`;
  return `${name}=${text.replace(/[,+"\\<>;]/g, '\\$&').replace(/^[ #]|(?<=.) $/g, '\\$&')}`;
}

/** DirectoryString and its relatives: every string type that certificates are found to use. */
function textOf({ tag, constructed, content }: Asn1Node): string | undefined {
  if (tag.tagClass !== TagClass.universal || constructed) return undefined;
  switch (tag.number) {
    case 12: // UTF8String
      return content.toString('utf8');
    case 18: // NumericString
    case 19: // PrintableString
    case 20: // TeletexString: in practice always ISO 8859-1
    case 22: // IA5String
    case 26: // VisibleString
    case 27: // GeneralString
      return content.toString('latin1');
    case 28: // UniversalString
      return fromUniversal(content);
    case 30: // BMPString
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined;
    default:
      return undefined;
  }
}

function fromUniversal(content: Buffer): string | undefined {
  if (content.length % 4 !== 0) return undefined;
  let text = '';
  for (let at = 0; at < content.length; at += 4) {
    const code = content.readUInt32BE(at);
    if (code > 0x10ffff) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}
