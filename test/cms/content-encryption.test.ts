import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, publicEncrypt, constants, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import fc from 'fast-check';
import { context, integer, octetString, oid, sequence, setOf } from '../../src/asn1';
import { bufferFlow, type Chunks } from '../../src/bytes';
import {
  cipherAlgorithm,
  type CipherName,
  cipherNames,
  envelopedFlow,
  envelopeType,
  openContentInfo,
  openEnveloped,
} from '../../src/cms';
import { CcmStream, ccmNonceBytes } from '../../src/cms/content-encryption/ccm';
import { isAs2Error } from '../../src/errors';
import { inPieces } from '../support/chunks';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { opensslDecrypt, opensslEncrypt } from '../support/openssl-cms';
import { at, decrypted, enveloped, resting, sample, tellingLengths } from './helpers';

let own: TestKeyPair;
before(async () => {
  own = await testKeyPair('Station A');
});

async function* tampered(chunks: Chunks, change: (chunk: Buffer) => Buffer): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) yield change(chunk);
}

function isFailure(error: unknown): boolean {
  return isAs2Error(error) && error.code === 'decryption-failed';
}

const authenticating = cipherNames.filter((name) => cipherAlgorithm(name).tagBytes > 0);
const legacy = cipherNames.filter((name) => cipherAlgorithm(name).legacy);
const plain = cipherNames.filter((name) => !authenticating.includes(name) && !legacy.includes(name));

