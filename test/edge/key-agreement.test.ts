import assert from 'node:assert/strict';
import {
  createCipheriv,
  createECDH,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  bitStringBytes,
  childrenOf,
  integer,
  nullValue,
  octetString,
  oid,
  parseBer,
  sequence,
} from '../../src/asn1';
import type { KeyPair } from '../../src/pki';
import { decrypted, sample } from '../cms/helpers';
import { opensslKeyPair } from '../cms/openssl-keys';
import { handmadeEnvelope, keyAgreement } from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { hkdfKey, x963Key } from '../vectors/derivations';

const content = sample(500);
const failed = { code: 'decryption-failed' };
const wrap256 = sequence(oid('2.16.840.1.101.3.4.1.45'));

interface Agreement {
  readonly keyPair: KeyPair;
  readonly keyAlgorithm: Buffer;
  /** From the shared secret, for 256 bits. */
  readonly derive: (secret: Buffer) => Buffer;
  readonly scheme: string;
}

interface Wrapped {
  readonly point: Buffer;
  /** What the sender holds for the shared secret. */
  readonly secret: Buffer;
  readonly contentKey?: Buffer;
  readonly wrap?: Buffer;
  readonly alter?: (encryptedKey: Buffer) => Buffer;
}

/** Content in AES-128-GCM, so that a wrong key never passes by chance. */
async function opened(agreement: Agreement, wrapped: Wrapped): Promise<Buffer> {
  const { keyPair, keyAlgorithm, scheme } = agreement;
  const { contentKey = randomBytes(16), alter = (bytes) => bytes } = wrapped;
  const wrapping = createCipheriv('id-aes256-wrap', agreement.derive(wrapped.secret), Buffer.alloc(8, 0xa6));
  const nonce = randomBytes(12);
  const encryption = createCipheriv('aes-128-gcm', contentKey.subarray(0, 16), nonce);
  const ciphertext = Buffer.concat([encryption.update(content), encryption.final()]);
  const message = handmadeEnvelope({
    recipient: keyAgreement({
      certificate: keyPair.certificate,
      keyAlgorithm,
      point: wrapped.point,
      keyEncryptionAlgorithm: sequence(oid(scheme), wrapped.wrap ?? wrap256),
      encryptedKey: alter(Buffer.concat([wrapping.update(contentKey), wrapping.final()])),
    }),
    cipher: sequence(oid('2.16.840.1.101.3.4.1.6'), sequence(octetString(nonce), integer(16))),
    ciphertext,
    mac: encryption.getAuthTag(),
  });
  return decrypted(message, [keyPair], 100);
}

async function p256(): Promise<Agreement> {
  return {
    keyPair: await testKeyPair('Curve', { keyType: 'ec-p256' }),
    keyAlgorithm: sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
    derive: (secret) => x963Key('sha256', secret, wrap256, undefined, 32),
    scheme: '1.3.132.1.11.1',
  };
}

/** The point of an EC key, the octets of the others. */
function pointOf(publicKey: KeyObject): Buffer {
  const [, bits] = childrenOf(parseBer(publicKey.export({ type: 'spki', format: 'der' })));
  return bitStringBytes(bits);
}

