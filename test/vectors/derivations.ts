import { createHash, createHmac } from 'node:crypto';
import { context, octetString, sequence } from '../../src/asn1';

/*
 * The derivations of a key-encryption key, written down once more straight from the standards: what a published shared
 * secret must lead to, without a line of the code under test.
 */

/** HKDF (RFC 5869 §2) over a given HMAC. */
export function hkdf(
  hmac: (key: Buffer, data: Buffer) => Buffer,
  secret: Buffer,
  salt: Buffer,
  info: Buffer,
  lengthBytes: number,
): Buffer {
  const extracted = hmac(salt, secret);
  let block: Buffer = Buffer.alloc(0);
  let output: Buffer = Buffer.alloc(0);
  for (let counter = 1; output.length < lengthBytes; counter++) {
    block = hmac(extracted, Buffer.concat([block, info, Buffer.from([counter])]));
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, lengthBytes);
}

/** A key-encryption key by RFC 8418 §2.2. `digest` by its name in Node.js. */
export function hkdfKey(
  digest: string,
  secret: Buffer,
  keyInfo: Buffer,
  material: Buffer | undefined,
  keyBytes: number,
): Buffer {
  const hmac = (key: Buffer, data: Buffer) => createHmac(digest, key).update(data).digest();
  return hkdf(hmac, secret, material ?? Buffer.alloc(0), sharedInfo(keyInfo, material, keyBytes), keyBytes);
}

/** A key-encryption key by RFC 5753 §7.2; `digest` has to give enough octets at once. */
export function x963Key(
  digest: string,
  secret: Buffer,
  keyInfo: Buffer,
  material: Buffer | undefined,
  keyBytes: number,
): Buffer {
  const counted = [secret, Buffer.from([0, 0, 0, 1]), sharedInfo(keyInfo, material, keyBytes)];
  return createHash(digest).update(Buffer.concat(counted)).digest().subarray(0, keyBytes);
}

function sharedInfo(keyInfo: Buffer, material: Buffer | undefined, keyBytes: number): Buffer {
  const bits = Buffer.from([0, 0, (keyBytes * 8) >> 8, (keyBytes * 8) & 0xff]);
  return sequence(
    keyInfo,
    ...(material ? [context(0, octetString(material))] : []),
    context(2, octetString(bits)),
  );
}
