import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { childrenOf, parseBer, sequence, unsignedInteger, oid, primitive, setOf, tags } from '../../src/asn1';
import { readSignedData } from '../../src/cms';
import { digestOf, sample, verify } from '../cms/helpers';
import { opensslKeyPair } from '../cms/openssl-keys';
import { inPieces } from '../support/chunks';
import { handmadeSignature, minimalAttributes } from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { verifyOverContent } from '../support/over-content';

const content = sample(2000);
const attributes = minimalAttributes(digestOf(content, 'sha-256'));

/** FIPS 186-4 appendix D.1.2. */
const curves = [
  {
    keyType: 'ec-p256',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    field: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  },
  {
    keyType: 'ec-p384',
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    field:
      0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  },
  {
    keyType: 'ec-p521',
    order: BigInt(`0x1${'f'.repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`),
    field: (1n << 521n) - 1n,
  },
] as const;

function octets(value: bigint): Buffer {
  const text = value.toString(16);
  return Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex');
}

function number(value: bigint): Buffer {
  return unsignedInteger(octets(value));
}

/** An INTEGER with exactly these content octets. */
function rawInteger(...content: readonly Buffer[]): Buffer {
  return primitive(tags.integer, Buffer.concat(content));
}

function valueOf(integer: Buffer): bigint {
  return BigInt(`0x${integer.toString('hex')}`);
}

interface Values {
  readonly r: bigint;
  readonly s: bigint;
  readonly order: bigint;
  readonly field: bigint;
  readonly sound: Buffer;
}

/** Made of a signature that is sound: whatever reads too much into them finds it again. */
const encodings: readonly (readonly [string, (values: Values) => Buffer])[] = [
  ['r = 0', ({ s }) => sequence(number(0n), number(s))],
  ['s = 0', ({ r }) => sequence(number(r), number(0n))],
  ['r = s = 0', () => sequence(number(0n), number(0n))],
  ['r = 0 without octets', ({ s }) => sequence(rawInteger(), number(s))],
  ['r = s = 1', () => sequence(number(1n), number(1n))],
  ['r = n', ({ s, order }) => sequence(number(order), number(s))],
  ['s = n', ({ r, order }) => sequence(number(r), number(order))],
  ['r + n', ({ r, s, order }) => sequence(number(r + order), number(s))],
  ['s + n', ({ r, s, order }) => sequence(number(r), number(s + order))],
  ['r = p', ({ s, field }) => sequence(number(field), number(s))],
  ['r + 2^1024', ({ r, s }) => sequence(number(r + (1n << 1024n)), number(s))],
  ['s + 2^1024', ({ r, s }) => sequence(number(r), number(s + (1n << 1024n)))],
  ['r = -1', ({ s }) => sequence(rawInteger(Buffer.from([0xff])), number(s))],
  ['r - n', ({ r, s, order }) => sequence(negative(order - r), number(s))],
  ['s - n', ({ r, s, order }) => sequence(number(r), negative(order - s))],
  ['-r', ({ r, s }) => sequence(negative(r), number(s))],
  ['a zero before r', ({ r, s }) => sequence(rawInteger(Buffer.alloc(2), octets(r)), number(s))],
  ['a zero before s', ({ r, s }) => sequence(number(r), rawInteger(Buffer.alloc(2), octets(s)))],
  ['r and s exchanged', ({ r, s }) => sequence(number(s), number(r))],
  ['s missing', ({ r }) => sequence(number(r))],
  ['a third number', ({ r, s }) => sequence(number(r), number(s), number(1n))],
  ['r as an octet string', ({ r, s }) => sequence(primitive(tags.octetString, octets(r)), number(s))],
  ['a set', ({ r, s }) => setOf([number(r), number(s)])],
  ['a sequence in a sequence', ({ sound }) => sequence(sound)],
  ['the bare numbers', ({ r, s }) => Buffer.concat([number(r), number(s)])],
  ['r and s one after the other (IEEE P1363)', ({ r, s, order }) => fixed([r, s], octets(order).length)],
  ['a byte behind it', ({ sound }) => Buffer.concat([sound, Buffer.alloc(1)])],
  ['the end cut off', ({ sound }) => sound.subarray(0, -1)],
  ['a length one greater', ({ sound }) => withLength(sound, 1)],
  ['a length one smaller', ({ sound }) => withLength(sound, -1)],
  ['a length that is not minimal', ({ r, s }) => longLength(sequence(number(r), number(s)))],
  ['an indefinite length', ({ r, s }) => indefinite(number(r), number(s))],
  ['nothing', () => Buffer.alloc(0)],
  ['an empty sequence', () => sequence()],
];

/** Two's complement of -value. */
function negative(value: bigint): Buffer {
  const length = octets(value).length + 1;
  return rawInteger(octets((1n << BigInt(length * 8)) - value));
}

function fixed(values: readonly bigint[], length: number): Buffer {
  return Buffer.from(values.map((value) => value.toString(16).padStart(length * 2, '0')).join(''), 'hex');
}

