import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { integer, octetString, oid, sequence } from '../../src/asn1';
import { cipherAlgorithm, type CipherName } from '../../src/cms';
import { decrypted, sample } from '../cms/helpers';
import { handmadeEnvelope, pkcs1Recipient } from '../support/handmade-cms';
import { type TestKeyPair, testKeyPair } from '../support/keys';

const content = sample(300);
const failed = { code: 'decryption-failed' };

let own: TestKeyPair;
before(async () => {
  own = await testKeyPair('Station A');
});

type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-ccm' | 'aes-256-ccm' | 'chacha20-poly1305';

interface SealedParts {
  readonly nonce?: Buffer;
  /** Of the tag that the sender makes. */
  readonly tagBytes?: number;
  /** What arrives of it. */
  readonly tag?: (tag: Buffer) => Buffer;
  /** The INTEGER that announces its length; null: left away. */
  readonly icvLength?: Buffer | null;
  readonly parameters?: (nonce: Buffer) => Buffer;
}

type Structure = 'auth-enveloped-data' | 'enveloped-data';

async function opened(cipher: AeadName, structure: Structure, parts: SealedParts): Promise<Buffer> {
  const { nonce = randomBytes(12), tagBytes = 16, tag: arriving = (tag) => tag } = parts;
  const { oid: id, keyBytes, mode } = cipherAlgorithm(cipher);
  const key = randomBytes(keyBytes);
  // With the usual length where node:crypto knows no other: what is tested then fails before.
  const usable = isUsable(cipher, nonce) ? nonce : randomBytes(12);
  const encryption = createCipheriv(cipher as 'aes-128-gcm', key, usable, { authTagLength: tagBytes });
  const ciphertext = encryption.update(content);
  encryption.final();
  const tag = arriving(encryption.getAuthTag());
  const { icvLength = integer(16) } = parts;
  const usual =
    mode === 'chacha20-poly1305'
      ? octetString(nonce)
      : sequence(octetString(nonce), ...(icvLength ? [icvLength] : []));
  const message = handmadeEnvelope({
    recipient: pkcs1Recipient(own.certificate, key),
    cipher: sequence(oid(id), parts.parameters?.(nonce) ?? usual),
    ...(structure === 'auth-enveloped-data'
      ? { ciphertext, mac: tag }
      : { ciphertext: Buffer.concat([ciphertext, tag]) }),
  });
  return decrypted(message, [own], 90);
}

function isUsable(cipher: AeadName, nonce: Buffer): boolean {
  if (cipher.includes('gcm')) return nonce.length > 0 && nonce.length <= 128;
  return cipher.includes('ccm') ? nonce.length >= 7 && nonce.length <= 13 : nonce.length === 12;
}

const aeads: readonly AeadName[] = [
  'aes-128-gcm',
  'aes-256-gcm',
  'aes-128-ccm',
  'aes-256-ccm',
  'chacha20-poly1305',
];
/** The rule about each of them. */
function ruleOf(cipher: AeadName): string {
  if (cipher.endsWith('gcm')) return 'AEAD-02';
  return cipher.endsWith('ccm') ? 'AEAD-03' : 'AEAD-04';
}

const structures: readonly Structure[] = ['auth-enveloped-data', 'enveloped-data'];