describe('cms: content encryption', () => {
  const structures = ['auth-enveloped-data', 'enveloped-data'] as const;
  const rows: readonly (readonly [CipherName, (typeof structures)[number]])[] = [
    ...plain.map((cipher) => [cipher, 'enveloped-data'] as const),
    ...authenticating.flatMap((cipher) => structures.map((structure) => [cipher, structure] as const)),
  ];
  for (const [cipher, structure] of rows) {
    it(`${cipher} in ${structure}: every length comes back, and was announced`, async () => {
      const options = { recipients: [own.certificate], cipher, aeadStructure: structure } as const;
      assert.equal(envelopeType(options), structure);
      for (const length of tellingLengths) {
        const content = sample(length);
        const message = await enveloped(content, options);
        assert.equal(message.length, envelopedFlow(bufferFlow(content), options).length);
        const opened = await openEnveloped(await openContentInfo(inPieces(message, 5000)), [own], resting);
        assert.equal(opened.cipher, cipher);
        assert.equal(opened.authenticated, authenticating.includes(cipher));
        assert.ok((await decrypted(message, [own], 3001)).equals(content), `${length} bytes`);
      }
    });
  }

  for (const [cipher, structure] of rows.filter(([name]) => !name.endsWith('ccm'))) {
    it(`${cipher} in ${structure} with a length that is not known beforehand`, async () => {
      const content = sample(20_000);
      const options = { recipients: [own.certificate], cipher, aeadStructure: structure } as const;
      assert.ok((await decrypted(await enveloped(content, options, 999), [own], 777)).equals(content));
    });
  }

  it('AEAD-03: CCM has to know the length beforehand', async () => {
    const options = { recipients: [own.certificate], cipher: 'aes-128-ccm' } as const;
    assert.throws(() => envelopedFlow({ chunks: inPieces(sample(9)) }, options), {
      code: 'content-length-needed',
    });
  });

  for (const cipher of ['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm'] as const) {
    it(`AEAD-01, AEAD-02: ${cipher} travels both ways between us and openssl, streamed or not`, async () => {
      const content = sample(10_000);
      for (const pieces of [[], [999]]) {
        const message = await enveloped(content, { recipients: [own.certificate], cipher }, ...pieces);
        assert.ok((await opensslDecrypt(message, own)).equals(content));
      }
      for (const options of [[], ['-stream']]) {
        const message = await opensslEncrypt(content, [own], [`-${cipher}`, ...options]);
        assert.ok((await decrypted(message, [own], 777)).equals(content));
      }
    });
  }

  const legacyNames: readonly (readonly [string, CipherName, string | undefined])[] = [
    ['ENV-11', 'rc2-40-cbc', 'rc2-40-cbc'],
    ['ENV-11', 'rc2-64-cbc', 'rc2-64-cbc'],
    ['ENV-11', 'rc2-128-cbc', 'rc2-cbc'],
    ['ENV-12', 'cast5-cbc', 'cast5-cbc'],
    // Left out of most builds of the openssl command.
    ['ENV-13', 'idea-cbc', undefined],
  ];
  for (const [rule, cipher, opensslName] of legacyNames) {
    it(`${rule}: ${cipher} by a process with the legacy provider`, async () => {
      const content = sample(100_003);
      const message = await enveloped(content, { recipients: [own.certificate], cipher }, 7000);
      assert.ok((await decrypted(message, [own], 9000)).equals(content));
      if (!opensslName) return;
      const providers = ['-provider', 'legacy', '-provider', 'default'];
      const theirs = await opensslEncrypt(content, [own], [`-${opensslName}`, ...providers]);
      assert.ok((await decrypted(theirs, [own], 9000)).equals(content));
      // openssl knows only its own, bare form of the parameters of CAST5.
      if (cipher !== 'cast5-cbc')
        assert.ok((await opensslDecrypt(message, own, ...providers)).equals(content));
    });
  }

  it('ENV-14: a legacy cipher has to be let in, each by its name', async () => {
    const message = await enveloped(sample(500), { recipients: [own.certificate], cipher: 'rc2-40-cbc' });
    for (const legacyCiphers of [undefined, [], ['cast5-cbc'] as const]) {
      const { directory, thresholdBytes } = resting;
      const options = { directory, thresholdBytes, ...(legacyCiphers ? { legacyCiphers } : {}) };
      await assert.rejects(openEnveloped(await openContentInfo(inPieces(message)), [own], options), {
        code: 'message-cipher-not-allowed',
      });
    }
  });

  it('ENV-05: a legacy cipher fails like any other, and errors of the source pass', async () => {
    const message = await enveloped(sample(500), { recipients: [own.certificate], cipher: 'cast5-cbc' });
    const ciphertext = at(message, 1, 0, 2, 2).content;
    ciphertext.writeUInt8(ciphertext.readUInt8(ciphertext.length - 9) ^ 0x80, ciphertext.length - 9);
    await assert.rejects(decrypted(message, [own]), isFailure);
    await assert.rejects(decrypted(message.subarray(0, -5), [own]), isFailure);
    async function* failing(): AsyncGenerator<Buffer, void> {
      yield message.subarray(0, -200);
      throw new Error('disk gone');
    }
    const { content } = await openEnveloped(await openContentInfo(failing()), [own], resting);
    await assert.rejects(async () => {
      for await (const chunk of content) assert.ok(chunk);
    }, /disk gone/);
  });
});

