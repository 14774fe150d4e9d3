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

async function openedInCms(cipher: CipherName, key: Buffer, iv: Buffer, ciphertext: Buffer): Promise<Buffer> {
  const own = await testKeyPair('Station A');
  const recipient = pkcs1Recipient(own.certificate, key);
  const message = handmadeEnvelope({ recipient, cipher: algorithmIdentifier(cipher, iv), ciphertext });
  return decrypted(message, [own], 3);
}

describe('vectors: legacy-ciphers.json', () => {
  const vectors = titled(vectorFile('legacy-ciphers.json') as Published<LegacyVector>);

  for (const [title, { cipher, key, plaintext, ciphertext }] of vectors.filter(([, { iv }]) => !iv)) {
    it(`ENV-11, ENV-12, ENV-13: ${title}, as the last block of a message`, async () => {
      // In CBC a block deciphers to itself with the vector over it: this vector makes it a text and its padding.
      const padded = Buffer.from('an EDI\x02\x02', 'latin1');
      const iv = Buffer.from(padded.map((byte, index) => byte ^ (hex(plaintext)[index] ?? 0)));
      assert.equal((await openedInCms(cipher, hex(key), iv, hex(ciphertext))).toString(), 'an EDI');
    });
  }

  for (const [title, { cipher, key, iv = '', plaintext, ciphertext }] of vectors.filter(([, v]) => v.iv)) {
    it(`ENV-11, ENV-12, ENV-13: ${title}, both directions`, async () => {
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
