import type { Hash } from 'node:crypto';
// Not by the folder's index: the thread shall load no more than it needs.
import { createDigest, type DigestName } from '../algorithms/digests';

export type Digests = ReadonlyMap<DigestName, Buffer>;

/** Several digests over the same bytes, taken at once by the thread that has them. */
export class LocalDigests {
  private readonly hashes: ReadonlyMap<DigestName, Hash>;

  constructor(names: readonly DigestName[]) {
    this.hashes = new Map(names.map((name) => [name, createDigest(name)]));
  }

  update(chunk: Buffer): undefined {
    for (const hash of this.hashes.values()) hash.update(chunk);
  }

  /** Nothing can be added afterwards. */
  finish(): Digests {
    return new Map([...this.hashes].map(([name, hash]) => [name, hash.digest()]));
  }

  abandon(): void {}
}
