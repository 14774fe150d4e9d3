import { addReturns } from '../mime';
import type { DigestSet } from './mic';

/** Digests bytes as if every bare line feed were CRLF: what senders sign that canonicalize text (MIME-03). */
export class CanonicalDigests {
  private last = 0;

  constructor(private readonly digests: DigestSet) {}

  readonly update = (chunk: Buffer): void => {
    this.digests.update(addReturns(chunk, this.last));
    this.last = chunk.at(-1) ?? this.last;
  };
}
