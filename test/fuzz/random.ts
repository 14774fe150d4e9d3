/** The same numbers for the same seed, on every machine (sfc32 of PractRand). */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  /** @param seed a number, or bytes of which every one counts */
  constructor(seed: number | Buffer) {
    if (typeof seed === 'number') {
      this.a = seed | 0;
      this.b = Math.floor(seed / 2 ** 32) | 0;
    } else {
      for (const byte of seed) {
        this.a = Math.imul(this.a ^ byte, 0x01000193);
        this.b = (Math.imul(this.b, 31) + byte) | 0;
      }
      this.c = seed.length;
    }
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  uint32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    return this.uint32() % Math.max(1, limit);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** 0 to `most`, small numbers more often. */
  size(most: number): number {
    return this.below(1 + this.below(1 + this.below(most + 1)));
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }

  /** A stream of its own, so that what is drawn from it does not shift what comes after. */
  fork(): Random {
    return new Random(this.uint32());
  }
}
