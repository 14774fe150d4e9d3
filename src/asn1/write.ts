import { base128, encodeOid } from './oid';
import { contextTag, type Tag, tags } from './tag';

/** Identifier and length octets in their shortest form (DER). */
export function tlvHeader(tag: Tag, form: 'primitive' | 'constructed', length: number): Buffer {
  const identifier = identifierOctets(tag, form);
  const octets = lengthOctets(length);
  const header = Buffer.allocUnsafe(identifier.length + octets);
  header.set(identifier);
  writeLength(header, identifier.length, length, octets);
  return header;
}

/** Header of a constructed element whose end is marked by `endOfContents`. */
export function indefiniteHeader(tag: Tag): Buffer {
  return Buffer.from([...identifierOctets(tag, 'constructed'), 0x80]);
}

export const endOfContents = Buffer.from([0, 0]);

function identifierOctets(tag: Tag, form: 'primitive' | 'constructed'): number[] {
  if (tag.number < 0x1f) return [lowIdentifierOctet(tag, form)];
  return [lowIdentifierOctet({ ...tag, number: 0x1f }, form), ...base128(BigInt(tag.number))];
}

function lowIdentifierOctet({ tagClass, number }: Tag, form: 'primitive' | 'constructed'): number {
  return (tagClass << 6) | (form === 'constructed' ? 0x20 : 0) | number;
}

/** How many octets say a length (X.690 §8.1.3). */
function lengthOctets(length: number): number {
  let octets = 1;
  if (length >= 0x80) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets += 1;
  return octets;
}

/** @returns where the content begins */
function writeLength(bytes: Buffer, at: number, length: number, octets: number): number {
  const end = at + octets;
  bytes[at] = octets === 1 ? length : 0x80 | (octets - 1);
  for (let rest = length, last = end - 1; last > at; last--, rest = Math.floor(rest / 256))
    bytes[last] = rest % 256;
  return end;
}

function element(tag: Tag, form: 'primitive' | 'constructed', parts: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const lengthBytes = lengthOctets(length);
  let bytes: Buffer;
  let at: number;
  if (tag.number < 0x1f) {
    bytes = Buffer.allocUnsafe(1 + lengthBytes + length);
    bytes[0] = lowIdentifierOctet(tag, form);
    at = 1;
  } else {
    const identifier = identifierOctets(tag, form);
    bytes = Buffer.allocUnsafe(identifier.length + lengthBytes + length);
    bytes.set(identifier);
    at = identifier.length;
  }
  at = writeLength(bytes, at, length, lengthBytes);
  for (const part of parts) at += part.copy(bytes, at);
  return bytes;
}

export function primitive(tag: Tag, content: Buffer): Buffer {
  return element(tag, 'primitive', [content]);
}

export function constructed(tag: Tag, ...parts: readonly Buffer[]): Buffer {
  return element(tag, 'constructed', parts);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return constructed(tags.sequence, ...parts);
}

/** SET OF in DER: the encodings in ascending order (X.690 §11.6). `tag` for implicitly tagged ones. */
export function setOf(parts: readonly Buffer[], tag: Tag = tags.set): Buffer {
  return constructed(tag, ...parts.toSorted((a, b) => a.compare(b)));
}

/** `[number] EXPLICIT`, or the implicit tagging of a constructed type. */
export function context(number: number, ...parts: readonly Buffer[]): Buffer {
  return constructed(contextTag(number), ...parts);
}

/** The identifiers that are written are those of our tables: a few dozen, again and again. */
const encodedOids = new Map<string, Buffer>();

export function oid(dotted: string): Buffer {
  const known = encodedOids.get(dotted);
  if (known) return known;
  const encoded = primitive(tags.objectIdentifier, encodeOid(dotted));
  encodedOids.set(dotted, encoded);
  return encoded;
}

/** An INTEGER from a small non-negative number or from its content octets. */
export function integer(value: number | Buffer): Buffer {
  if (Buffer.isBuffer(value)) return primitive(tags.integer, value);
  return unsignedInteger(Buffer.from(value.toString(16).padStart(value > 0xff ? 12 : 2, '0'), 'hex'));
}

/** An INTEGER from the octets of a non-negative number: no needless zeros, a sign octet where needed. */
export function unsignedInteger(magnitude: Buffer): Buffer {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const shortest = magnitude.subarray(start);
  return primitive(
    tags.integer,
    (shortest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), shortest]) : shortest,
  );
}

export function octetString(content: Buffer): Buffer {
  return primitive(tags.octetString, content);
}

/** A BIT STRING of whole octets. */
export function bitString(content: Buffer): Buffer {
  return primitive(tags.bitString, Buffer.concat([Buffer.alloc(1), content]));
}

export function nullValue(): Buffer {
  return primitive(tags.null, Buffer.alloc(0));
}

/** RFC 5652 §11.3: UTCTime for 1950 to 2049, GeneralizedTime otherwise; in UTC, to the second. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? primitive(tags.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : primitive(tags.generalizedTime, Buffer.from(digits, 'latin1'));
}
