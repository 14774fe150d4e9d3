import { type Cipheriv, createCipheriv, timingSafeEqual } from 'node:crypto';

const BLOCK_BYTES = 16;

export interface CcmParameters {
  readonly key: Buffer;
  /** 7 to 13 octets. */
  readonly nonce: Buffer;
  readonly tagBytes: number;
  readonly additionalData: Buffer;
  /** Number of octets of the plaintext: CCM authenticates it first. */
  readonly contentBytes: number;
}

/**
 * AES-CCM (RFC 3610) as a stream: node:crypto takes the whole message at once only, so it is put together here from
 * the two things it is made of, both of which stream: AES-CTR and AES-CBC-MAC.
 */
export class CcmStream {
  private readonly counter: Cipheriv;
  private readonly mac: CbcMac;
  /** S_0 of RFC 3610 §2.3: what hides the tag. */
  private readonly tagMask: Buffer;
  private bytes = 0;

  constructor(
    private readonly direction: 'seal' | 'open',
    private readonly parameters: CcmParameters,
  ) {
    const { key, nonce, contentBytes, additionalData, tagBytes } = parameters;
    const lengthBytes = BLOCK_BYTES - 1 - nonce.length;
    if (!ccmHolds(nonce.length, contentBytes))
      throw new RangeError('the nonce is too long for this much content');
    this.mac = new CbcMac(key);
    const flags = (additionalData.length > 0 ? 0x40 : 0) | (((tagBytes - 2) / 2) << 3) | (lengthBytes - 1);
    this.mac.update(Buffer.concat([Buffer.from([flags]), nonce, bigEndian(contentBytes, lengthBytes)]));
    if (additionalData.length > 0) {
      this.mac.update(Buffer.concat([additionalDataLength(additionalData.length), additionalData]));
      this.mac.pad();
    }
    const firstCounter = Buffer.concat([Buffer.from([lengthBytes - 1]), nonce, Buffer.alloc(lengthBytes)]);
    this.counter = createCipheriv(`aes-${key.length * 8}-ctr`, key, firstCounter);
    this.tagMask = this.counter.update(Buffer.alloc(BLOCK_BYTES));
  }

  update(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    const output = this.counter.update(chunk);
    this.mac.update(this.direction === 'seal' ? chunk : output);
    return output;
  }

  /** The tag of what went through. */
  tag(): Buffer {
    if (this.bytes !== this.parameters.contentBytes)
      throw new RangeError('the content has another length than announced');
    this.mac.pad();
    const { tagBytes } = this.parameters;
    return Buffer.from(this.mac.value.map((byte, index) => byte ^ (this.tagMask[index] ?? 0))).subarray(
      0,
      tagBytes,
    );
  }

  verifies(tag: Buffer): boolean {
    const expected = this.tag();
    return tag.length === expected.length && timingSafeEqual(tag, expected);
  }
}

/** The last block of AES-CBC with a zero vector. */
class CbcMac {
  private readonly cipher: Cipheriv;
  private bytes = 0;
  /** The block that came out last. */
  value: Buffer = Buffer.alloc(BLOCK_BYTES);

  constructor(key: Buffer) {
    this.cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, Buffer.alloc(BLOCK_BYTES)).setAutoPadding(
      false,
    );
  }

  update(chunk: Buffer): void {
    this.bytes += chunk.length;
    const output = this.cipher.update(chunk);
    if (output.length > 0) this.value = output.subarray(-BLOCK_BYTES);
  }

  /** Zeros up to the end of the block. */
  pad(): void {
    const over = this.bytes % BLOCK_BYTES;
    if (over > 0) this.update(Buffer.alloc(BLOCK_BYTES - over));
  }
}

/** RFC 3610 §2.2. */
function additionalDataLength(length: number): Buffer {
  return length < 0xff00
    ? bigEndian(length, 2)
    : Buffer.concat([Buffer.from([0xff, 0xfe]), bigEndian(length, 4)]);
}

function bigEndian(value: number, bytes: number): Buffer {
  const octets = Buffer.alloc(bytes);
  for (let index = bytes - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 256))
    octets[index] = rest % 256;
  return octets;
}

/** Nonce and length share a block: the longer the one, the shorter the other (RFC 3610 §2.1). */
export function ccmHolds(nonceBytes: number, contentBytes: number): boolean {
  return contentBytes < 256 ** (BLOCK_BYTES - 1 - nonceBytes);
}

/** A nonce that leaves room for that length; 12 octets, as usual, for up to 16 MiB. */
export function ccmNonceBytes(contentBytes: number): number {
  let nonceBytes = 12;
  while (!ccmHolds(nonceBytes, contentBytes)) nonceBytes--;
  return nonceBytes;
}
