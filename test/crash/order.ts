import { createHash, randomBytes } from 'node:crypto';

/** A payload that names itself: `<id>\n` and random bytes. */
export function makeOrder(id: string, sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from(`${id}\n`), randomBytes(sizeBytes)]);
}

/** The id in a payload; empty when there is none. */
export function orderId(payload: Buffer): string {
  return payload.subarray(0, Math.max(0, payload.indexOf('\n'))).toString('latin1');
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
