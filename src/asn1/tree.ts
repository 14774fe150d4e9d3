import { type BerHeader, decodeHeader } from './header';
import { type Asn1Limits, defaultLimits } from './limits';
import { malformed } from './malformed';
import { describeTag, sameTag, type Tag, tags } from './tag';

/** One parsed element. All Buffers are slices of what was parsed: nothing is copied, nothing re-encoded. */
export interface Asn1Node {
  readonly tag: Tag;
  readonly constructed: boolean;
  /** The whole element as received: header, content, end-of-contents octets. */
  readonly raw: Buffer;
  /** The content octets, without the end-of-contents octets of an indefinite length. */
  readonly content: Buffer;
  /** Empty for a primitive element. */
  readonly children: readonly Asn1Node[];
}

interface OpenElement {
  readonly header: BerHeader;
  readonly start: number;
  /** End of the content; for an indefinite length the end of the innermost definite element around it. */
  readonly end: number;
  readonly children: Asn1Node[];
}

/**
 * Parses the first element of `bytes` as BER: definite and indefinite lengths, constructed strings, lengths that
 * are not minimal. What follows the element is left alone (`raw.length` tells where it ends).
 * Iterative: depth costs no stack.
 * @throws As2Error `asn1-malformed`
 */
export function parseBer(bytes: Buffer, limits: Asn1Limits = defaultLimits): Asn1Node {
  const open: OpenElement[] = [];
  let position = 0;
  let elements = 0;
  for (;;) {
    const around = open.at(-1);
    let finished: Asn1Node | undefined;
    if (around && isAtEnd(around, bytes, position)) {
      const contentEnd = position;
      if (around.header.length === undefined) position += 2;
      open.pop();
      finished = close(around, bytes, contentEnd, position);
    } else {
      const end = around?.end ?? bytes.length;
      const header = headerWithin(bytes, position, end);
      if (++elements > limits.elements) throw malformed('too many elements', position);
      const contentStart = position + header.headerBytes;
      const contentEnd = header.length === undefined ? end : contentStart + header.length;
      const element: OpenElement = { header, start: position, end: contentEnd, children: [] };
      if (header.constructed) {
        if (open.length >= limits.depth) throw malformed('elements are nested too deeply', position);
        open.push(element);
        position = contentStart;
      } else {
        position = contentEnd;
        finished = close(element, bytes, contentEnd, contentEnd);
      }
    }
    if (finished) {
      const parent = open.at(-1);
      if (!parent) return finished;
      parent.children.push(finished);
    }
  }
}

function isAtEnd(element: OpenElement, bytes: Buffer, position: number): boolean {
  if (element.header.length !== undefined) return position === element.end;
  return position + 2 <= element.end && bytes[position] === 0 && bytes[position + 1] === 0;
}

function headerWithin(bytes: Buffer, position: number, end: number): BerHeader {
  const header = decodeHeader(bytes.subarray(0, end), position);
  if (!header) throw malformed('the data ends within an element', position);
  if (sameTag(header.tag, tags.endOfContents))
    throw malformed('end-of-contents octets without a start', position);
  if (position + header.headerBytes + (header.length ?? 0) > end) {
    throw malformed('an element is longer than what surrounds it', position);
  }
  return header;
}

function close(element: OpenElement, bytes: Buffer, contentEnd: number, end: number): Asn1Node {
  const { header, start, children } = element;
  return {
    tag: header.tag,
    constructed: header.constructed,
    raw: bytes.subarray(start, end),
    content: bytes.subarray(start + header.headerBytes, contentEnd),
    children,
  };
}

/** The same node, when it bears that tag. */
export function expectTag(node: Asn1Node | undefined, tag: Tag): Asn1Node {
  if (!node) throw malformed(`${describeTag(tag)} is missing`);
  if (!sameTag(node.tag, tag))
    throw malformed(`${describeTag(node.tag)} stands where ${describeTag(tag)} belongs`);
  return node;
}

/** The children of a node that must bear that tag and be constructed. */
export function childrenOf(node: Asn1Node | undefined, tag: Tag = tags.sequence): readonly Asn1Node[] {
  const checked = expectTag(node, tag);
  if (!checked.constructed) throw malformed(`${describeTag(tag)} is not constructed`);
  return checked.children;
}

export function hasTag(node: Asn1Node | undefined, tag: Tag): node is Asn1Node {
  return node !== undefined && sameTag(node.tag, tag);
}
