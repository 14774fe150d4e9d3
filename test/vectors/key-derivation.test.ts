import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { digestAlgorithm, type DigestName } from '../../src/cms';
import { keyWrapFor } from '../../src/cms/algorithms';
import { x963Kdf } from '../../src/cms/recipients/key-agreement';
import { unwrapKey, wrapKey } from '../../src/cms/recipients/key-wrap';
import { hkdf } from './derivations';
import { hex, type Published, titled, vectorFile } from './published';

interface WrapVector {
  readonly name: string;
  readonly keyEncryptionKey: string;
  readonly wrapped: string;
  /** Left away where it does not unwrap. */
  readonly key?: string;
}

interface X963Vector {
  readonly name: string;
  readonly digest: DigestName;
  readonly secret: string;
  readonly sharedInfo: string;
  readonly key: string;
}

interface HkdfVector {
  readonly name: string;
  readonly digest: DigestName;
  readonly secret: string;
  readonly salt: string;
  readonly info: string;
  readonly key: string;
}

describe('vectors: aes-key-wrap.json', () => {
  for (const [title, { keyEncryptionKey, wrapped, key }] of titled(
    vectorFile('aes-key-wrap.json') as Published<WrapVector>,
  )) {
    it(`ENV-07: ${title}`, () => {
      const kek = hex(keyEncryptionKey);
      const wrap = keyWrapFor(kek.length);
      assert.ok(wrap);
      assert.equal(unwrapKey(wrap, kek, hex(wrapped))?.toString('hex'), key);
      if (key !== undefined) assert.equal(wrapKey(wrap, kek, hex(key)).toString('hex'), wrapped);
    });
  }
});

describe('vectors: x963-kdf.json', () => {
  for (const [title, vector] of titled(vectorFile('x963-kdf.json') as Published<X963Vector>)) {
    it(`ENV-07: ${title}`, () => {
      const { digest, secret, sharedInfo, key } = vector;
      const derived = x963Kdf(digest, hex(secret), hex(sharedInfo), hex(key).length);
      assert.equal(derived.toString('hex'), key);
    });
  }
});

/** What key-agreement.test.ts takes as its yardstick has to measure right itself. */
describe('vectors: hkdf.json', () => {
  for (const [title, { digest, secret, salt, info, key }] of titled(
    vectorFile('hkdf.json') as Published<HkdfVector>,
  )) {
    it(`ENV-07: ${title}`, () => {
      const { nodeName } = digestAlgorithm(digest);
      const hmac = (hmacKey: Buffer, data: Buffer) => createHmac(nodeName, hmacKey).update(data).digest();
      assert.equal(hkdf(hmac, hex(secret), hex(salt), hex(info), hex(key).length).toString('hex'), key);
    });
  }
});
