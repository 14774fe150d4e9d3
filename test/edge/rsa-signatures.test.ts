import assert from 'node:assert/strict';
import { context, integer, nullValue, octetString, oid, sequence, setOf } from '../../src/asn1';
import type { SignatureReport } from '../../src/cms';
import { digestOf, sample, verify } from '../cms/helpers';
import { attribute, handmadeSignature, minimalAttributes, rsaEncryption } from '../support/handmade-cms';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import {
  beyondModulus,
  BLOCK_BYTES,
  digestInfo,
  pkcs1Block,
  pssBlock,
  type PssParts,
  sha256Identifier,
  signBlock,
} from './rsa-blocks';

const content = sample(2000);
const attributes = minimalAttributes(digestOf(content, 'sha-256'));
const signedDigest = digestOf(setOf(attributes), 'sha-256');

let own: TestKeyPair;
before(async () => {
  own = await testKeyPair('Station A');
});

function judge(signatureAlgorithm: Buffer, signature: Buffer): SignatureReport {
  const { certificate } = own;
  const message = handmadeSignature({
    certificate,
    digest: 'sha-256',
    signatureAlgorithm,
    signature,
    attributes,
  });
  return verify(message, content, [certificate]);
}

/** A length octet as in BER, not minimal. */
function longLength(element: Buffer): Buffer {
  return Buffer.concat([element.subarray(0, 1), Buffer.from([0x81]), element.subarray(1)]);
}

