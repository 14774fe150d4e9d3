import assert from 'node:assert/strict';
import { integer, octetString, oid, sequence } from '../../src/asn1';
import { cipherAlgorithm, type CipherName } from '../../src/cms';
import { throughLegacyProcess } from '../../src/cms/content-encryption/legacy';
import { decrypted } from '../cms/helpers';
import { collect, inPieces } from '../support/chunks';
import { handmadeEnvelope, pkcs1Recipient } from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { hex, type Published, titled, vectorFile } from './published';

interface LegacyVector {
  readonly name: string;
  readonly cipher: CipherName;
  readonly key: string;
  /** Left away: a single block as the bare cipher gives it. */
  readonly iv?: string;
  /** Whole blocks, without padding. */
  readonly plaintext: string;
  readonly ciphertext: string;
}

const BLOCK_BYTES = 8;
const rc2Versions: Readonly<Record<string, number>> = { 'rc2-64-cbc': 120, 'rc2-128-cbc': 58 };

/** As the RFCs that define the ciphers for CMS write them (ENV-11, ENV-12, ENV-13). */
function algorithmIdentifier(cipher: CipherName, iv: Buffer): Buffer {
  const version = rc2Versions[cipher];
  const parameters =
    version === undefined
      ? [octetString(iv), ...(cipher === 'cast5-cbc' ? [integer(128)] : [])]
      : [integer(version), octetString(iv)];
  return sequence(oid(cipherAlgorithm(cipher).oid), sequence(...parameters));
}

function ruleOf(cipher: CipherName): string {
  if (cipher.startsWith('rc2')) return 'ENV-11';
  return cipher === 'cast5-cbc' ? 'ENV-12' : 'ENV-13';
}

async function openedInCms(cipher: CipherName, key: Buffer, iv: Buffer, ciphertext: Buffer): Promise<Buffer> {
  const own = await testKeyPair('Station A');
  const recipient = pkcs1Recipient(own.certificate, key);
  const message = handmadeEnvelope({ recipient, cipher: algorithmIdentifier(cipher, iv), ciphertext });
  return decrypted(message, [own], 3);
}

describe('vectors: legacy-ciphers.json', () => {
  const vectors = titled(vectorFile('legacy-ciphers.json') as Published<LegacyVector>);

  for (const [title, { cipher, key, plaintext, ciphertext }] of vectors.filter(([, { iv }]) => !iv)) {
    it(`${ruleOf(cipher)}: ${title}, as the last block of a message`, async () => {
      // In CBC a block deciphers to itself with the vector over it: this vector makes it a text and its padding.
      const padded = Buffer.from('an EDI\x02\x02', 'latin1');
      const iv = Buffer.from(padded.map((byte, index) => byte ^ (hex(plaintext)[index] ?? 0)));
      assert.equal((await openedInCms(cipher, hex(key), iv, hex(ciphertext))).toString(), 'an EDI');
    });
  }

  for (const [title, { cipher, key, iv = '', plaintext, ciphertext }] of vectors.filter(([, v]) => v.iv)) {
    it(`${ruleOf(cipher)}: ${title}, both directions`, async () => {
      const unexpected = (): Error => new Error('the cipher failed');
      const algorithm = cipherAlgorithm(cipher);
      const parameters = [{ algorithm, iv: hex(iv) }, hex(key), unexpected] as const;
      const encrypted = await collect(
        throughLegacyProcess(inPieces(hex(plaintext), 5), 'encrypt', ...parameters),
      );
      assert.equal(encrypted.subarray(0, -BLOCK_BYTES).toString('hex'), ciphertext);
      assert.equal((await openedInCms(cipher, hex(key), hex(iv), encrypted)).toString('hex'), plaintext);
    });
  }
});

describe('vectors: parameters of legacy ciphers', () => {
  const iv = Buffer.from('0102030405060708', 'hex');
  const zeros = Buffer.alloc(BLOCK_BYTES);
  const forms: readonly (readonly [string, CipherName, Buffer, Buffer])[] = [
    ['ENV-11: RC2 of version 160: 40 bits', 'rc2-40-cbc', sequence(integer(160), octetString(iv)), iv],
    ['ENV-11: RC2 of version 120: 64 bits', 'rc2-64-cbc', sequence(integer(120), octetString(iv)), iv],
    ['ENV-11: RC2 of version 58: 128 bits', 'rc2-128-cbc', sequence(integer(58), octetString(iv)), iv],
    ['ENV-12: CAST5 as the RFC writes it', 'cast5-cbc', sequence(octetString(iv), integer(128)), iv],
    ['ENV-12: CAST5 as OpenSSL writes it: the bare vector', 'cast5-cbc', octetString(iv), iv],
    ['ENV-12: CAST5 without a vector: zeros', 'cast5-cbc', sequence(integer(128)), zeros],
    ['ENV-13: IDEA as the RFC writes it', 'idea-cbc', sequence(octetString(iv)), iv],
    ['ENV-13: IDEA with the bare vector', 'idea-cbc', octetString(iv), iv],
    ['ENV-13: IDEA without a vector: zeros', 'idea-cbc', sequence(), zeros],
  ];
  for (const [title, cipher, parameters, vector] of forms) {
    it(title, async () => {
      const own = await testKeyPair('Station A');
      const algorithm = cipherAlgorithm(cipher);
      const key = Buffer.alloc(algorithm.keyBytes, 7);
      const unexpected = (): Error => new Error('the cipher failed');
      const plain = inPieces(Buffer.from('UNA an order'), 5);
      const message = handmadeEnvelope({
        recipient: pkcs1Recipient(own.certificate, key),
        cipher: sequence(oid(algorithm.oid), parameters),
        ciphertext: await collect(
          throughLegacyProcess(plain, 'encrypt', { algorithm, iv: vector }, key, unexpected),
        ),
      });
      assert.equal((await decrypted(message, [own], 4)).toString(), 'UNA an order');
    });
  }

  for (const [title, cipher, parameters] of [
    ['ENV-11: RC2 with the bare vector: 32 bits', 'rc2-128-cbc', octetString(iv)],
    ['ENV-11: RC2 of version 256: 256 bits', 'rc2-128-cbc', sequence(integer(256), octetString(iv))],
    ['ENV-12: CAST5 with a key of 40 bits', 'cast5-cbc', sequence(octetString(iv), integer(40))],
  ] as const) {
    it(`${title} is not supported, and named`, async () => {
      const own = await testKeyPair('Station A');
      const message = handmadeEnvelope({
        recipient: pkcs1Recipient(own.certificate, Buffer.alloc(16)),
        cipher: sequence(oid(cipherAlgorithm(cipher).oid), parameters),
        ciphertext: Buffer.alloc(16),
      });
      await assert.rejects(decrypted(message, [own]), { code: 'algorithm-unsupported' });
    });
  }
});
