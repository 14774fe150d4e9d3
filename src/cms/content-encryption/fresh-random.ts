import { randomBytes } from 'node:crypto';

/** Asked for at once: asking costs more than the octets. */
const POOL_BYTES = 4096;

let pool: Buffer = Buffer.alloc(0);

/** Random octets for keys and vectors, each given out once. */
export function freshRandom(bytes: number): Buffer {
  if (bytes > POOL_BYTES) return randomBytes(bytes);
  if (pool.length < bytes) pool = randomBytes(POOL_BYTES);
  // A copy, so that no key keeps all the others in memory, and none is there any more where it was taken from.
  const taken = Buffer.from(pool.subarray(0, bytes));
  pool.fill(0, 0, bytes);
  pool = pool.subarray(bytes);
  return taken;
}