describe('edge: authentication tags', () => {
  for (const cipher of aeads) {
    for (const structure of structures) {
      it(`${ruleOf(cipher)}: ${cipher} in ${structure}: a tag cut off fails, wherever it is cut`, async () => {
        for (let length = 0; length < 16; length++) {
          for (const tag of [
            (whole: Buffer) => whole.subarray(0, length),
            (whole: Buffer) => whole.subarray(16 - length),
          ]) {
            if (length > 0 || structure === 'auth-enveloped-data')
              await assert.rejects(opened(cipher, structure, { tag }), failed, `${length} octets`);
          }
        }
      });

      it(`${ruleOf(cipher)}: ${cipher} in ${structure}: a tag that is wrong anywhere, or goes on, fails`, async () => {
        for (let bit = 0; bit < 128; bit += 9) {
          const tag = (whole: Buffer) => {
            whole.writeUInt8(whole.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
            return whole;
          };
          await assert.rejects(opened(cipher, structure, { tag }), failed, `bit ${bit}`);
        }
        for (const tag of [
          (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(1)]),
          (whole: Buffer) => Buffer.concat([whole, whole]),
          () => Buffer.alloc(16),
          () => Buffer.alloc(16, 0xff),
        ]) {
          await assert.rejects(opened(cipher, structure, { tag }), failed);
        }
      });
    }
  }

  for (const [cipher, taken] of [
    ['aes-128-gcm', [12, 13, 14, 15, 16]],
    ['aes-128-ccm', [8, 10, 12, 14, 16]],
  ] as const) {
    for (const structure of structures) {
      it(`${ruleOf(cipher)}: ${cipher} in ${structure}: of all lengths announced only ${taken.join(', ')} open`, async () => {
        const lengths = cipher === 'aes-128-gcm' ? [4, 8, 12, 13, 14, 15, 16] : [4, 6, 8, 10, 12, 14, 16];
        for (const tagBytes of lengths) {
          const outcome = opened(cipher, structure, { tagBytes, icvLength: integer(tagBytes) });
          if (taken.some((length) => length === tagBytes)) assert.ok((await outcome).equals(content));
          else await assert.rejects(outcome, { code: 'asn1-malformed' });
        }
      });

      it(`${ruleOf(cipher)}: ${cipher} in ${structure}: another length than the tag has`, async () => {
        for (const announced of [8, 10, 12, 13, 14, 15]) {
          const icvLength = integer(announced);
          const code = taken.some((length) => length === announced) ? 'decryption-failed' : 'asn1-malformed';
          await assert.rejects(opened(cipher, structure, { icvLength }), { code }, `${announced}`);
        }
      });

      it(`${ruleOf(cipher)}: ${cipher} in ${structure}: lengths that no tag has`, async () => {
        for (const icvLength of [
          '0201ff',
          '020100',
          '020111',
          '020180',
          '02020100',
          '02080000000000000010',
          '0200',
          '0101ff',
        ]) {
          await assert.rejects(
            opened(cipher, structure, { icvLength: Buffer.from(icvLength, 'hex') }),
            { code: 'asn1-malformed' },
            icvLength,
          );
        }
      });
    }
  }

  it('AEAD-02: a tag of GCM that was shortened with its announcement, below what is taken, does not open', async () => {
    // GCM's short tags are the beginnings of its long one, so that nothing but the limit stands against it.
    for (const length of [1, 4, 8, 11]) {
      const parts = { tag: (tag: Buffer) => tag.subarray(0, length) };
      for (const structure of structures) {
        await assert.rejects(opened('aes-128-gcm', structure, { ...parts, icvLength: integer(length) }), {
          code: 'asn1-malformed',
        });
      }
      await assert.rejects(
        opened('aes-128-gcm', 'auth-enveloped-data', { ...parts, icvLength: null }),
        failed,
      );
    }
  });
});

describe('edge: nonces', () => {
  const lengths: Readonly<Record<AeadName, (length: number) => boolean>> = {
    'aes-128-gcm': (length) => length >= 1 && length <= 128,
    'aes-256-gcm': (length) => length >= 1 && length <= 128,
    'aes-128-ccm': (length) => length >= 7 && length <= 13,
    'aes-256-ccm': (length) => length >= 7 && length <= 13,
    'chacha20-poly1305': (length) => length === 12,
  };
  for (const cipher of aeads) {
    it(`${ruleOf(cipher)}: ${cipher}: nonces of every length`, async () => {
      for (const length of [0, 1, 6, 7, 8, 11, 12, 13, 14, 15, 16, 24, 32, 64, 128, 129, 4096]) {
        const outcome = opened(cipher, 'auth-enveloped-data', { nonce: Buffer.alloc(length, 3) });
        if (lengths[cipher](length)) assert.ok((await outcome).equals(content), `${length} octets`);
        else await assert.rejects(outcome, { code: 'asn1-malformed' }, `${length} octets`);
      }
    });

    it(`${ruleOf(cipher)}: ${cipher}: another nonce than the sender's fails`, async () => {
      const parameters = (nonce: Buffer): Buffer => {
        const other = octetString(Buffer.from(nonce.map((byte, index) => (index === 11 ? byte ^ 1 : byte))));
        return cipher === 'chacha20-poly1305' ? other : sequence(other, integer(16));
      };
      await assert.rejects(opened(cipher, 'auth-enveloped-data', { parameters }), failed);
    });

    it(`${ruleOf(cipher)}: ${cipher}: parameters of another kind are refused`, async () => {
      for (const parameters of [integer(1), sequence(), sequence(integer(16)), Buffer.from('0500', 'hex')]) {
        await assert.rejects(opened(cipher, 'auth-enveloped-data', { parameters: () => parameters }), {
          code: 'asn1-malformed',
        });
      }
    });
  }
});