describe('edge: RSA PKCS#1 v1.5 signatures', () => {
  const sound = digestInfo(signedDigest);
  const zeros = (count: number) => Buffer.alloc(count);
  const ones = (count: number) => Buffer.alloc(count, 0xff);
  const spoiled = (count: number, at: number, byte: number) => ones(count).fill(byte, at, at + 1);
  const paddingBytes = BLOCK_BYTES - 3 - sound.length;

  const accepted: readonly (readonly [string, () => Buffer])[] = [
    ['as the standard has it', () => pkcs1Block(sound)],
    ['a DigestInfo without NULL', () => pkcs1Block(digestInfo(signedDigest, []))],
  ];
  for (const [name, block] of accepted) {
    it(`SIG-10: ${name} is accepted`, () => {
      assert.equal(judge(rsaEncryption, signBlock(own.privateKey, block())).status, 'verified');
    });
  }

  const refused: readonly (readonly [string, () => Buffer])[] = [
    ['block type 0', () => pkcs1Block(sound, { type: 0, padding: zeros(paddingBytes) })],
    ['block type 2', () => pkcs1Block(sound, { type: 2 })],
    ['a zero within the padding', () => pkcs1Block(sound, { padding: spoiled(paddingBytes, 60, 0) })],
    [
      'another octet as first of the padding',
      () => pkcs1Block(sound, { padding: spoiled(paddingBytes, 0, 0xfe) }),
    ],
    [
      'another octet as last of the padding',
      () => pkcs1Block(sound, { padding: spoiled(paddingBytes, paddingBytes - 1, 0x7f) }),
    ],
    ['no separator', () => pkcs1Block(sound, { separator: 0xff })],
    [
      'short padding and garbage behind (the forgery for e = 3)',
      () => pkcs1Block(Buffer.concat([sound, zeros(paddingBytes - 8)]), { padding: ones(8) }),
    ],
    [
      'short padding and the DigestInfo behind garbage',
      () => pkcs1Block(Buffer.concat([zeros(paddingBytes - 8), sound]), { padding: ones(8) }),
    ],
    ['one octet behind the DigestInfo', () => pkcs1Block(Buffer.concat([sound, zeros(1)]))],
    [
      'an octet more inside the DigestInfo',
      () =>
        pkcs1Block(sequence(sequence(sha256Identifier, nullValue()), octetString(signedDigest), zeros(2))),
    ],
    [
      'garbage in the parameters',
      () => pkcs1Block(digestInfo(signedDigest, [Buffer.from('0504deadbeef', 'hex')])),
    ],
    ['other parameters than NULL', () => pkcs1Block(digestInfo(signedDigest, [sequence()]))],
    ['NULL twice', () => pkcs1Block(digestInfo(signedDigest, [nullValue(), nullValue()]))],
    ['a length that is not minimal', () => pkcs1Block(longLength(sound))],
    [
      'a length inside that is not minimal',
      () =>
        pkcs1Block(sequence(sequence(sha256Identifier, nullValue()), longLength(octetString(signedDigest)))),
    ],
    [
      'the digest in segments',
      () => {
        const inSegments = Buffer.concat([Buffer.from([0x24, 34]), octetString(signedDigest)]);
        return pkcs1Block(sequence(sequence(sha256Identifier, nullValue()), inSegments));
      },
    ],
    [
      'the name of another digest',
      () => {
        const sha512 = sequence(oid('2.16.840.1.101.3.4.2.3'), nullValue());
        return pkcs1Block(sequence(sha512, octetString(signedDigest)));
      },
    ],
    ['a digest cut off', () => pkcs1Block(digestInfo(signedDigest.subarray(0, 31)))],
    ['an empty digest', () => pkcs1Block(digestInfo(zeros(0)))],
    ['the digest of other content', () => pkcs1Block(digestInfo(digestOf(sample(9), 'sha-256')))],
    ['the bare digest', () => pkcs1Block(signedDigest)],
    ['nothing but padding', () => pkcs1Block(zeros(0))],
    ['a block of zeros', () => zeros(BLOCK_BYTES)],
    ['the block of PSS', () => pssBlock(signedDigest)],
  ];
  for (const [name, block] of refused) {
    it(`SIG-10: ${name} is not valid`, () => {
      assert.equal(judge(rsaEncryption, signBlock(own.privateKey, block())).status, 'signature-invalid');
    });
  }

  const values: readonly (readonly [string, (signature: Buffer) => Buffer])[] = [
    ['one octet short', (signature) => signature.subarray(1)],
    ['one octet short at its end', (signature) => signature.subarray(0, -1)],
    ['a zero before it', (signature) => Buffer.concat([zeros(1), signature])],
    ['a zero behind it', (signature) => Buffer.concat([signature, zeros(1)])],
    ['the modulus added', (signature) => beyondModulus(own.privateKey, signature)],
    ['zero', () => zeros(BLOCK_BYTES)],
    ['one', () => Buffer.concat([zeros(BLOCK_BYTES - 1), Buffer.from([1])])],
    ['the greatest number', () => ones(BLOCK_BYTES)],
    ['nothing', () => zeros(0)],
  ];
  for (const [name, change] of values) {
    it(`SIG-10, SIG-12: as value of the signature ${name} is not valid`, () => {
      for (const [algorithm, block] of [
        [rsaEncryption, pkcs1Block(sound)],
        [pssAlgorithm(), pssBlock(signedDigest)],
      ] as const) {
        const signature = signBlock(own.privateKey, block);
        assert.equal(judge(algorithm, signature).status, 'verified');
        assert.equal(judge(algorithm, change(signature)).status, 'signature-invalid');
      }
    });
  }

  it('SIG-10: a good signature under an algorithm of another kind is not valid', () => {
    const signature = signBlock(own.privateKey, pkcs1Block(sound));
    for (const id of ['1.2.840.10045.4.3.2', '1.3.101.112', '1.3.101.113', '1.2.840.113549.1.1.12']) {
      assert.equal(judge(sequence(oid(id)), signature).status, 'signature-invalid');
    }
  });
});

/** RSASSA-PSS-params (RFC 4055 §3.1). */
function pssAlgorithm(
  o: {
    readonly digest?: string;
    readonly mgf1Digest?: string;
    readonly salt?: Buffer;
    readonly trailer?: Buffer;
  } = {},
): Buffer {
  const sha256 = '2.16.840.1.101.3.4.2.1';
  return sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      context(0, sequence(oid(o.digest ?? sha256))),
      context(1, sequence(oid('1.2.840.113549.1.1.8'), sequence(oid(o.mgf1Digest ?? sha256)))),
      context(2, o.salt ?? integer(32)),
      ...(o.trailer ? [context(3, o.trailer)] : []),
    ),
  );
}

