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

/** Nothing is ever added to it. */
const NONE: ParsedElement[] = [];

/** Cuts its slices when they are asked for: of most elements, those of a certificate for example, nobody does. */
class ParsedElement implements Asn1Node {
  readonly children: ParsedElement[];
  end: number;

  /** @param contentEnd while the content is unread: where it ends at the latest */
  constructor(
    private readonly bytes: Buffer,
    readonly header: BerHeader,
    private readonly start: number,
    public contentEnd: number,
  ) {
    this.children = header.constructed ? [] : NONE;
    this.end = contentEnd;
  }

  get tag(): Tag {
    return this.header.tag;
  }

  get constructed(): boolean {
    return this.header.constructed;
  }

  get raw(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  get content(): Buffer {
    return this.bytes.subarray(this.start + this.header.headerBytes, this.contentEnd);
  }

  endsAt(position: number): boolean {
    if (this.header.length !== undefined) return position === this.contentEnd;
    const { bytes } = this;
    return position + 2 <= this.contentEnd && bytes[position] === 0 && bytes[position + 1] === 0;
  }
}

/**
 * Parses the first element of `bytes` as BER: definite and indefinite lengths, constructed strings, lengths that
 * are not minimal. What follows the element is left alone (`raw.length` tells where it ends).
 * Iterative: depth costs no stack.
 * @throws As2Error `asn1-malformed`
 */
export function parseBer(bytes: Buffer, limits: Asn1Limits = defaultLimits): Asn1Node {
  const open: ParsedElement[] = [];
  let position = 0;
  let elements = 0;
  for (;;) {
    const around = open.at(-1);
    let finished: ParsedElement | undefined;
    if (around?.endsAt(position)) {
      finished = around;
      finished.contentEnd = position;
      if (finished.header.length === undefined) position += 2;
      finished.end = position;
      open.pop();
    } else {
      const limit = around?.contentEnd ?? bytes.length;
      const header = headerWithin(bytes, position, limit);
      if (++elements > limits.elements) throw malformed('too many elements', position);
      const contentStart = position + header.headerBytes;
      const contentEnd = header.length === undefined ? limit : contentStart + header.length;
      const element = new ParsedElement(bytes, header, position, contentEnd);
      if (header.constructed) {
        if (open.length >= limits.depth) throw malformed('elements are nested too deeply', position);
        open.push(element);
        position = contentStart;
      } else {
        finished = element;
        position = contentEnd;
      }
    }
    if (finished) {
      const parent = open.at(-1);
      if (!parent) return finished;
      parent.children.push(finished);
    }
  }
}

function headerWithin(bytes: Buffer, position: number, end: number): BerHeader {
  const header = decodeHeader(bytes, position, position, end);
  if (!header) throw malformed('the data ends within an element', position);
  if (sameTag(header.tag, tags.endOfContents))
    throw malformed('end-of-contents octets without a start', position);
  if (position + header.headerBytes + (header.length ?? 0) > end) {
    throw malformed('an element is longer than what surrounds it', position);
  }
  return header;
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
