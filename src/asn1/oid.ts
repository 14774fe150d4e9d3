import { LONGEST_OID_BYTES } from './limits';
import { malformed } from './malformed';

/**
 * Content octets of an OBJECT IDENTIFIER as dotted text (X.690 §8.19).
 * @throws As2Error `asn1-malformed`
 */
export function decodeOid(content: Buffer): string {
  if (content.length === 0 || content.length > LONGEST_OID_BYTES)
    throw malformed('an object identifier has a bad length');
  const key = content.toString('latin1');
  let dotted = decoded.get(key);
  if (dotted === undefined) {
    dotted = decodeArcs(content);
    if (decoded.size < MOST_DECODED) decoded.set(key, dotted);
  }
  return dotted;
}

/** Every message names the same ones; what a partner makes up shall not fill the memory. */
const decoded = new Map<string, string>();
const MOST_DECODED = 1000;

function decodeArcs(content: Buffer): string {
  let dotted = '';
  let start = 0;
  for (let at = 0; at < content.length; at++) {
    if ((content[at] ?? 0) >= 0x80) continue;
    const arc = decodeArc(content, start, at + 1);
    dotted += start === 0 ? firstArcs(arc) : `.${arc}`;
    start = at + 1;
  }
  if (start < content.length) throw malformed('an object identifier is cut off');
  return dotted;
}

/** The first two arcs stand in one (X.690 §8.19.4). */
function firstArcs(both: number | bigint): string {
  if (both < 80) return `${both < 40 ? 0 : 1}.${Number(both) % 40}`;
  return `2.${typeof both === 'number' ? both - 80 : both - 80n}`;
}

/** So many groups of seven bits fit into a number; longer arcs are rare, those made from UUIDs for example. */
const NUMBER_OCTETS = 7;

function decodeArc(content: Buffer, start: number, end: number): number | bigint {
  if (end - start <= NUMBER_OCTETS) {
    let arc = 0;
    for (let at = start; at < end; at++) arc = arc * 128 + ((content[at] ?? 0) & 0x7f);
    return arc;
  }
  let arc = 0n;
  for (const octet of content.subarray(start, end)) arc = (arc << 7n) | BigInt(octet & 0x7f);
  return arc;
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
