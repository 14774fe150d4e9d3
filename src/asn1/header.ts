import { malformed } from './malformed';
import { readTag, type Tag, type TagClass } from './tag';

/** Identifier and length octets of one element (X.690 §8.1.2, §8.1.3). */
export interface BerHeader {
  readonly tag: Tag;
  readonly constructed: boolean;
  /** Number of content octets; undefined: indefinite, up to the end-of-contents octets. */
  readonly length: number | undefined;
  /** Number of octets of this header itself. */
  readonly headerBytes: number;
}

/** Six octets of tag and a length of one plus at most 16 octets: no header that is accepted is longer. */
export const LONGEST_HEADER_BYTES = 24;
const MOST_TAG_OCTETS = 5;
const MOST_LENGTH_OCTETS = 16;

/**
 * Decodes a header at `offset`. Long-form lengths need not be minimal (BER-05).
 * @param position of `offset` in all the data, for errors
 * @param end of what may be read of `bytes`
 * @returns undefined when that ends within the header
 * @throws As2Error `asn1-malformed`
 */
export function decodeHeader(
  bytes: Buffer,
  offset: number,
  position: number = offset,
  end: number = bytes.length,
): BerHeader | undefined {
  let at = offset;
  if (at >= end) return undefined;
  const identifier = bytes[at++] ?? 0;
  let number = identifier & 0x1f;
  if (number === 0x1f) {
    number = 0;
    for (let octets = 1; ; octets++) {
      if (at >= end) return undefined;
      const octet = bytes[at++] ?? 0;
      if (octets > MOST_TAG_OCTETS) throw malformed('a tag number is too long', position);
      number = number * 128 + (octet & 0x7f);
      if (octet < 0x80) break;
    }
  }
  const tag = readTag((identifier >> 6) as TagClass, number);
  const constructed = (identifier & 0x20) !== 0;

  if (at >= end) return undefined;
  const first = bytes[at++] ?? 0;
  let length: number | undefined = first;
  if (first === 0x80) {
    if (!constructed) throw malformed('a primitive element has an indefinite length', position);
    length = undefined;
  } else if (first > 0x80) {
    const octets = first & 0x7f;
    if (octets > MOST_LENGTH_OCTETS) throw malformed('a length is too long', position);
    if (at + octets > end) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at++] ?? 0);
    if (length > Number.MAX_SAFE_INTEGER) throw malformed('a length is beyond any size', position);
  }
  return { tag, constructed, length, headerBytes: at - offset };
}