describe('edge: RSASSA-PSS', () => {
  const sha1 = '1.3.14.3.2.26';
  const sha512 = '2.16.840.1.101.3.4.2.3';
  const salt = (length: number) => Buffer.alloc(length, 7);

  const accepted: readonly (readonly [string, Buffer, PssParts])[] = [
    ['as usual', pssAlgorithm(), {}],
    ['no salt', pssAlgorithm({ salt: integer(0) }), { salt: salt(0) }],
    ['a salt of one octet', pssAlgorithm({ salt: integer(1) }), { salt: salt(1) }],
    ['the longest salt', pssAlgorithm({ salt: integer(222) }), { salt: salt(222) }],
    ['SHA-1 in the mask', pssAlgorithm({ mgf1Digest: sha1 }), { mgf1Digest: 'sha1' }],
    ['SHA-512 in the mask', pssAlgorithm({ mgf1Digest: sha512 }), { mgf1Digest: 'sha512' }],
    ['the trailer named', pssAlgorithm({ trailer: integer(1) }), {}],
  ];
  for (const [name, algorithm, parts] of accepted) {
    it(`SIG-12: ${name} is accepted`, () => {
      const signature = signBlock(own.privateKey, pssBlock(signedDigest, parts));
      assert.equal(judge(algorithm, signature).status, 'verified');
    });
  }

  const refused: readonly (readonly [string, Buffer, PssParts])[] = [
    ['a shorter salt than announced', pssAlgorithm(), { salt: salt(20) }],
    ['a longer salt than announced', pssAlgorithm(), { salt: salt(48) }],
    ['a salt where none is announced', pssAlgorithm({ salt: integer(0) }), {}],
    ['a salt announced longer than there is room', pssAlgorithm({ salt: integer(223) }), { salt: salt(222) }],
    ['a salt announced beyond all bounds', pssAlgorithm({ salt: integer(2 ** 40) }), {}],
    ['a negative salt length', pssAlgorithm({ salt: Buffer.from('0201e0', 'hex') }), {}],
    ['another digest in the mask than announced', pssAlgorithm(), { mgf1Digest: 'sha1' }],
    ['another digest announced for the mask', pssAlgorithm({ mgf1Digest: sha1 }), {}],
    ['another digest announced for the hash', pssAlgorithm({ digest: sha512 }), {}],
    ['another digest for the hash', pssAlgorithm(), { digest: 'sha512', mgf1Digest: 'sha256' }],
    ['the trailer of ISO 9796', pssAlgorithm(), { trailer: 0xcc }],
    ['a trailer of zero', pssAlgorithm(), { trailer: 0 }],
    ['another trailer announced', pssAlgorithm({ trailer: integer(2) }), {}],
    ['a first octet of the padding', pssAlgorithm(), { padding: (bytes) => bytes.fill(1, 0, 1) }],
    [
      'a last octet of the padding',
      pssAlgorithm(),
      { padding: (bytes) => bytes.writeUInt8(0x80, bytes.length - 1) },
    ],
    ['no separator', pssAlgorithm(), { separator: 0 }],
    ['another separator', pssAlgorithm(), { separator: 2 }],
    ['a bit of the hash', pssAlgorithm(), { hash: (hash) => (hash[31] = (hash[31] ?? 0) ^ 1) }],
    ['a hash of zeros', pssAlgorithm(), { hash: (hash) => hash.fill(0) }],
  ];
  for (const [name, algorithm, parts] of refused) {
    it(`SIG-12: ${name} is not valid`, () => {
      const signature = signBlock(own.privateKey, pssBlock(signedDigest, parts));
      assert.equal(judge(algorithm, signature).status, 'signature-invalid');
    });
  }

  it('SIG-12: the highest bit, which is no part of the encoding, must be zero', () => {
    // Such a block is below the modulus only now and then, so that it can be signed at all.
    for (let attempt = 0; ; attempt++) {
      assert.ok(attempt < 1000, 'no block was below the modulus');
      const salt = Buffer.alloc(32);
      salt.writeUInt16BE(attempt);
      const block = pssBlock(signedDigest, { salt, highestBit: true });
      let signature: Buffer;
      try {
        signature = signBlock(own.privateKey, block);
      } catch {
        continue;
      }
      assert.equal(judge(pssAlgorithm(), signature).status, 'signature-invalid');
      return;
    }
  });
});

