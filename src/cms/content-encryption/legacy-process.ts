import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CIPHER_UNAVAILABLE, type LegacyOrder } from './legacy';

/*
 * The other end of legacy.ts: a process of its own, started with OpenSSL's legacy provider. The order comes as a
 * message, the data through standard input, and the result goes to standard output.
 */

process.once('message', (order: LegacyOrder) => {
  process.disconnect();
  // Only the exit code tells of a failure: bad padding must look like everything else that fails.
  pipeline(process.stdin, createCipher(order), process.stdout).catch(() => process.exit(1));
});

function createCipher({ direction, nodeName, key, iv }: LegacyOrder): Transform {
  const create = direction === 'encrypt' ? createCipheriv : createDecipheriv;
  try {
    return create(nodeName, Buffer.from(key, 'hex'), Buffer.from(iv, 'hex'));
  } catch {
    return process.exit(CIPHER_UNAVAILABLE);
  }
}