describe('edge: ECDH on P-256', () => {
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const point = pointOf(ephemeral.publicKey);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  const field = Buffer.from('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'hex');
  const oddOrEven = (y[31] ?? 0) & 1;
  const joined = (head: number, ...parts: readonly Buffer[]) =>
    Buffer.concat([Buffer.from([head]), ...parts]);
  const secretWith = ({ keyPair }: Agreement) => {
    return diffieHellman({ privateKey: ephemeral.privateKey, publicKey: keyPair.certificate.publicKey });
  };

  for (const [name, form] of [
    ['as usual', point],
    ['compressed', joined(2 + oddOrEven, x)],
  ] as const) {
    it(`ENV-07: the point ${name} opens`, async () => {
      const agreement = await p256();
      assert.ok((await opened(agreement, { point: form, secret: secretWith(agreement) })).equals(content));
    });
  }

  const foreign = (namedCurve: string) => pointOf(generateKeyPairSync('ec', { namedCurve }).publicKey);
  const points: readonly (readonly [string, () => Buffer])[] = [
    ['infinity', () => Buffer.alloc(1)],
    ['infinity with coordinates', () => Buffer.concat([Buffer.alloc(1), x, y])],
    ['nothing', () => Buffer.alloc(0)],
    ['a form alone', () => joined(4)],
    ['an unknown form', () => joined(5, x, y)],
    ['x alone', () => joined(4, x)],
    ['an octet short', () => point.subarray(0, -1)],
    ['an octet more', () => Buffer.concat([point, Buffer.alloc(1)])],
    ['coordinates of zero', () => joined(4, Buffer.alloc(64))],
    ['coordinates exchanged', () => joined(4, y, x)],
    ['y with a bit changed', () => joined(4, x, flipped(y))],
    ['x with a bit changed', () => joined(4, flipped(x), y)],
    ['x = p', () => joined(4, field, y)],
    ['y = p', () => joined(4, x, field)],
    ['x beyond p', () => joined(4, Buffer.alloc(32, 0xff), y)],
    ['a compressed x that is on no point', () => joined(2, offCurveX())],
    ['compressed with y behind it', () => joined(2 + oddOrEven, x, y)],
    ['hybrid with the wrong sign', () => joined(7 - oddOrEven, x, y)],
    ['a point of P-384', () => foreign('P-384')],
    ['a point of secp256k1', () => foreign('secp256k1')],
    ['a point of Brainpool P256r1', () => foreign('brainpoolP256r1')],
    ['a public key of X25519', () => pointOf(generateKeyPairSync('x25519').publicKey)],
  ];
  for (const [name, make] of points) {
    it(`ENV-07, SEC-03: ${name} fails like everything else`, async () => {
      const agreement = await p256();
      // Whatever a careless computation would end in: zeros, or what the right point gives.
      for (const secret of [Buffer.alloc(32), secretWith(agreement)]) {
        await assert.rejects(opened(agreement, { point: make(), secret }), failed);
      }
    });
  }

  function flipped(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(31) ^ 1, 31);
    return copy;
  }

  /** About every second x is on no point. */
  function offCurveX(): Buffer {
    const anybody = createECDH('prime256v1');
    anybody.generateKeys();
    for (;;) {
      const candidate = randomBytes(32);
      try {
        anybody.computeSecret(joined(2, candidate));
      } catch {
        return candidate;
      }
    }
  }
});

describe('edge: ECDH, what follows from the secret', () => {
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const point = pointOf(ephemeral.publicKey);
  const flip = (at: number) => (bytes: Buffer) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    return bytes;
  };
  const altered: readonly (readonly [string, Partial<Wrapped>])[] = [
    ['a first bit of the wrapped key', { alter: flip(0) }],
    ['a last bit of the wrapped key', { alter: flip(23) }],
    ['a wrapped key cut off by a block', { alter: (bytes) => bytes.subarray(0, 16) }],
    ['a wrapped key cut off within a block', { alter: (bytes) => bytes.subarray(0, 20) }],
    ['a wrapped key of one block', { alter: (bytes) => bytes.subarray(0, 8) }],
    ['no wrapped key', { alter: () => Buffer.alloc(0) }],
    ['a wrapped key that goes on', { alter: (bytes) => Buffer.concat([bytes, Buffer.alloc(8)]) }],
    ['zeros', { alter: (bytes) => bytes.fill(0) }],
    ['a key for AES-192', { contentKey: randomBytes(24) }],
    ['a key for AES-256', { contentKey: randomBytes(32) }],
    ['another wrap announced', { wrap: sequence(oid('2.16.840.1.101.3.4.1.5')) }],
    ['another wrap announced, with NULL', { wrap: sequence(oid('2.16.840.1.101.3.4.1.25'), nullValue()) }],
    ['another secret', { secret: randomBytes(32) }],
    ['a secret of zeros', { secret: Buffer.alloc(32) }],
  ];
  for (const [name, change] of altered) {
    it(`ENV-07, SEC-03: ${name} fails like everything else`, async () => {
      const agreement = await p256();
      const { publicKey } = agreement.keyPair.certificate;
      const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
      await assert.rejects(opened(agreement, { point, secret, ...change }), failed);
    });
  }

  it('ENV-07: another derivation announced fails like everything else', async () => {
    const agreement = await p256();
    const { publicKey } = agreement.keyPair.certificate;
    const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
    for (const scheme of ['1.3.133.16.840.63.0.2', '1.3.132.1.11.2', '1.2.840.113549.1.9.16.3.19']) {
      await assert.rejects(opened({ ...agreement, scheme }, { point, secret }), failed);
    }
    assert.ok((await opened(agreement, { point, secret })).equals(content));
  });
});

