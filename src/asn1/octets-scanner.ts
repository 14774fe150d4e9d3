import { decodeHeader } from './header';
import type { Asn1Limits } from './limits';
import { malformed } from './malformed';
import { sameTag, tags } from './tag';

const EMPTY = Buffer.alloc(0);

/**
 * Takes the segments of a constructed OCTET STRING out of the bytes at hand, as many at once as lie there: senders
 * write segments of 1 to 4 KiB, and a step through every layer for each of them would cost more than deciphering it.
 */
export class OctetsScanner {
  /** Where each constructed string that is open ends; undefined: at its end-of-contents octets. */
  private readonly ends: (number | undefined)[];
  /** Content octets of the current segment still to come. */
  private segmentLeft = 0;
  private position: number;
  /** Bytes that must be at hand for the next step. */
  wantedBytes = 1;

  /**
   * @param position of the content's first byte
   * @param end of the content; undefined: indefinite length
   * @param outerEnd of the innermost definite element around the string
   */
  constructor(
    position: number,
    end: number | undefined,
    private readonly outerEnd: number | undefined,
    private readonly limits: Asn1Limits,
  ) {
    this.position = position;
    this.ends = [end];
    this.leaveFinished();
  }

  get finished(): boolean {
    return this.ends.length === 0;
  }

  /** @returns the octets found, in one piece, and how many bytes of `held` were used up for them */
  scan(held: Buffer): { readonly octets: Buffer; readonly consumed: number } {
    const found: Buffer[] = [];
    let at = 0;
    while (!this.finished && at < held.length) {
      const used = this.segmentLeft > 0 ? this.takeSegment(held, at, found) : this.takeHeader(held, at);
      if (used === 0) break;
      at += used;
      this.position += used;
      if (this.segmentLeft === 0) this.leaveFinished();
    }
    this.wantedBytes = at < held.length && !this.finished ? held.length - at + 1 : 1;
    const octets =
      found.length === 0 ? EMPTY : found.length === 1 && found[0] ? found[0] : Buffer.concat(found);
    return { octets, consumed: at };
  }

  private takeSegment(held: Buffer, at: number, found: Buffer[]): number {
    const piece = held.subarray(at, at + this.segmentLeft);
    found.push(piece);
    this.segmentLeft -= piece.length;
    return piece.length;
  }

  /** @returns the bytes used; 0 when more are needed */
  private takeHeader(held: Buffer, at: number): number {
    const header = decodeHeader(held, at, this.position);
    if (!header) return 0;
    const contentStart = this.position + header.headerBytes;
    const limit = this.ends.findLast((end) => end !== undefined) ?? this.outerEnd;
    if (limit !== undefined && contentStart + (header.length ?? 0) > limit) {
      throw malformed('an element is longer than what surrounds it', this.position);
    }
    if (sameTag(header.tag, tags.endOfContents)) {
      if (header.length !== 0 || header.headerBytes !== 2 || this.ends.at(-1) !== undefined) {
        throw malformed('end-of-contents octets without a start', this.position);
      }
      this.ends.pop();
      return 2;
    }
    if (!sameTag(header.tag, tags.octetString))
      throw malformed('an octet string holds something else', this.position);
    if (!header.constructed) {
      this.segmentLeft = header.length ?? 0;
    } else {
      if (this.ends.length >= this.limits.depth)
        throw malformed('elements are nested too deeply', this.position);
      this.ends.push(header.length === undefined ? undefined : contentStart + header.length);
    }
    return header.headerBytes;
  }

  private leaveFinished(): void {
    while (this.ends.at(-1) === this.position) this.ends.pop();
  }
}
