import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { context, integer, nullValue, octetString, oid, sequence } from '../../src/asn1';
import { decrypted, sample } from '../cms/helpers';
import { handmadeEnvelope, keyTransport, rsaEncryption } from '../support/handmade-cms';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import {
  beyondModulus,
  BLOCK_BYTES,
  encryptBlock,
  oaepBlock,
  type OaepParts,
  pkcs1Block,
} from './rsa-blocks';

/*
 * What stands for the encrypted key, in every wrong way. The content is in GCM, so that a wrong key never passes for a
 * right one by chance.
 */

const content = sample(500);
const contentKey = randomBytes(16);

let own: TestKeyPair;
before(async () => {
  own = await testKeyPair('Station A');
});

async function opened(algorithm: Buffer, encryptedKey: Buffer): Promise<Buffer> {
  const nonce = randomBytes(12);
  const encryption = createCipheriv('aes-128-gcm', contentKey, nonce);
  const ciphertext = Buffer.concat([encryption.update(content), encryption.final()]);
  const message = handmadeEnvelope({
    recipient: keyTransport(own.certificate, algorithm, encryptedKey),
    cipher: sequence(oid('2.16.840.1.101.3.4.1.6'), sequence(octetString(nonce), integer(16))),
    ciphertext,
    mac: encryption.getAuthTag(),
  });
  return decrypted(message, [own], 100);
}

const failed = { code: 'decryption-failed' };
const nonZero = (length: number) => Buffer.alloc(length, 0x77);

describe('edge: RSA PKCS#1 v1.5 key transport', () => {
  const sound = (key: Buffer, padding = nonZero(BLOCK_BYTES - 3 - key.length)) =>
    pkcs1Block(key, { type: 2, padding });

  for (const [name, algorithm] of [
    ['with NULL', rsaEncryption],
    ['without parameters', sequence(oid('1.2.840.113549.1.1.1'))],
    ['with other parameters', sequence(oid('1.2.840.113549.1.1.1'), sequence())],
  ] as const) {
    it(`ENV-04: ${name} it opens`, async () => {
      const encryptedKey = encryptBlock(own.certificate.publicKey, sound(contentKey));
      assert.ok((await opened(algorithm, encryptedKey)).equals(content));
    });
  }

  const blocks: readonly (readonly [string, () => Buffer])[] = [
    ['block type 1', () => pkcs1Block(contentKey, { type: 1, padding: nonZero(237) })],
    ['block type 0', () => pkcs1Block(contentKey, { type: 0, padding: nonZero(237) })],
    ['a first octet of one', () => pkcs1Block(contentKey, { type: 2, head: 1, padding: nonZero(237) })],
    ['no separator', () => pkcs1Block(contentKey, { type: 2, separator: 9, padding: nonZero(237) })],
    [
      'seven octets of padding',
      () =>
        pkcs1Block(Buffer.concat([nonZero(229), Buffer.alloc(1), contentKey]), {
          type: 2,
          padding: nonZero(7),
        }),
    ],
    ['a zero as first of the padding', () => sound(contentKey, nonZero(237).fill(0, 0, 1))],
    ['a zero as eighth of the padding', () => sound(contentKey, nonZero(237).fill(0, 7, 8))],
    ['a zero as ninth of the padding', () => sound(contentKey, nonZero(237).fill(0, 8, 9))],
    ['a key of no octets', () => sound(Buffer.alloc(0))],
    ['a key of one octet', () => sound(contentKey.subarray(0, 1))],
    ['a key one octet short', () => sound(contentKey.subarray(1))],
    ['a key one octet longer', () => sound(Buffer.concat([contentKey, Buffer.alloc(1)]))],
    ['a zero before the key', () => sound(Buffer.concat([Buffer.alloc(1), contentKey]))],
    ['a key for AES-192', () => sound(Buffer.concat([contentKey, contentKey.subarray(8)]))],
    ['a key for AES-256', () => sound(Buffer.concat([contentKey, contentKey]))],
    ['the longest there is room for', () => sound(nonZero(245))],
    ['another key', () => sound(nonZero(16))],
    ['zeros', () => Buffer.alloc(BLOCK_BYTES)],
    ['the block of OAEP', () => oaepBlock(contentKey)],
  ];
  for (const [name, block] of blocks) {
    it(`ENV-05: ${name} fails like everything else`, async () => {
      await assert.rejects(opened(rsaEncryption, encryptBlock(own.certificate.publicKey, block())), failed);
    });
  }

  const values: readonly (readonly [string, (encrypted: Buffer) => Buffer])[] = [
    ['one octet short', (encrypted) => encrypted.subarray(1)],
    ['one octet short at its end', (encrypted) => encrypted.subarray(0, -1)],
    ['a zero behind it', (encrypted) => Buffer.concat([encrypted, Buffer.alloc(1)])],
    ['the modulus added', (encrypted) => beyondModulus(own.privateKey, encrypted)],
    ['the greatest number', () => Buffer.alloc(BLOCK_BYTES, 0xff)],
    ['nothing', () => Buffer.alloc(0)],
    ['twice as long', (encrypted) => Buffer.concat([encrypted, encrypted])],
  ];
  for (const [name, change] of values) {
    it(`ENV-05, ENV-06: as value of the encrypted key ${name} fails like everything else`, async () => {
      const { publicKey } = own.certificate;
      await assert.rejects(opened(rsaEncryption, change(encryptBlock(publicKey, sound(contentKey)))), failed);
      const oaep = encryptBlock(publicKey, oaepBlock(contentKey));
      await assert.rejects(opened(oaepAlgorithm(), change(oaep)), failed);
    });
  }
});