function withLength(element: Buffer, change: number): Buffer {
  const copy = Buffer.from(element);
  const at = (copy[1] ?? 0) > 0x80 ? 2 : 1;
  copy.writeUInt8(copy.readUInt8(at) + change, at);
  return copy;
}

/** With one length octet more than needed. */
function longLength(element: Buffer): Buffer {
  const isLong = (element[1] ?? 0) > 0x80;
  const head = isLong ? [0x30, 0x82, 0, element[2] ?? 0] : [0x30, 0x81, element[1] ?? 0];
  return Buffer.concat([Buffer.from(head), element.subarray(isLong ? 3 : 2)]);
}

function indefinite(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x30, 0x80]), ...parts, Buffer.alloc(2)]);
}

for (const { keyType, order, field } of curves) {
  describe(`edge: ECDSA ${keyType}`, () => {
    async function valuesOf(data: Buffer): Promise<Values> {
      const { privateKey } = await testKeyPair('Curve', { keyType });
      const sound = sign('sha256', data, privateKey);
      const [r, s] = childrenOf(parseBer(sound)).map((node) => valueOf(node.content));
      return { r: r ?? 0n, s: s ?? 0n, order, field, sound };
    }
    const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'));

    for (const [name, encode] of encodings) {
      it(`SIG-13: ${name} is not valid, with attributes and without`, async () => {
        const { certificate } = await testKeyPair('Curve', { keyType });
        const common = { certificate, digest: 'sha-256', signatureAlgorithm } as const;

        const signature = encode(await valuesOf(setOf(attributes)));
        const signed = handmadeSignature({ ...common, signature, attributes });
        assert.equal(verify(signed, content, [certificate]).status, 'signature-invalid');

        const bare = handmadeSignature({ ...common, signature: encode(await valuesOf(content)) });
        const report = await verifyOverContent(readSignedData(bare), inPieces(content, 700), new Map(), [
          certificate,
        ]);
        assert.equal(report.status, 'content-altered');
      });
    }

    it('SIG-13: untouched, and with n - s in place of s, it is valid', async () => {
      const { certificate } = await testKeyPair('Curve', { keyType });
      const { r, s, sound } = await valuesOf(setOf(attributes));
      for (const signature of [sound, sequence(number(r), number(order - s))]) {
        const signed = handmadeSignature({
          certificate,
          digest: 'sha-256',
          signatureAlgorithm,
          signature,
          attributes,
        });
        assert.equal(verify(signed, content, [certificate]).status, 'verified');
      }
    });
  });
}

describe('edge: EdDSA', () => {
  /** The orders of the groups (RFC 8032 §5.1, §5.2). */
  const kinds = [
    {
      kind: 'ed25519',
      digest: 'sha-512',
      order: (1n << 252n) + 27742317777372353535851937790883648493n,
      id: '1.3.101.112',
    },
    {
      kind: 'ed448',
      digest: 'shake256',
      order: (1n << 446n) - 13818066809895115352007386748515426880336692474882178609894547503885n,
      id: '1.3.101.113',
    },
  ] as const;

  for (const { kind, digest, order, id } of kinds) {
    const own = minimalAttributes(digestOf(content, digest));

    async function judged(change: (signature: Buffer) => Buffer) {
      const { certificate, privateKey } = await opensslKeyPair(kind);
      const signature = change(sign(null, setOf(own), privateKey));
      const message = handmadeSignature({
        certificate,
        digest,
        signatureAlgorithm: sequence(oid(id)),
        signature,
        attributes: own,
      });
      return verify(message, content, [certificate]).status;
    }

    it(`SIG-14: ${kind}: untouched it is valid`, async () => {
      assert.equal(await judged((signature) => signature), 'verified');
    });

    const values: readonly (readonly [string, (signature: Buffer) => Buffer])[] = [
      ['S + L, the same point again', (signature) => withGreaterS(signature, order)],
      ['S = 0', (signature) => Buffer.from(signature).fill(0, signature.length / 2)],
      ['R = 0', (signature) => Buffer.from(signature).fill(0, 0, signature.length / 2)],
      ['all zeros', (signature) => Buffer.alloc(signature.length)],
      ['all ones', (signature) => Buffer.alloc(signature.length, 0xff)],
      ['one octet short', (signature) => signature.subarray(0, -1)],
      ['one octet more', (signature) => Buffer.concat([signature, Buffer.alloc(1)])],
      ['only R', (signature) => signature.subarray(0, signature.length / 2)],
      ['nothing', () => Buffer.alloc(0)],
      ['wrapped in an ASN.1 sequence', (signature) => sequence(signature)],
    ];
    for (const [name, change] of values) {
      it(`SIG-14: ${kind}: ${name} is not valid`, async () => {
        assert.equal(await judged(change), 'signature-invalid');
      });
    }
  }

  /** The second half of a signature is a number, little end first. */
  function withGreaterS(signature: Buffer, order: bigint): Buffer {
    const half = signature.length / 2;
    const s = BigInt(`0x${Buffer.from(signature.subarray(half)).reverse().toString('hex')}`) + order;
    const encoded = Buffer.from(s.toString(16).padStart(half * 2, '0'), 'hex').reverse();
    return Buffer.concat([signature.subarray(0, half), encoded]);
  }
});
