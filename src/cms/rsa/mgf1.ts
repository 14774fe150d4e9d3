import { createDigest, type DigestName } from '../algorithms';

/** The mask generation function of RFC 8017 §B.2.1. */
export function mgf1(digest: DigestName, seed: Buffer, lengthBytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let length = 0, counter = 0; length < lengthBytes; counter++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const block = createDigest(digest).update(seed).update(count).digest();
    blocks.push(block);
    length += block.length;
  }
  return Buffer.concat(blocks).subarray(0, lengthBytes);
}

/** `bytes` with `mask` over it. */
export function masked(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index] ?? 0)));
}
