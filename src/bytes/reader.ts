import { As2Error } from '../errors';
import { AtHand, type Chunks } from './flow';

const EMPTY = Buffer.alloc(0);
const DONE = { done: true, value: undefined } as const;

/** Pulls bytes out of chunks in the portions a parser wants; holds no more than one chunk and what was peeked. */
export class ByteReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private held: Buffer = EMPTY;
  private ended = false;
  private consumed = 0;

  constructor(chunks: Chunks) {
    this.iterator = chunks[Symbol.asyncIterator]();
    // What is at hand need not be waited for.
    if (!(chunks instanceof AtHand)) return;
    this.held = chunks.take() ?? EMPTY;
    this.ended = true;
  }

  /** Bytes consumed so far. */
  get position(): number {
    return this.consumed;
  }

  /** Up to `count` bytes without consuming them; fewer only where the data ends. */
  async peek(count: number): Promise<Buffer> {
    if (this.held.length < count && !this.ended) await this.hold(count);
    return this.held.length <= count ? this.held : this.held.subarray(0, count);
  }

  /** What is held already, without waiting for more. */
  get available(): Buffer {
    return this.held;
  }

  async atEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0;
  }

  /** The next byte, or -1 at the end. */
  async readByte(): Promise<number> {
    if (this.held.length === 0 && !this.ended) await this.hold(1);
    if (this.held.length === 0) return -1;
    const byte = this.held[0] ?? -1;
    this.skipHeld(1);
    return byte;
  }

  /**
   * Exactly `count` bytes.
   * @throws As2Error `truncated`
   */
  async read(count: number): Promise<Buffer> {
    if (this.held.length < count && !this.ended) await this.hold(count);
    return this.readAvailable(count);
  }

  /** The same for bytes that are held already, without waiting. */
  readAvailable(count: number): Buffer {
    if (this.held.length < count) throw truncated(count - this.held.length);
    const bytes = this.held.subarray(0, count);
    this.skipHeld(count);
    return bytes;
  }

  /** The next bytes as they lie, at most `longest`; undefined at the end. */
  async nextChunk(longest: number): Promise<Buffer | undefined> {
    if (this.held.length === 0 && !this.ended) await this.hold(1);
    return this.held.length === 0 ? undefined : this.takeHeld(longest);
  }

  /**
   * Exactly `count` bytes, in the pieces in which they come.
   * @throws As2Error `truncated`
   */
  async *take(count: number): AsyncGenerator<Buffer, void> {
    let missing = count;
    while (missing > 0) {
      if (this.held.length === 0 && !this.ended) await this.hold(1);
      if (this.held.length === 0) throw truncated(missing);
      const bytes = this.takeHeld(missing);
      missing -= bytes.length;
      yield bytes;
    }
  }

  /**
   * Everything up to the end. No generator, because there is one for each layer of a message: a generator makes
   * several promises for each chunk that goes through it.
   */
  rest(): AsyncIterableIterator<Buffer, void> {
    const rest: AsyncIterableIterator<Buffer, void> = {
      [Symbol.asyncIterator]: () => rest,
      next: () => this.nextStep(),
      return: async () => {
        await this.close();
        return DONE;
      },
    };
    return rest;
  }

  /** Puts bytes back in front. */
  unread(bytes: Buffer): void {
    this.held = this.held.length === 0 ? bytes : Buffer.concat([bytes, this.held]);
    this.consumed -= bytes.length;
  }

  /** Releases what lies underneath, also before its end. */
  async close(): Promise<void> {
    this.held = EMPTY;
    if (this.ended) return;
    this.ended = true;
    await this.iterator.return?.();
  }

  private async nextStep(): Promise<IteratorResult<Buffer, void>> {
    if (this.held.length > 0) return { done: false, value: this.takeHeld(Infinity) };
    try {
      while (!this.ended) {
        const step = await this.iterator.next();
        if (step.done) this.ended = true;
        else if (step.value.length > 0) {
          this.consumed += step.value.length;
          return step;
        }
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return DONE;
  }

  private takeHeld(longest: number): Buffer {
    const bytes = this.held.length <= longest ? this.held : this.held.subarray(0, longest);
    this.skipHeld(bytes.length);
    return bytes;
  }

  private skipHeld(count: number): void {
    this.held = count === this.held.length ? EMPTY : this.held.subarray(count);
    this.consumed += count;
  }

  /** Waits until there are so many bytes, or no more. */
  private async hold(count: number): Promise<void> {
    const parts = [this.held];
    let length = this.held.length;
    while (length < count) {
      const next = await this.iterator.next();
      if (next.done) {
        this.ended = true;
        break;
      }
      if (next.value.length === 0) continue;
      if (length > 0) parts.push(next.value);
      else parts[0] = next.value;
      length += next.value.length;
    }
    this.held = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
  }
}

function truncated(expected: number): As2Error {
  return new As2Error('truncated', { expected });
}
