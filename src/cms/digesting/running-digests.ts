import { availableParallelism } from 'node:os';
import { type DigestName, digestOf } from '../algorithms';
import { type ThreadedDigests, digestThread } from './digest-thread';
import { type Digests, LocalDigests } from './local-digests';

/**
 * From this much on, bytes are digested in a thread of their own. For less, starting it and waking it costs more
 * than it saves.
 */
const THREAD_FROM_BYTES = 1024 * 1024;

/**
 * Several digests over the same bytes. Those of a large message are taken in another thread, beside the cipher: a
 * digest, and a cipher in CBC mode, can each use one processor only.
 */
export class RunningDigests {
  private readonly names: readonly DigestName[];
  private readonly threadFromBytes: number;
  /** What came until it was clear that it is much. */
  private held: Buffer[] = [];
  private heldBytes = 0;
  private taker: ThreadedDigests | LocalDigests | undefined;
  /** Those of a small message that were asked for. */
  private readonly single = new Map<DigestName, Buffer>();
  private done: Digests | undefined;

  /** @param threadFromBytes for more than this the thread is used, unless there is only one processor */
  constructor(names: Iterable<DigestName>, threadFromBytes = THREAD_FROM_BYTES) {
    this.names = [...new Set(names)];
    this.threadFromBytes = threadFromBytes;
  }

  /** Adds bytes that somebody holds in memory anyway: before all others. Nobody may change them afterwards. */
  hold(bytes: Buffer): void {
    if (this.taker || this.done || this.single.size > 0) throw new RangeError('the digests have begun');
    this.held.push(bytes);
    this.heldBytes += bytes.length;
  }

  /**
   * Adds bytes; nobody may change them afterwards.
   * @returns what to wait for before anything else is done here, if there is something
   */
  update(chunk: Buffer): Promise<void> | undefined {
    if (this.taker) return this.taker.update(chunk);
    this.hold(chunk);
    return this.heldBytes > this.threadFromBytes ? this.startTaking() : undefined;
  }

  /** Waits for the digests; nothing can be added afterwards. */
  async finish(): Promise<void> {
    if (this.taker) this.done ??= await this.taker.finish();
  }

  /** The digests are not wanted any more. */
  abandon(): void {
    if (!this.done) this.taker?.abandon();
  }

  /**
   * The digests; nothing can be added afterwards.
   * @throws RangeError when there was so much that `finish` has to be waited for first
   */
  digests(): Digests {
    this.done ??= new Map(this.names.map((name) => [name, this.digest(name)]));
    this.held.length = 0;
    return this.done;
  }

  /**
   * One of the digests, of a small message alone.
   * @throws RangeError for one that is not among them, and as `digests`
   */
  digest(name: DigestName): Buffer {
    if (this.taker && !this.done) throw new RangeError('the digests are not complete');
    const known = (this.done ?? this.single).get(name);
    if (known) return known;
    if (!this.names.includes(name)) throw new RangeError(`${name} is not among these digests`);
    const digest = digestOf(name, this.held);
    this.single.set(name, digest);
    return digest;
  }

  private async startTaking(): Promise<void> {
    const thread = availableParallelism() > 1 ? await digestThread() : undefined;
    this.taker = thread ? thread.begin(this.names) : new LocalDigests(this.names);
    for (const chunk of this.held.splice(0)) await this.taker.update(chunk);
  }
}
