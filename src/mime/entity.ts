import { type ByteFlow, ByteReader, type Chunks, concatFlows } from '../bytes';
import { As2Error } from '../errors';
import { Headers } from './headers';
import { defaultMimeLimits, type MimeLimits } from './limits';

/** RFC 2045 §2.4: headers, a blank line, a body. */
export interface Entity {
  readonly headers: Headers;
  readonly body: ByteFlow;
}

export interface ReadEntity {
  readonly headers: Headers;
  /** The header block with the blank line, byte for byte; empty when the entity had no headers (MIME-07). */
  readonly headerBytes: Buffer;
  readonly body: Chunks;
}

const LF = 0x0a;
const CR = 0x0d;
const CRLF = Buffer.from('\r\n');

/** The entity as it travels; what is hashed and what is sent (MIME-02). The length is known if the body's is. */
export function entityFlow(entity: Entity): ByteFlow {
  const block = entity.headers.toBuffer();
  const closed = block.length === 0 || block.at(-1) === LF;
  return concatFlows(Buffer.concat(closed ? [block, CRLF] : [block, CRLF, CRLF]), entity.body);
}

/**
 * Reads the headers and leaves the body to be streamed. Content that begins with no header block, as some senders
 * encrypt it (MIME-07), comes back whole as the body of an entity without headers.
 * @throws As2Error `mime-headers-too-large`
 */
export async function readEntity(chunks: Chunks, limits: MimeLimits = {}): Promise<ReadEntity> {
  const limit = limits.headerBytes ?? defaultMimeLimits.headerBytes;
  const reader = new ByteReader(chunks);
  try {
    const { block, length } = await findHeaderBlock(reader, limit);
    const headerBytes = Buffer.from(await reader.read(length));
    return { headers: Headers.parse(headerBytes.subarray(0, block)), headerBytes, body: reader.rest() };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

interface HeaderBlock {
  /** Bytes of the fields. */
  readonly block: number;
  /** Bytes of the fields and the blank line. */
  readonly length: number;
}

const NO_HEADERS: HeaderBlock = { block: 0, length: 0 };

async function findHeaderBlock(reader: ByteReader, limit: number): Promise<HeaderBlock> {
  const lines = new HeaderLines();
  for (let wanted = 1024; ; wanted *= 2) {
    const bytes = await reader.peek(Math.min(wanted, limit));
    const block = lines.read(bytes);
    if (lines.beginsOtherwise) return NO_HEADERS;
    if (block) return lines.plausible ? block : NO_HEADERS;
    if (bytes.length >= Math.min(wanted, limit) && wanted < limit) continue;
    lines.readUnfinished(bytes);
    if (!lines.mentionContent) return NO_HEADERS;
    if (bytes.length >= limit) throw new As2Error('mime-headers-too-large', { limitBytes: limit });
    // RFC 2045 §2.4 (and 2046 §5.1.1): the blank line may be missing where there is no body.
    return { block: bytes.length, length: bytes.length };
  }
}

/** Looks at the lines of what may be a header block, each once, while more and more of it arrives. */
class HeaderLines {
  /** A line that only MIME headers have was seen. */
  mentionContent = false;
  /** The very first line is no field: this is a payload without headers. */
  beginsOtherwise = false;
  private onlyFields = true;
  private first = true;
  private at = 0;

  get plausible(): boolean {
    return this.mentionContent || this.onlyFields;
  }

  /** The block, as soon as its blank line is among `bytes`. */
  read(bytes: Buffer): HeaderBlock | undefined {
    for (;;) {
      const end = bytes.indexOf(LF, this.at);
      if (end < 0) return undefined;
      const start = this.at;
      const line = bytes.toString('latin1', start, bytes[end - 1] === CR && end > start ? end - 1 : end);
      this.at = end + 1;
      if (line === '') return { block: start, length: this.at };
      this.judge(line);
      this.first = false;
    }
  }

  /** The line that nothing ended, when no more will be read. */
  readUnfinished(bytes: Buffer): void {
    this.judge(bytes.toString('latin1', this.at));
  }

  private judge(line: string): void {
    if (/^(?:content-[a-z-]+|mime-version)[ \t]*:/i.test(line)) this.mentionContent = true;
    const isField = /^[A-Za-z][A-Za-z0-9_.-]*[ \t]*:/.test(line);
    if (isField || (!this.first && /^[ \t]/.test(line))) return;
    this.onlyFields = false;
    if (this.first) this.beginsOtherwise = true;
  }
}