describe('cms: authenticated content', () => {
  const content = sample(5000);

  for (const cipher of ['aes-256-gcm', 'aes-128-ccm', 'chacha20-poly1305'] as const) {
    for (const aeadStructure of ['auth-enveloped-data', 'enveloped-data'] as const) {
      it(`AEAD-06: ${cipher} in ${aeadStructure}: not a byte leaves when any bit is wrong`, async () => {
        const message = await enveloped(content, { recipients: [own.certificate], cipher, aeadStructure });
        const regions = [[1, 0, 2, 2], ...(aeadStructure === 'auth-enveloped-data' ? [[1, 0, 3]] : [])];
        for (const path of regions) {
          const region = at(message, ...path).content;
          for (const bit of [0, 7, region.length * 4, region.length * 8 - 1]) {
            region.writeUInt8(region.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
            const opened = await openEnveloped(await openContentInfo(inPieces(message, 700)), [own], resting);
            let released = 0;
            await assert.rejects(async () => {
              for await (const chunk of opened.content) released += chunk.length;
            }, isFailure);
            assert.equal(released, 0);
            region.writeUInt8(region.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          }
        }
        assert.ok((await decrypted(message, [own])).equals(content));
      });

      it(`BER-05: ${cipher} in ${aeadStructure}: cut off anywhere it fails`, async () => {
        const message = await enveloped(sample(300), {
          recipients: [own.certificate],
          cipher,
          aeadStructure,
        });
        for (let end = 0; end < message.length; end += 11) {
          await assert.rejects(decrypted(message.subarray(0, end), [own], 97), isAs2Error);
        }
      });
    }
  }

  for (const cipher of ['aes-256-gcm', 'aes-256-ccm', 'chacha20-poly1305'] as const) {
    it(`AEAD-06: ${cipher}: of 100 MiB with the last bit wrong nothing leaves, and nothing stays on disk`, async () => {
      const length = 100 * 1024 * 1024;
      const piece = Buffer.alloc(1024 * 1024, 'a line of an order\r\n');
      async function* pieces(): AsyncGenerator<Buffer, void> {
        for (let given = 0; given < length; given += piece.length) yield piece;
      }
      const flow = envelopedFlow({ length, chunks: pieces() }, { recipients: [own.certificate], cipher });
      let position = 0;
      const opened = await openEnveloped(
        await openContentInfo(
          tampered(flow.chunks, (chunk) => {
            position += chunk.length;
            // The tag ends the message.
            if (position !== flow.length) return chunk;
            const altered = Buffer.from(chunk);
            altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
            return altered;
          }),
        ),
        [own],
        resting,
      );
      let released = 0;
      await assert.rejects(async () => {
        for await (const chunk of opened.content) released += chunk.length;
      }, isFailure);
      assert.equal(position, flow.length);
      assert.equal(released, 0);
      assert.deepEqual(await readdir(resting.directory), []);
    }).timeout(180_000);
  }

  interface Unusual {
    readonly structure: 'auth-enveloped-data' | 'enveloped-data';
    readonly parameters: (nonce: Buffer) => Buffer;
    readonly nonceBytes?: number;
    readonly tagBytes?: number;
    readonly attributes?: readonly Buffer[];
    readonly travelling?: readonly Buffer[];
    readonly oid?: string;
    readonly constructed?: boolean;
  }

  /** AES-128 in GCM or CCM by node:crypto, put into a message part by part. */
  function handmade(mode: 'gcm' | 'ccm', unusual: Unusual): Buffer {
    const key = randomBytes(16);
    const nonce = randomBytes(unusual.nonceBytes ?? 12);
    const authTagLength = unusual.tagBytes ?? 16;
    const cipher = createCipheriv(`aes-128-${mode}` as 'aes-128-ccm', key, nonce, { authTagLength });
    const { attributes = [] } = unusual;
    if (attributes.length > 0) cipher.setAAD(setOf(attributes), { plaintextLength: content.length });
    const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
    const tag = cipher.getAuthTag();
    const isAuth = unusual.structure === 'auth-enveloped-data';
    const carried = isAuth ? ciphertext : Buffer.concat([ciphertext, tag]);
    const encryptedContent = unusual.constructed
      ? Buffer.concat([
          Buffer.from('a080', 'hex'),
          octetString(carried.subarray(0, 999)),
          octetString(carried.subarray(999)),
          Buffer.alloc(2),
        ])
      : Buffer.concat([Buffer.from('80', 'hex'), octetString(carried).subarray(1)]);
    const recipient = sequence(
      integer(0),
      sequence(own.certificate.issuerDer, integer(own.certificate.serial)),
      sequence(oid('1.2.840.113549.1.1.1')),
      octetString(
        publicEncrypt({ key: own.certificate.publicKey, padding: constants.RSA_PKCS1_PADDING }, key),
      ),
    );
    const travelling = unusual.travelling ?? attributes;
    const envelope = sequence(
      integer(0),
      setOf([recipient]),
      sequence(
        oid('1.2.840.113549.1.7.1'),
        sequence(oid(cipherAlgorithm(`aes-128-${mode}`).oid), unusual.parameters(nonce)),
        encryptedContent,
      ),
      ...(travelling.length > 0 ? [context(1, ...travelling)] : []),
      ...(isAuth ? [octetString(tag)] : []),
    );
    const type = isAuth ? '1.2.840.113549.1.9.16.1.23' : '1.2.840.113549.1.7.3';
    return sequence(oid(unusual.oid ?? type), context(0, envelope));
  }
  const withLength = (tagBytes: number) => (nonce: Buffer) => sequence(octetString(nonce), integer(tagBytes));
  const withoutLength = (nonce: Buffer) => sequence(octetString(nonce));
  const attribute = (type: string, value: Buffer) => sequence(oid(type), setOf([value]));
  const attributes = [
    attribute('1.2.840.113549.1.9.3', oid('1.2.840.113549.1.7.1')),
    attribute('1.2.3.4', integer(7)),
  ];

  const tolerated: readonly (readonly [string, 'gcm' | 'ccm', Unusual])[] = [
    [
      'AEAD-02: a tag of 12 octets',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withLength(12), tagBytes: 12 },
    ],
    [
      'AEAD-02: length left away, tag of 12',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withoutLength, tagBytes: 12 },
    ],
    [
      'AEAD-02: length left away, tag of 16',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withoutLength },
    ],
    [
      'AEAD-02: plain shape, length left away, tag of 16',
      'gcm',
      { structure: 'enveloped-data', parameters: withoutLength },
    ],
    [
      'AEAD-02: plain shape, length left away, tag of 12',
      'gcm',
      { structure: 'enveloped-data', parameters: withoutLength, tagBytes: 12 },
    ],
    [
      'AEAD-02: plain shape, a bare nonce of 16 octets',
      'gcm',
      { structure: 'enveloped-data', parameters: octetString, nonceBytes: 16 },
    ],
    [
      'AEAD-03: a nonce of 8 octets',
      'ccm',
      { structure: 'auth-enveloped-data', parameters: withLength(16), nonceBytes: 8 },
    ],
    [
      'AEAD-03: a nonce of 13 octets and a tag of 8',
      'ccm',
      { structure: 'auth-enveloped-data', parameters: withLength(8), nonceBytes: 13, tagBytes: 8 },
    ],
    [
      'AEAD-03: plain shape',
      'ccm',
      { structure: 'enveloped-data', parameters: withLength(14), tagBytes: 14 },
    ],
    [
      'AEAD-03: content in segments',
      'ccm',
      { structure: 'auth-enveloped-data', parameters: withLength(16), constructed: true },
    ],
    [
      'AEAD-05: authenticated attributes',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withLength(16), attributes },
    ],
    [
      'AEAD-05: authenticated attributes',
      'ccm',
      { structure: 'auth-enveloped-data', parameters: withLength(16), attributes },
    ],
    [
      'AEAD-05: attributes sent out of order',
      'gcm',
      {
        structure: 'auth-enveloped-data',
        parameters: withLength(16),
        attributes,
        travelling: attributes.toReversed(),
      },
    ],
  ];
  for (const [name, mode, unusual] of tolerated) {
    it(`${name} (${mode})`, async () => {
      assert.ok((await decrypted(handmade(mode, unusual), [own], 1000)).equals(content));
    });
  }

  const refused: readonly (readonly [string, 'gcm' | 'ccm', Unusual, string])[] = [
    [
      'AEAD-02: another tag length than announced',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withLength(16), tagBytes: 12 },
      'decryption-failed',
    ],
    [
      'AEAD-02: a tag of 4 octets',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withLength(4), tagBytes: 4 },
      'asn1-malformed',
    ],
    [
      'AEAD-02: a tag of 4 octets, length left away',
      'gcm',
      { structure: 'auth-enveloped-data', parameters: withoutLength, tagBytes: 4 },
      'decryption-failed',
    ],
    [
      'AEAD-03: a tag of 4 octets',
      'ccm',
      { structure: 'auth-enveloped-data', parameters: withLength(4), tagBytes: 4 },
      'asn1-malformed',
    ],
    [
      'AEAD-05: an attribute that was changed',
      'gcm',
      {
        structure: 'auth-enveloped-data',
        parameters: withLength(16),
        attributes,
        travelling: [attribute('1.2.3.4', integer(8))],
      },
      'decryption-failed',
    ],
    [
      'AEAD-05: an attribute that was added',
      'ccm',
      { structure: 'auth-enveloped-data', parameters: withLength(16), travelling: attributes },
      'decryption-failed',
    ],
    [
      'AEAD-01: no mac',
      'gcm',
      { structure: 'enveloped-data', parameters: withLength(16), oid: '1.2.840.113549.1.9.16.1.23' },
      'decryption-failed',
    ],
  ];
  for (const [name, mode, unusual, code] of refused) {
    it(`${name} is refused (${mode})`, async () => {
      await assert.rejects(decrypted(handmade(mode, unusual), [own]), { code });
    });
  }

  it('AEAD-03: more content than the nonce leaves room for fails like everything else', async () => {
    const message = await enveloped(sample(70_000), { recipients: [own.certificate], cipher: 'aes-128-ccm' });
    const [version, recipients, info, mac] = at(message, 1, 0).children;
    const [type, , ciphertext] = info?.children ?? [];
    const algorithm = sequence(
      oid(cipherAlgorithm('aes-128-ccm').oid),
      sequence(octetString(Buffer.alloc(13)), integer(16)),
    );
    const raw = (node: typeof version): Buffer => node?.raw ?? Buffer.alloc(0);
    const envelope = sequence(
      raw(version),
      raw(recipients),
      sequence(raw(type), algorithm, raw(ciphertext)),
      raw(mac),
    );
    await assert.rejects(decrypted(sequence(at(message, 0).raw, context(0, envelope)), [own]), isFailure);
  });

  it('AEAD-01: a cipher that does not authenticate has no place in AuthEnvelopedData', async () => {
    const message = await enveloped(content, { recipients: [own.certificate], cipher: 'aes-128-cbc' });
    const disguised = sequence(oid('1.2.840.113549.1.9.16.1.23'), at(message, 1).raw);
    await assert.rejects(decrypted(disguised, [own]), { code: 'algorithm-unsupported' });
  });
});