describe('edge: X25519 and X448', () => {
  /** RFC 7748 §7: points of low order, which give a secret of zeros whatever the private key is. */
  const p25519 = (1n << 255n) - 19n;
  const lowOrder: readonly (readonly [string, Buffer])[] = [
    ['0', littleEndian(0n, 32)],
    ['1', littleEndian(1n, 32)],
    ['p - 1', littleEndian(p25519 - 1n, 32)],
    ['p', littleEndian(p25519, 32)],
    ['p + 1', littleEndian(p25519 + 1n, 32)],
    ['order 8', Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')],
    [
      'order 8, the other',
      Buffer.from('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157', 'hex'),
    ],
  ];
  const p448 = (1n << 448n) - (1n << 224n) - 1n;
  const lowOrder448: readonly (readonly [string, Buffer])[] = [
    ['0', littleEndian(0n, 56)],
    ['1', littleEndian(1n, 56)],
    ['p - 1', littleEndian(p448 - 1n, 56)],
    ['p', littleEndian(p448, 56)],
    ['p + 1', littleEndian(p448 + 1n, 56)],
  ];

  async function montgomery(kind: 'x25519' | 'x448'): Promise<Agreement> {
    return {
      keyPair: await opensslKeyPair(kind),
      keyAlgorithm: sequence(oid(kind === 'x25519' ? '1.3.101.110' : '1.3.101.111')),
      derive: (secret) => hkdfKey('sha256', secret, wrap256, undefined, 32),
      scheme: '1.2.840.113549.1.9.16.3.19',
    };
  }

  for (const [kind, bytes, points] of [
    ['x25519', 32, lowOrder],
    ['x448', 56, lowOrder448],
  ] as const) {
    for (const [name, point] of points) {
      it(`ENV-07, SEC-03: ${kind}: ${name} as public key does not give a key that anybody knows`, async () => {
        await assert.rejects(opened(await montgomery(kind), { point, secret: Buffer.alloc(bytes) }), failed);
      });
    }

    it(`ENV-07, SEC-03: ${kind}: public keys of other lengths fail like everything else`, async () => {
      for (const length of [0, 1, bytes - 1, bytes + 1, 2 * bytes]) {
        const wrapped = { point: Buffer.alloc(length, 9), secret: Buffer.alloc(bytes) };
        await assert.rejects(opened(await montgomery(kind), wrapped), failed);
      }
    });
  }

  it('ENV-07: X25519: the highest bit of a public key does not count (RFC 7748 §5)', async () => {
    const agreement = await montgomery('x25519');
    const ephemeral = generateKeyPairSync('x25519');
    const { publicKey } = agreement.keyPair.certificate;
    const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
    const point = Buffer.from(pointOf(ephemeral.publicKey));
    point.writeUInt8(point.readUInt8(31) | 0x80, 31);
    assert.ok((await opened(agreement, { point, secret })).equals(content));
  });

  function littleEndian(value: bigint, bytes: number): Buffer {
    return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex').reverse();
  }
});