const digests = {
  sha1: oid('1.3.14.3.2.26'),
  sha224: oid('2.16.840.1.101.3.4.2.4'),
  sha256: oid('2.16.840.1.101.3.4.2.1'),
  sha384: oid('2.16.840.1.101.3.4.2.2'),
  sha512: oid('2.16.840.1.101.3.4.2.3'),
} as const;

/** RSAES-OAEP-params (RFC 4055 §4.1). */
function oaepAlgorithm(
  o: {
    readonly digest?: keyof typeof digests;
    readonly mgf1Digest?: keyof typeof digests;
    readonly label?: Buffer;
    readonly parameters?: readonly Buffer[];
  } = {},
): Buffer {
  const { digest = 'sha256', mgf1Digest = digest, parameters = [nullValue()] } = o;
  return sequence(
    oid('1.2.840.113549.1.1.7'),
    sequence(
      context(0, sequence(digests[digest], ...parameters)),
      context(1, sequence(oid('1.2.840.113549.1.1.8'), sequence(digests[mgf1Digest], ...parameters))),
      ...(o.label ? [context(2, sequence(oid('1.2.840.113549.1.1.9'), octetString(o.label)))] : []),
    ),
  );
}

describe('edge: RSAES-OAEP', () => {
  const names = Object.keys(digests) as (keyof typeof digests)[];
  for (const digest of names) {
    for (const mgf1Digest of names) {
      it(`ENV-06: ${digest} with ${mgf1Digest} in the mask opens, with a label and without`, async () => {
        for (const label of [undefined, Buffer.from('order'), Buffer.alloc(300, 1)]) {
          const parts = { digest, mgf1Digest, ...(label ? { label } : {}) };
          const encryptedKey = encryptBlock(own.certificate.publicKey, oaepBlock(contentKey, parts));
          assert.ok((await opened(oaepAlgorithm(parts), encryptedKey)).equals(content));
        }
      });
    }
  }

  it('ENV-06: digests named without NULL, and nothing named at all, open', async () => {
    const { publicKey } = own.certificate;
    const named = oaepAlgorithm({ parameters: [] });
    assert.ok((await opened(named, encryptBlock(publicKey, oaepBlock(contentKey)))).equals(content));
    const sha1 = encryptBlock(publicKey, oaepBlock(contentKey, { digest: 'sha1' }));
    for (const parameters of [[], [sequence()]]) {
      const algorithm = sequence(oid('1.2.840.113549.1.1.7'), ...parameters);
      assert.ok((await opened(algorithm, sha1)).equals(content));
    }
  });

  /** Each with one digest for both uses, which node:crypto decodes, and with two, which we decode. */
  const wrong: readonly (readonly [string, OaepParts, Parameters<typeof oaepAlgorithm>[0]])[] = [
    ['another digest than announced', { digest: 'sha384' }, {}],
    ['another digest announced', {}, { digest: 'sha512' }],
    ['another mask digest announced', {}, { mgf1Digest: 'sha512' }],
    ['a label that was not announced', { label: Buffer.from('order') }, {}],
    ['a label that was announced', {}, { label: Buffer.from('order') }],
    ['another label', { label: Buffer.from('order') }, { label: Buffer.from('Order') }],
    [
      'a first bit of the hash of the label',
      { labelHash: (hash) => hash.writeUInt8((hash[0] ?? 0) ^ 0x80, 0) },
      {},
    ],
    [
      'a last bit of the hash of the label',
      { labelHash: (hash) => hash.writeUInt8((hash.at(-1) ?? 0) ^ 1, hash.length - 1) },
      {},
    ],
    ['a hash of zeros', { labelHash: (hash) => hash.fill(0) }, {}],
    ['a first octet of one', { head: 1 }, {}],
    ['a first octet of the padding', { padding: (bytes) => bytes.writeUInt8(2, 0) }, {}],
    ['a last octet of the padding', { padding: (bytes) => bytes.writeUInt8(0x80, bytes.length - 1) }, {}],
    ['an earlier separator', { padding: (bytes) => bytes.writeUInt8(1, 9) }, {}],
    ['no separator', { separator: 0 }, {}],
    ['another separator', { separator: 2 }, {}],
  ];
  for (const [name, parts, announced] of wrong) {
    it(`ENV-05, ENV-06: ${name} fails like everything else`, async () => {
      for (const mgf1Digest of ['sha256', 'sha1'] as const) {
        const block = oaepBlock(contentKey, { mgf1Digest, ...parts });
        const encryptedKey = encryptBlock(own.certificate.publicKey, block);
        await assert.rejects(opened(oaepAlgorithm({ mgf1Digest, ...announced }), encryptedKey), failed);
      }
    });
  }

  for (const length of [0, 1, 15, 17, 24, 32, 190]) {
    it(`ENV-05, ENV-06: a key of ${length} octets fails like everything else`, async () => {
      for (const mgf1Digest of ['sha256', 'sha1'] as const) {
        const block = oaepBlock(nonZero(length), { mgf1Digest });
        const encryptedKey = encryptBlock(own.certificate.publicKey, block);
        await assert.rejects(opened(oaepAlgorithm({ mgf1Digest }), encryptedKey), failed);
      }
    });
  }

  it('ENV-05, ENV-06: the block of PKCS#1 v1.5, and a block of zeros, fail like everything else', async () => {
    for (const block of [
      pkcs1Block(contentKey, { type: 2, padding: nonZero(237) }),
      Buffer.alloc(BLOCK_BYTES),
    ]) {
      for (const mgf1Digest of ['sha256', 'sha1'] as const) {
        const encryptedKey = encryptBlock(own.certificate.publicKey, block);
        await assert.rejects(opened(oaepAlgorithm({ mgf1Digest }), encryptedKey), failed);
      }
    }
  });

  it('ENV-06: parameters that nobody can read are named before any key is used', async () => {
    const head = oid('1.2.840.113549.1.1.7');
    const encryptedKey = encryptBlock(own.certificate.publicKey, oaepBlock(contentKey));
    for (const [parameters, code] of [
      [sequence(context(0, sequence(oid('1.2.3')))), 'algorithm-unsupported'],
      [sequence(context(1, sequence(oid('1.2.3')))), 'algorithm-unsupported'],
      [sequence(context(2, sequence(oid('1.2.3'), octetString(Buffer.alloc(0))))), 'asn1-malformed'],
      [integer(1), 'asn1-malformed'],
    ] as const) {
      await assert.rejects(opened(sequence(head, parameters), encryptedKey), { code });
    }
  });
});
