import assert from 'node:assert/strict';
import { integer, octetString, oid, sequence } from '../../src/asn1';
import { cipherAlgorithm, type CipherName } from '../../src/cms';
import { createOpener, createSealer, type Sealer } from '../../src/cms/content-encryption/aead';
import { CcmStream } from '../../src/cms/content-encryption/ccm';
import { handmadeEnvelope, pkcs1Recipient } from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { decrypted } from '../cms/helpers';
import { hex, type Published, titled, vectorFile } from './published';

interface AeadVector {
  readonly name: string;
  readonly cipher: CipherName;
  readonly key: string;
  readonly nonce: string;
  readonly additionalData: string;
  /** How often it stands there one after the other. */
  readonly additionalDataRepeated?: number;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
  /** The tag is wrong, on purpose. */
  readonly fails?: boolean;
}

interface Octets {
  readonly key: Buffer;
  readonly nonce: Buffer;
  readonly additionalData: Buffer;
  readonly plaintext: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

function octetsOf(vector: AeadVector): Octets {
  const { additionalDataRepeated = 1 } = vector;
  return {
    key: hex(vector.key),
    nonce: hex(vector.nonce),
    additionalData: hex(vector.additionalData.repeat(additionalDataRepeated)),
    plaintext: hex(vector.plaintext),
    ciphertext: hex(vector.ciphertext),
    tag: hex(vector.tag),
  };
}

/** What protects too little is refused before a key is looked at (AEAD-02, AEAD-03). */
const shortestTag = { gcm: 12, ccm: 8, 'chacha20-poly1305': 16, cbc: 0 } as const;

function replay(ids: string, file: string): void {
  describe(`vectors: ${file}`, () => {
    for (const [title, vector] of titled(vectorFile(file) as Published<AeadVector>)) {
      it(`${ids}: ${title}, by the cipher`, () => {
        const { key, nonce, additionalData, plaintext, ciphertext, tag } = octetsOf(vector);
        const cipher = { algorithm: cipherAlgorithm(vector.cipher), iv: nonce };
        const opener = createOpener(cipher, key, ciphertext.length, additionalData, tag);
        const opened = opener.update(ciphertext);
        assert.equal(opener.verifies(), !vector.fails);
        if (vector.fails) return;
        assert.ok(opened.equals(plaintext));
        const sealer = createVectorSealer(vector);
        if (!sealer) return;
        assert.ok(sealer.update(plaintext).equals(ciphertext));
        assert.ok(sealer.tag().equals(tag));
      });
      // In CMS the additional data is a SET of attributes, so that only the vectors without any fit.
      if (vector.additionalData !== '') continue;
      for (const structure of ['auth-enveloped-data', 'enveloped-data'] as const) {
        it(`${ids}: ${title}, in ${structure}`, () => replayInCms(vector, structure));
      }
    }
  });
}

/** Undefined where additional data is given and our writer, which never has any, takes none. */
function createVectorSealer(vector: AeadVector): Sealer | undefined {
  const { key, nonce, additionalData, plaintext, tag } = octetsOf(vector);
  const contentBytes = plaintext.length;
  const algorithm = { ...cipherAlgorithm(vector.cipher), tagBytes: tag.length };
  if (algorithm.mode === 'ccm') {
    return new CcmStream('seal', { key, nonce, additionalData, tagBytes: tag.length, contentBytes });
  }
  return additionalData.length > 0 ? undefined : createSealer({ algorithm, iv: nonce }, key, contentBytes);
}

async function replayInCms(
  vector: AeadVector,
  structure: 'auth-enveloped-data' | 'enveloped-data',
): Promise<void> {
  const own = await testKeyPair('Station A');
  const { key, nonce, plaintext, ciphertext, tag } = octetsOf(vector);
  const { oid: id, mode } = cipherAlgorithm(vector.cipher);
  const parameters =
    mode === 'chacha20-poly1305' ? octetString(nonce) : sequence(octetString(nonce), integer(tag.length));
  const message = handmadeEnvelope({
    recipient: pkcs1Recipient(own.certificate, key),
    cipher: sequence(oid(id), parameters),
    ...(structure === 'auth-enveloped-data'
      ? { ciphertext, mac: tag }
      : { ciphertext: Buffer.concat([ciphertext, tag]) }),
  });
  const isTooShort = tag.length < shortestTag[mode];
  if (isTooShort || vector.fails) {
    const code = isTooShort ? 'asn1-malformed' : 'decryption-failed';
    await assert.rejects(decrypted(message, [own], 5), { code });
  } else {
    assert.ok((await decrypted(message, [own], 5)).equals(plaintext));
  }
}

replay('AEAD-03', 'aes-ccm.json');
replay('AEAD-02', 'aes-gcm.json');
replay('AEAD-04', 'chacha20-poly1305.json');
