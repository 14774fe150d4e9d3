import type { ByteReader } from '../bytes';
import { As2Error } from '../errors';
import { type BerHeader, decodeHeader, LONGEST_HEADER_BYTES } from './header';
import { type Asn1Limits, defaultLimits } from './limits';
import { malformed } from './malformed';
import { OctetsScanner } from './octets-scanner';
import { describeTag, sameTag, type Tag, tags } from './tag';

/** Where an entered element ends: at a position, or at its end-of-contents octets. */
type End = number | undefined;

/**
 * Walks through BER as it arrives. Small elements are read whole, long octet strings are streamed; what is entered
 * must be left, and an element may not reach beyond the one around it.
 * Errors: As2Error `asn1-malformed`, and `truncated` when the data ends too early.
 */
export class BerStreamReader {
  private readonly ends: End[] = [];

  constructor(
    private readonly reader: ByteReader,
    private readonly limits: Asn1Limits = defaultLimits,
  ) {}

  /** The next element's header without consuming it; undefined at the end of the element around it. */
  async peekHeader(): Promise<BerHeader | undefined> {
    if (this.ends.length > 0 && (await this.atEnd())) return undefined;
    return this.decode(await this.reader.peek(LONGEST_HEADER_BYTES));
  }

  /** The same without waiting; undefined also when too little is at hand to say. */
  private headerAtHand(): BerHeader | undefined {
    const { available } = this.reader;
    if (available.length < LONGEST_HEADER_BYTES || this.isAtEnd(available)) return undefined;
    return this.decode(available);
  }

  private decode(bytes: Buffer): BerHeader {
    const { position } = this.reader;
    const header = decodeHeader(bytes, 0, position);
    if (!header) throw new As2Error('truncated', { expected: 1 });
    if (sameTag(header.tag, tags.endOfContents))
      throw malformed('end-of-contents octets without a start', position);
    const end = this.definiteEnd();
    if (end !== undefined && position + header.headerBytes + (header.length ?? 0) > end) {
      throw malformed('an element is longer than what surrounds it', position);
    }
    return header;
  }

  async isNext(tag: Tag): Promise<boolean> {
    const header = this.headerAtHand() ?? (await this.peekHeader());
    return header !== undefined && sameTag(header.tag, tag);
  }

  /** Goes into a constructed element that must bear that tag. */
  async enter(tag: Tag): Promise<void> {
    const header = this.expected(this.headerAtHand() ?? (await this.peekHeader()), tag);
    if (!header.constructed) throw malformed(`${describeTag(tag)} is not constructed`, this.reader.position);
    if (this.ends.length >= this.limits.depth)
      throw malformed('elements are nested too deeply', this.reader.position);
    this.reader.readAvailable(header.headerBytes);
    this.ends.push(header.length === undefined ? undefined : this.reader.position + header.length);
  }

  /** Goes out of the element entered last, which must have nothing left. */
  async leave(): Promise<void> {
    if (!(await this.atEnd())) throw malformed('an element holds more than it should', this.reader.position);
    if (this.ends.pop() === undefined) await this.reader.read(2);
  }

  /** Whether the element entered last has nothing left. */
  async atEnd(): Promise<boolean> {
    const needsBytes = this.ends.length > 0 && this.ends.at(-1) === undefined;
    return this.isAtEnd(needsBytes ? await this.reader.peek(2) : this.reader.available);
  }

  private isAtEnd(next: Buffer): boolean {
    if (this.ends.length === 0) return false;
    const end = this.ends.at(-1);
    if (end === undefined) return next.length >= 2 && next[0] === 0 && next[1] === 0;
    if (this.reader.position > end) throw malformed('an element is longer than what surrounds it', end);
    return this.reader.position === end;
  }

  /** The next element as a whole, as received, if it is not longer than that. */
  async readElement(longestBytes: number): Promise<Buffer> {
    const header = this.headerAtHand();
    const length = header?.length === undefined ? Infinity : header.headerBytes + header.length;
    return length <= Math.min(longestBytes, this.reader.available.length)
      ? this.reader.readAvailable(length)
      : this.readElementInPieces(longestBytes);
  }

  private async readElementInPieces(longestBytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    const read = async (count: number): Promise<void> => {
      length += count;
      if (length > longestBytes)
        throw malformed(`an element is longer than ${longestBytes} bytes`, this.reader.position);
      parts.push(await this.reader.read(count));
    };
    // Only indefinite lengths have to be gone into: whatever has a definite length is taken as it lies.
    const outside = this.ends.length;
    try {
      do {
        if (this.ends.length > outside && (await this.atEnd())) {
          this.ends.pop();
          await read(2);
          continue;
        }
        const header = this.expected(await this.peekHeader());
        await read(header.headerBytes + (header.length ?? 0));
        if (header.length === undefined) {
          if (this.ends.length >= this.limits.depth)
            throw malformed('elements are nested too deeply', this.reader.position);
          this.ends.push(undefined);
        }
      } while (this.ends.length > outside);
    } finally {
      this.ends.length = outside;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /**
   * The octets of the next element, an OCTET STRING that may be primitive or constructed, nested and of indefinite
   * length (BER-02). To be read to its end before anything else is read here.
   * @param tag of an implicitly tagged one
   */
  async *octets(tag: Tag = tags.octetString): AsyncGenerator<Buffer, void> {
    const header = this.expected(this.headerAtHand() ?? (await this.peekHeader()), tag);
    this.reader.readAvailable(header.headerBytes);
    if (!header.constructed) {
      for (let missing = header.length ?? 0; missing > 0;) {
        const octets = await this.reader.nextChunk(missing);
        if (!octets) throw new As2Error('truncated', { expected: missing });
        missing -= octets.length;
        yield octets;
      }
      return;
    }
    const end = header.length === undefined ? undefined : this.reader.position + header.length;
    const scanner = new OctetsScanner(this.reader.position, end, this.definiteEnd(), this.limits);
    while (!scanner.finished) {
      const { wantedBytes } = scanner;
      if ((await this.reader.peek(wantedBytes)).length < wantedBytes)
        throw new As2Error('truncated', { expected: 1 });
      const { octets, consumed } = scanner.scan(this.reader.available);
      await this.reader.read(consumed);
      if (octets.length > 0) yield octets;
    }
  }

  private expected(header: BerHeader | undefined, tag?: Tag): BerHeader {
    if (!header) throw malformed(`${tag ? describeTag(tag) : 'an element'} is missing`, this.reader.position);
    if (tag && !sameTag(header.tag, tag)) {
      throw malformed(
        `${describeTag(header.tag)} stands where ${describeTag(tag)} belongs`,
        this.reader.position,
      );
    }
    return header;
  }

  private definiteEnd(): number | undefined {
    return this.ends.findLast((end) => end !== undefined);
  }
}
