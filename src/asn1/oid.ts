import { LONGEST_OID_BYTES } from './limits';
import { malformed } from './malformed';

/**
 * Content octets of an OBJECT IDENTIFIER as dotted text (X.690 §8.19).
 * @throws As2Error `asn1-malformed`
 */
export function decodeOid(content: Buffer): string {
  if (content.length === 0 || content.length > LONGEST_OID_BYTES)
    throw malformed('an object identifier has a bad length');
  const arcs: bigint[] = [];
  let arc = 0n;
  content.forEach((octet, index) => {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
    } else if (index === content.length - 1) {
      throw malformed('an object identifier is cut off');
    }
  });
  const [first = 0n, ...rest] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join('.');
}

/** Content octets for a dotted object identifier. */
export function encodeOid(dotted: string): Buffer {
  const [root = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return Buffer.from([root * 40n + second, ...rest].flatMap(base128));
}

/** Seven bits to an octet, the high bit set in all but the last. */
export function base128(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