describe('edge: CBC', () => {
  const ciphers: readonly (readonly [CipherName, string])[] = [
    ['aes-128-cbc', 'aes-128-cbc'],
    ['aes-192-cbc', 'aes-192-cbc'],
    ['aes-256-cbc', 'aes-256-cbc'],
    ['des-ede3-cbc', 'des-ede3-cbc'],
  ];

  interface CbcParts {
    readonly key?: Buffer;
    readonly iv?: Buffer;
    readonly ciphertext?: (ciphertext: Buffer) => Buffer;
  }

  /** @param padded whole blocks, as they are enciphered */
  async function openedCbc(cipher: CipherName, padded: Buffer, parts: CbcParts = {}): Promise<Buffer> {
    const { oid: id, keyBytes, ivBytes, nodeName } = cipherAlgorithm(cipher);
    const key = randomBytes(keyBytes);
    const iv = randomBytes(ivBytes);
    const encryption = createCipheriv(nodeName, key, iv).setAutoPadding(false);
    const ciphertext = Buffer.concat([encryption.update(padded), encryption.final()]);
    const message = handmadeEnvelope({
      recipient: pkcs1Recipient(own.certificate, parts.key ?? key),
      cipher: sequence(oid(id), octetString(parts.iv ?? iv)),
      ciphertext: parts.ciphertext?.(ciphertext) ?? ciphertext,
    });
    return decrypted(message, [own], 50);
  }

  for (const [cipher] of ciphers) {
    const { blockBytes, keyBytes } = cipherAlgorithm(cipher);
    const rule = cipher === 'des-ede3-cbc' ? 'ENV-10' : 'ENV-09';
    const ending = (...last: readonly number[]): Buffer => {
      const blocks = Buffer.alloc(3 * blockBytes, 0x61);
      Buffer.from(last).copy(blocks, blocks.length - last.length);
      return blocks;
    };
    const repeated = (count: number): readonly number[] => Array.from({ length: count }, () => count);

    it(`${rule}: ${cipher}: every padding from one octet to a block opens`, async () => {
      for (let count = 1; count <= blockBytes; count++) {
        const plain = await openedCbc(cipher, ending(...repeated(count)));
        assert.ok(plain.equals(Buffer.alloc(3 * blockBytes - count, 0x61)), `${count}`);
      }
      const nothing = await openedCbc(cipher, Buffer.from(repeated(blockBytes)));
      assert.equal(nothing.length, 0);
    });

    const wrong: readonly (readonly [string, readonly number[]])[] = [
      ['zero', [0]],
      ['a block of zeros', Array.from({ length: blockBytes }, () => 0)],
      ['one more than a block', repeated(blockBytes + 1)],
      ['two blocks', repeated(2 * blockBytes)],
      ['255', [255]],
      ['128', [128]],
      ['two, the first of them wrong', [1, 2]],
      ['three, the first of them wrong', [9, 3, 3]],
      ['three, the second of them wrong', [3, 9, 3]],
      ['a block, the first of it wrong', [7, ...repeated(blockBytes).slice(1)]],
      ['four, three of them', [3, 4, 4, 4]],
      ['zeros and their count, as in ANSI X9.23', [0, 0, 0, 4]],
      ['a bit and zeros, as in ISO 7816', [0x80, 0, 0, 0]],
    ];
    for (const [name, last] of wrong) {
      it(`${rule}, SEC-03: ${cipher}: padding of ${name} fails`, async () => {
        await assert.rejects(openedCbc(cipher, ending(...last)), failed);
      });
    }

    it(`${rule}, SEC-03: ${cipher}: ciphertext that is no row of blocks fails`, async () => {
      const padded = ending(1);
      for (let length = 0; length < padded.length; length += 1) {
        // After whole blocks the text is cut off: 'a' is no padding.
        const cut = (ciphertext: Buffer) => ciphertext.subarray(0, length);
        await assert.rejects(openedCbc(cipher, padded, { ciphertext: cut }), failed, `${length}`);
      }
      const more = (ciphertext: Buffer) => Buffer.concat([ciphertext, Buffer.alloc(1)]);
      await assert.rejects(openedCbc(cipher, padded, { ciphertext: more }), failed);
    });

    it(`ENV-05, ${rule}: ${cipher}: a key of another length is no key`, async () => {
      for (const length of [0, 1, 5, 7, 8, 15, 16, 17, 23, 24, 25, 31, 32, 33, 64]) {
        if (length === keyBytes) continue;
        const outcome = await openedCbc(cipher, ending(1), { key: Buffer.alloc(length, 1) }).catch(
          (error: unknown) => error,
        );
        // The random key in its place gives a right padding once in 256 times, and noise with it.
        if (Buffer.isBuffer(outcome)) assert.ok(!outcome.includes('aaaa'));
        else assert.equal((outcome as { code?: string }).code, 'decryption-failed', `${length}`);
      }
    });

    it(`${rule}: ${cipher}: vectors of other lengths are refused before a key is used`, async () => {
      for (const length of [0, 1, blockBytes - 1, blockBytes + 1, 2 * blockBytes, 24]) {
        const iv = Buffer.alloc(length);
        await assert.rejects(openedCbc(cipher, ending(1), { iv }), { code: 'asn1-malformed' }, `${length}`);
      }
    });
  }

  it('ENV-10: the parity bits of a Triple DES key do not count', async () => {
    const { oid: id } = cipherAlgorithm('des-ede3-cbc');
    const [key, iv] = [randomBytes(24), randomBytes(8)];
    const encryption = createCipheriv('des-ede3-cbc', key, iv);
    const message = handmadeEnvelope({
      recipient: pkcs1Recipient(own.certificate, Buffer.from(key.map((byte) => byte ^ 1))),
      cipher: sequence(oid(id), octetString(iv)),
      ciphertext: Buffer.concat([encryption.update(content), encryption.final()]),
    });
    assert.ok((await decrypted(message, [own])).equals(content));
  });
});