describe('cms: AES-CCM', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

  // RFC 3610 §8, packet vectors 1, 2, 3 and 7; NIST SP 800-38C examples 1 to 3.
  const vectors = [
    [
      'RFC 3610 #1',
      'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf',
      '00000003020100a0a1a2a3a4a5',
      '0001020304050607',
      '08090a0b0c0d0e0f101112131415161718191a1b1c1d1e',
      '588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0',
    ],
    [
      'RFC 3610 #2',
      'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf',
      '00000004030201a0a1a2a3a4a5',
      '0001020304050607',
      '08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916',
    ],
    [
      'RFC 3610 #3',
      'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf',
      '00000005040302a0a1a2a3a4a5',
      '0001020304050607',
      '08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20',
      '51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5',
    ],
    [
      'SP 800-38C #1',
      '404142434445464748494a4b4c4d4e4f',
      '10111213141516',
      '0001020304050607',
      '20212223',
      '7162015b4dac255d',
    ],
    [
      'SP 800-38C #2',
      '404142434445464748494a4b4c4d4e4f',
      '1011121314151617',
      '000102030405060708090a0b0c0d0e0f',
      '202122232425262728292a2b2c2d2e2f',
      'd2a1f0e051ea5f62081a7792073d593d1fc64fbfaccd',
    ],
    [
      'SP 800-38C #3',
      '404142434445464748494a4b4c4d4e4f',
      '101112131415161718191a1b',
      '000102030405060708090a0b0c0d0e0f10111213',
      '202122232425262728292a2b2c2d2e2f3031323334353637',
      'e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951',
    ],
  ] as const;
  for (const [name, key, nonce, additionalData, plaintext, sealed] of vectors) {
    it(`AEAD-03: ${name}`, () => {
      const content = hex(plaintext);
      const parameters = {
        key: hex(key),
        nonce: hex(nonce),
        additionalData: hex(additionalData),
        contentBytes: content.length,
        tagBytes: hex(sealed).length - content.length,
      };
      const sealing = new CcmStream('seal', parameters);
      assert.equal(Buffer.concat([sealing.update(content), sealing.tag()]).toString('hex'), sealed);
      const opening = new CcmStream('open', parameters);
      assert.ok(opening.update(hex(sealed).subarray(0, content.length)).equals(content));
      assert.ok(opening.verifies(hex(sealed).subarray(content.length)));
    });
  }

  it('AEAD-03: in any pieces the same as node:crypto gives for the whole', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(16, 24, 32),
        fc.integer({ min: 7, max: 13 }),
        fc.constantFrom(8, 10, 12, 14, 16),
        fc.uint8Array({ maxLength: 70 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (keyBytes, nonceBytes, tagBytes, additional, data, piece) => {
          const [key, nonce] = [randomBytes(keyBytes), randomBytes(nonceBytes)];
          const [additionalData, content] = [Buffer.from(additional), Buffer.from(data)];
          const stream = new CcmStream('seal', {
            key,
            nonce,
            tagBytes,
            additionalData,
            contentBytes: content.length,
          });
          const pieces: Buffer[] = [];
          for (let at = 0; at < content.length; at += piece)
            pieces.push(stream.update(content.subarray(at, at + piece)));
          const name = `aes-${keyBytes * 8}-ccm` as 'aes-128-ccm';
          const decipher = createDecipheriv(name, key, nonce, { authTagLength: tagBytes });
          decipher.setAuthTag(stream.tag());
          decipher.setAAD(additionalData, { plaintextLength: content.length });
          assert.ok(decipher.update(Buffer.concat(pieces)).equals(content));
          decipher.final();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('AEAD-03: long additional data', () => {
    const additionalData = sample(70_000);
    const [key, nonce] = [randomBytes(16), randomBytes(12)];
    const stream = new CcmStream('seal', { key, nonce, tagBytes: 16, additionalData, contentBytes: 3 });
    const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 16 });
    cipher.setAAD(additionalData, { plaintextLength: 3 });
    assert.ok(stream.update(Buffer.from('abc')).equals(cipher.update(Buffer.from('abc'))));
    cipher.final();
    assert.ok(stream.tag().equals(cipher.getAuthTag()));
  });

  it('AEAD-03: the nonce leaves room for the length', () => {
    const lengths = [0, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1, 2 ** 32, 2 ** 40];
    assert.deepEqual(lengths.map(ccmNonceBytes), [12, 12, 11, 11, 10, 9]);
    const parameters = { key: Buffer.alloc(16), tagBytes: 16, additionalData: Buffer.alloc(0) };
    assert.throws(
      () => new CcmStream('seal', { ...parameters, nonce: Buffer.alloc(12), contentBytes: 2 ** 24 }),
    );
    const stream = new CcmStream('seal', { ...parameters, nonce: Buffer.alloc(12), contentBytes: 5 });
    stream.update(Buffer.alloc(4));
    assert.throws(() => stream.tag(), RangeError);
  });
});
