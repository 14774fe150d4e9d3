import type { Hash } from 'node:crypto';
import { createDigest, digestAlgorithm, type DigestName } from '../cms';
import type { MicDeviation } from './mic-deviations';

/** One digest over one form of the bytes. */
export interface FormDigest {
  readonly deviations: readonly MicDeviation[];
  readonly algorithm: DigestName;
  readonly digest: Buffer;
}

const CRLF = Buffer.from('\r\n');
const LF = Buffer.from('\n');
const CR = Buffer.from('\r');
/** What is held back, so that it can be left away at the end. */
const TAIL_BYTES = 2;

/** Digests bytes that stream by, and knows what the digests would be if the last line break were another one. */
export class EndingDigests {
  private readonly hashes: readonly (readonly [DigestName, Hash])[];
  private tail: Buffer = Buffer.alloc(0);

  /** @param deviations of the bytes that will come */
  constructor(
    names: readonly DigestName[],
    private readonly deviations: readonly MicDeviation[],
  ) {
    this.hashes = names.map((name) => [name, createDigest(name)]);
  }

  update(chunk: Buffer): void {
    const short = chunk.length < TAIL_BYTES;
    const bytes = short ? Buffer.concat([this.tail, chunk]) : chunk;
    if (!short) this.add(this.tail);
    const end = Math.max(0, bytes.length - TAIL_BYTES);
    this.add(bytes.subarray(0, end));
    // A copy: it outlives the chunk.
    this.tail = Buffer.from(bytes.subarray(end));
  }

  /** The simplest first. */
  digests(): FormDigest[] {
    return this.endings().flatMap(([ending, tail]) =>
      this.hashes.map(([algorithm, hash]) => ({
        deviations: [...this.deviations, ...ending],
        algorithm,
        digest: hash
          .copy({ outputLength: digestAlgorithm(algorithm).lengthBytes })
          .update(tail)
          .digest(),
      })),
    );
  }

  private endings(): (readonly [readonly MicDeviation[], Buffer])[] {
    const { tail } = this;
    const shorter = [CRLF, LF].find((lineBreak) => tail.subarray(-lineBreak.length).equals(lineBreak));
    return [
      [[], tail],
      [['crlf-added'], Buffer.concat([tail, CRLF])],
      [['lf-added'], Buffer.concat([tail, LF])],
      [['cr-added'], Buffer.concat([tail, CR])],
      ...(shorter ? [[['line-break-removed'], tail.subarray(0, -shorter.length)] as const] : []),
    ];
  }

  private add(bytes: Buffer): void {
    for (const [, hash] of this.hashes) hash.update(bytes);
  }
}
