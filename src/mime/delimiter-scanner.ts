import type { Chunks } from '../bytes';
import { As2Error } from '../errors';

/** What a delimiter line announces: another part, or the end of the multipart. */
export type Delimiter = 'part' | 'close';

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;
const LINE_FEED = Buffer.from('\n');

/** A delimiter line, or what makes it none, is decided within so many bytes. */
const SURELY_WHOLE_LINE_BYTES = 2048;

/** Blanks after a boundary (RFC 2046 §5.1.1 transport-padding) beyond this number make it an ordinary line. */
const MOST_PADDING = 1000;

/**
 * Cuts a stream into the sections between the delimiter lines of one boundary (RFC 2046 §5.1.1). Holds one chunk
 * and never copies it, except where a delimiter may lie across a border between chunks.
 *
 * The line feed that ends one delimiter line is kept in front of the next section, because it may be the one before
 * the following delimiter: `--b`, line break, `--b` is an empty part.
 */
export class DelimiterScanner {
  /** The delimiter that ended the current section, once its content was read. */
  reached: Delimiter | undefined;
  /** Number of the current section; 0 is the preamble. */
  section = 0;
  private readonly iterator: AsyncIterator<Buffer>;
  private readonly needle: Buffer;
  private held: Buffer = LINE_FEED;
  private contentStart = 1;
  private searchFrom = 0;
  /** What is held begins with a boundary and without the line feed before it: at the very start there is none. */
  private beginsWithBoundary = false;
  private ended = false;

  constructor(
    chunks: Chunks,
    private readonly boundary: string,
  ) {
    this.iterator = chunks[Symbol.asyncIterator]();
    this.needle = Buffer.from(`\n--${boundary}`, 'latin1');
  }

  /**
   * The next bytes of the section; undefined when its delimiter was reached.
   * @throws As2Error `mime-boundary-not-found`, `mime-multipart-truncated` when the stream ends without one
   */
  async read(): Promise<Buffer | undefined> {
    while (this.reached === undefined) {
      const at = this.find();
      const line = at === undefined ? undefined : this.judgeLine(at + this.needle.length);
      if (line === 'ordinary') {
        this.beginsWithBoundary = false;
        this.searchFrom = (at ?? 0) + 1;
        continue;
      }
      const contentEnd = at === undefined ? this.possibleDelimiter() : this.withoutCr(at);
      if (contentEnd > this.contentStart) return this.release(contentEnd);
      if (line === undefined || line === 'unfinished') await this.readMore();
      else this.passDelimiter(line);
    }
    return undefined;
  }

  /** Goes on to the section behind the delimiter that was reached. */
  nextSection(): void {
    this.reached = undefined;
    this.section += 1;
  }

  /** Reads what follows the closing delimiter, which nobody needs (HTTP-08), to the end of the stream. */
  async skipEpilogue(): Promise<void> {
    while (!this.ended) this.ended = (await this.iterator.next()).done === true;
  }

  async close(): Promise<void> {
    await this.iterator.return?.();
  }

  /**
   * What stands behind a boundary decides: `--` or nothing, padding, the line's end; anything else, such as the X
   * of `--boundaryX`, makes it a line like any other (MIME-05).
   */
  private judgeLine(start: number): { delimiter: Delimiter; end: number } | 'ordinary' | 'unfinished' {
    const { held } = this;
    const undecided = (delimiter: Delimiter) => (this.ended ? { delimiter, end: held.length } : 'unfinished');
    let at = start;
    let delimiter: Delimiter = 'part';
    if (held[at] === HYPHEN) {
      if (at + 1 === held.length && !this.ended) return 'unfinished';
      if (held[at + 1] !== HYPHEN) return 'ordinary';
      delimiter = 'close';
      at += 2;
    }
    const padding = at;
    while (held[at] === 0x20 || held[at] === 0x09) at += 1;
    if (at - padding > MOST_PADDING) return 'ordinary';
    if (at === held.length) return undecided(delimiter);
    if (held[at] === CR) {
      at += 1;
      if (at === held.length) return undecided(delimiter);
    }
    return held[at] === LF ? { delimiter, end: at + 1 } : 'ordinary';
  }

  /** Where the next line begins that may be a delimiter, or rather the line feed before it. */
  private find(): number | undefined {
    if (this.beginsWithBoundary) return -1;
    const at = this.held.indexOf(this.needle, this.searchFrom);
    return at < 0 ? undefined : at;
  }

  /** MIME-01: the CRLF, or the LF alone, in front of a delimiter belongs to the delimiter. */
  private withoutCr(lineFeed: number): number {
    return this.held[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
  }

  /** Where in what is held a delimiter may begin of which the rest has not come yet; the end if nowhere. */
  private possibleDelimiter(): number {
    const { held, needle } = this;
    const end = held.length;
    for (
      let at = held.indexOf(LF, Math.max(0, end - needle.length));
      at >= 0;
      at = held.indexOf(LF, at + 1)
    ) {
      if (needle.compare(held, at, end, 0, end - at) === 0) return this.withoutCr(at);
    }
    return held[end - 1] === CR ? end - 1 : end;
  }

  private release(end: number): Buffer {
    const content = this.held.subarray(this.contentStart, end);
    this.hold(this.held.subarray(end), 0);
    return content;
  }

  private passDelimiter(line: { readonly delimiter: Delimiter; readonly end: number }): void {
    const shared = this.held[line.end - 1] === LF ? 1 : 0;
    this.hold(this.held.subarray(line.end - shared), shared);
    this.reached = line.delimiter;
  }

  private hold(bytes: Buffer, contentStart: number): void {
    this.held = bytes;
    this.contentStart = contentStart;
    this.searchFrom = 0;
    this.beginsWithBoundary = false;
  }

  private async readMore(): Promise<void> {
    if (this.ended) {
      const code = this.section === 0 ? 'mime-boundary-not-found' : 'mime-multipart-truncated';
      throw new As2Error(code, { boundary: this.boundary });
    }
    const { done, value } = await this.iterator.next();
    if (done) this.ended = true;
    else if (this.held.length === 0) this.held = value;
    else if (this.held === LINE_FEED && value.length >= SURELY_WHOLE_LINE_BYTES) {
      // Most messages come so: the first chunk, often all of it, need not be copied only to put a line feed before it.
      this.hold(value, 0);
      const { needle } = this;
      this.beginsWithBoundary = needle.compare(value, 0, needle.length - 1, 1) === 0;
    } else this.held = Buffer.concat([this.held, value]);
  }
}
