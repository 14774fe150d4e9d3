import { hash } from 'node:crypto';
import type * as Forge from 'node-forge';

/** RFC 7292 appendix B.3: what the derived octets are for. */
const purposes = { encryption: 1, iv: 2, mac: 3 } as const;

/** Digest -> its block size in octets, which the derivation works with. */
const blockBytes: Readonly<Record<string, number>> = {
  md5: 64,
  sha1: 64,
  sha224: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};

/**
 * The key derivation of PKCS#12 (RFC 7292 appendix B.2), which node:crypto does not offer: node-forge's, with the
 * digests of node:crypto.
 */
export function pkcs12Key(
  purpose: keyof typeof purposes,
  digest: string,
  passphrase: string | undefined,
  salt: Buffer,
  iterations: number,
  lengthBytes: number,
): Buffer {
  const forge = loadForge();
  const saltBuffer = forge.util.createBuffer(salt.toString('latin1'));
  const messageDigest = nativeDigest(forge, digest);
  return toBuffer(
    forge.pkcs12.generateKey(
      passphrase,
      saltBuffer,
      purposes[purpose],
      iterations,
      lengthBytes,
      messageDigest,
    ),
  );
}

/** RC2-CBC with PKCS#7 padding; effective key bits as many as the key has (OpenSSL 3 has RC2 only on request). */
export function rc2CbcDecrypt(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const forge = loadForge();
  const cipher = forge.rc2.createDecryptionCipher(key.toString('latin1'), key.length * 8);
  cipher.start(iv.toString('latin1'));
  cipher.update(forge.util.createBuffer(data.toString('latin1')));
  if (!cipher.finish()) throw new Error('bad padding');
  return toBuffer(cipher.output);
}

/** node-forge takes as long to load as the rest of this package: only when a file needs it, and only these parts. */
function loadForge(): typeof Forge {
  require('node-forge/lib/pkcs12');
  require('node-forge/lib/rc2');
  return require('node-forge/lib/forge') as typeof Forge;
}

/** A digest of node:crypto with what node-forge's derivation uses of a digest; octets are latin1 strings there. */
function nativeDigest(forge: typeof Forge, digest: string): Forge.md.MessageDigest {
  let octets = '';
  const messageDigest = {
    digestLength: hash(digest, '', 'buffer').length,
    blockLength: blockBytes[digest],
    start() {
      octets = '';
      return messageDigest;
    },
    update(more: string) {
      octets += more;
      return messageDigest;
    },
    digest: () => forge.util.createBuffer(hash(digest, Buffer.from(octets, 'latin1'), 'binary')),
  };
  return messageDigest as unknown as Forge.md.MessageDigest;
}

function toBuffer(octets: Forge.util.ByteBuffer): Buffer {
  return Buffer.from(octets.getBytes(), 'latin1');
}