describe('edge: what is signed', () => {
  const sign = (parts: readonly Buffer[]) => {
    return signBlock(own.privateKey, pkcs1Block(digestInfo(digestOf(setOf(parts), 'sha-256'))));
  };
  const contentType = '1.2.840.113549.1.9.3';
  const messageDigest = '1.2.840.113549.1.9.4';
  const [type, digest] = attributes as [Buffer, Buffer];
  const wrongDigest = attribute(messageDigest, octetString(digestOf(sample(3), 'sha-256')));

  const rows: readonly (readonly [string, readonly Buffer[], SignatureReport['status']])[] = [
    ['SIG-06: both attributes', [type, digest], 'verified'],
    ['SIG-06: no content type', [digest], 'signature-invalid'],
    ['SIG-06: no message digest', [type], 'signature-invalid'],
    ['SIG-06: the message digest twice', [type, digest, digest], 'signature-invalid'],
    ['SIG-06: two message digests, one of them right', [type, digest, wrongDigest], 'signature-invalid'],
    [
      'SIG-06: two values in one attribute',
      [
        type,
        sequence(
          oid(messageDigest),
          setOf([octetString(digestOf(content, 'sha-256')), octetString(Buffer.alloc(32))]),
        ),
      ],
      'signature-invalid',
    ],
    [
      'SIG-06: a message digest without value',
      [type, sequence(oid(messageDigest), setOf([]))],
      'signature-invalid',
    ],
    [
      'SIG-03: another content type',
      [attribute(contentType, oid('1.2.840.113549.1.7.2')), digest],
      'signature-invalid',
    ],
    ['SIG-03: another message digest', [type, wrongDigest], 'content-altered'],
    [
      'SIG-03: a message digest that only begins like it',
      [type, attribute(messageDigest, octetString(digestOf(content, 'sha-256').subarray(0, 20)))],
      'content-altered',
    ],
    ['SIG-03: an attribute nobody knows', [type, digest, attribute('1.2.3.4', integer(1))], 'verified'],
  ];
  for (const [name, parts, status] of rows) {
    it(`${name}: ${status}`, () => {
      const message = handmadeSignature({
        certificate: own.certificate,
        digest: 'sha-256',
        signatureAlgorithm: rsaEncryption,
        signature: sign(parts),
        attributes: parts,
      });
      assert.equal(verify(message, content, [own.certificate]).status, status);
    });
  }

  it('SIG-03: a signature over the attributes as they travel, with their own tag, is not valid', () => {
    const travelling = context(0, ...attributes);
    const signature = signBlock(own.privateKey, pkcs1Block(digestInfo(digestOf(travelling, 'sha-256'))));
    assert.equal(judge(rsaEncryption, signature).status, 'signature-invalid');
  });

  it('SIG-05: attributes taken for content, and content for attributes, are not valid', () => {
    const withoutAttributes = handmadeSignature({
      certificate: own.certificate,
      digest: 'sha-256',
      signatureAlgorithm: rsaEncryption,
      signature: sign(attributes),
    });
    assert.equal(verify(withoutAttributes, content, [own.certificate]).status, 'content-altered');
    const overContent = signBlock(own.privateKey, pkcs1Block(digestInfo(digestOf(content, 'sha-256'))));
    assert.equal(judge(rsaEncryption, overContent).status, 'signature-invalid');
  });
});
