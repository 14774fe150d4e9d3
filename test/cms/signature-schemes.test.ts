import assert from 'node:assert/strict';
import { constants, createHash, sign } from 'node:crypto';
import { context, integer, nullValue, octetString, oid, sequence, setOf } from '../../src/asn1';
import {
  detachedLength,
  digestAlgorithm,
  type DigestName,
  readSignedData,
  signDetached,
  signingDigest,
  type SignOptions,
} from '../../src/cms';
import { inPieces } from '../support/chunks';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { opensslSign, opensslVerify } from '../support/openssl-cms';
import { verifyOverContent } from '../support/over-content';
import { at, digestOf, sample, verify } from './helpers';
import { opensslKeyPair } from './openssl-keys';

const content = sample(3000);

interface Scheme {
  readonly name: string;
  readonly keyPair: () => Promise<TestKeyPair>;
  readonly scheme?: SignOptions['scheme'];
  readonly digests: readonly DigestName[];
  /** The openssl command knows it in CMS. */
  readonly opensslReads: boolean;
}

const sha2: readonly DigestName[] = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'];
const schemes: readonly Scheme[] = [
  {
    name: 'SIG-10: RSA PKCS#1 v1.5',
    keyPair: () => testKeyPair('Station A'),
    digests: [...sha2, 'sha3-256', 'sha3-512'],
    opensslReads: true,
  },
  {
    name: 'SIG-12: RSASSA-PSS',
    keyPair: () => testKeyPair('Station A'),
    scheme: 'rsa-pss',
    digests: [...sha2, 'sha3-256'],
    opensslReads: true,
  },
  {
    name: 'SIG-12: RSASSA-PSS with a PSS key',
    keyPair: () => opensslKeyPair('rsa-pss'),
    digests: ['sha-256', 'sha-512'],
    opensslReads: false,
  },
  {
    name: 'SIG-13: ECDSA P-256',
    keyPair: () => testKeyPair('Curve', { keyType: 'ec-p256' }),
    digests: [...sha2, 'sha3-256'],
    opensslReads: true,
  },
  {
    name: 'SIG-13: ECDSA P-384',
    keyPair: () => testKeyPair('Curve', { keyType: 'ec-p384' }),
    digests: ['sha-384'],
    opensslReads: true,
  },
  {
    name: 'SIG-13: ECDSA P-521',
    keyPair: () => testKeyPair('Curve', { keyType: 'ec-p521' }),
    digests: ['sha-512'],
    opensslReads: true,
  },
  {
    name: 'SIG-14: Ed25519',
    keyPair: () => opensslKeyPair('ed25519'),
    digests: ['sha-512'],
    opensslReads: false,
  },
  {
    name: 'SIG-14: Ed448',
    keyPair: () => opensslKeyPair('ed448'),
    digests: ['shake256'],
    opensslReads: false,
  },
];

describe('cms: signature schemes', () => {
  for (const { name, keyPair: make, scheme, digests, opensslReads } of schemes) {
    for (const digest of digests) {
      it(`${name} with ${digest} verifies, with the length announced`, async () => {
        const keyPair = await make();
        const options: SignOptions = { keyPair, digest, ...(scheme ? { scheme } : {}) };
        const signature = await signDetached(digestOf(content, digest), options);
        assert.equal(signature.length, detachedLength(options));
        const report = verify(signature, content, [keyPair.certificate]);
        assert.equal(report.status, 'verified');
        assert.equal(report.digest, digest);
        assert.equal(verify(signature, sample(2999), [keyPair.certificate]).status, 'content-altered');
        // SHA-3 came to PSS and ECDSA in CMS after OpenSSL 3.0.
        if (opensslReads && !(digest.startsWith('sha3') && !name.includes('PKCS'))) {
          await opensslVerify(signature, content, keyPair);
        }
        const value = at(signature, 1, 0, 4, 0, 5).content;
        value.writeUInt8(value.readUInt8(value.length - 3) ^ 0x10, value.length - 3);
        assert.equal(verify(signature, content, [keyPair.certificate]).status, 'signature-invalid');
      });
    }
  }

  it('SIG-14: an Edwards key allows one digest', async () => {
    const keyPair = await opensslKeyPair('ed25519');
    assert.equal(signingDigest(keyPair, 'sha-256'), 'sha-512');
    assert.equal(signingDigest(await opensslKeyPair('ed448'), 'sha-256'), 'shake256');
    assert.equal(signingDigest(await testKeyPair('Station A'), 'sha-384'), 'sha-384');
    await assert.rejects(signDetached(digestOf(content, 'sha-256'), { keyPair, digest: 'sha-256' }), {
      code: 'signing-key-unsuitable',
    });
  });

  it('a key that cannot sign, and a digest without an identifier for it, are refused', async () => {
    const agreement = await opensslKeyPair('x25519');
    const curve = await testKeyPair('Curve', { keyType: 'ec-p256' });
    assert.throws(() => detachedLength({ keyPair: agreement, digest: 'sha-256' }), {
      code: 'signing-key-unsuitable',
    });
    assert.throws(() => detachedLength({ keyPair: curve, digest: 'md5' }), {
      code: 'signing-key-unsuitable',
    });
  });

  it('SIG-13: every ECDSA signature has the length announced', async () => {
    for (const keyType of ['ec-p256', 'ec-p384', 'ec-p521'] as const) {
      const options = { keyPair: await testKeyPair('Curve', { keyType }), digest: 'sha-256' } as const;
      const expected = detachedLength(options);
      const lengths = await Promise.all(
        Array.from(
          { length: 20 },
          async () => (await signDetached(digestOf(content, 'sha-256'), options)).length,
        ),
      );
      assert.deepEqual(new Set(lengths), new Set([expected]));
    }
  });

  for (const curve of ['ec-p256', 'ec-p384', 'ec-p521'] as const) {
    it(`SIG-13: ECDSA ${curve} by openssl verifies, also without attributes`, async () => {
      const keyPair = await testKeyPair('Curve', { keyType: curve });
      const trusted = [keyPair.certificate];
      for (const digest of ['sha256', 'sha384', 'sha512']) {
        assert.equal(
          verify(await opensslSign(content, keyPair, '-md', digest), content, trusted).status,
          'verified',
        );
      }
      const bare = await opensslSign(content, keyPair, '-md', 'sha256', '-noattr');
      assert.equal(verify(bare, content, trusted).status, 'content-needed');
      const overContent = (bytes: Buffer) => {
        return verifyOverContent(readSignedData(bare), inPieces(bytes, 100), new Map(), trusted);
      };
      assert.equal((await overContent(content)).status, 'verified');
      assert.equal((await overContent(sample(2999))).status, 'content-altered');
    });
  }
});

describe('cms: RSASSA-PSS as others write it', () => {
  const saltLengths: readonly (readonly [string, ...string[]])[] = [
    ["the greatest salt, openssl's default"],
    ['a salt of 32', '-keyopt', 'rsa_pss_saltlen:32'],
    ['a salt of 20', '-keyopt', 'rsa_pss_saltlen:20'],
    ['no salt', '-keyopt', 'rsa_pss_saltlen:0'],
    ['another digest in MGF1', '-keyopt', 'rsa_mgf1_md:sha1'],
    ['SHA-512 in MGF1', '-keyopt', 'rsa_mgf1_md:sha512'],
  ];
  for (const [name, ...options] of saltLengths) {
    it(`SIG-12: ${name} verifies, with and without attributes`, async () => {
      const keyPair = await testKeyPair('Station A');
      for (const attributes of [[], ['-noattr']]) {
        const pss = ['-keyopt', 'rsa_padding_mode:pss', ...options, ...attributes];
        const signature = await opensslSign(content, keyPair, '-md', 'sha256', ...pss);
        assert.equal(verify(signature, content, [keyPair.certificate]).status, 'verified');
        assert.equal(verify(signature, sample(2999), [keyPair.certificate]).status, 'content-altered');
      }
    });
  }

  /** SignedData without attributes, of which the parameters and the signature are given. */
  async function judged(
    parameters: readonly Buffer[],
    signature: (key: TestKeyPair['privateKey']) => Buffer,
  ) {
    const { certificate, privateKey } = await testKeyPair('Station A');
    const sha256 = sequence(oid(digestAlgorithm('sha-256').oid));
    const signerInfo = sequence(
      integer(1),
      sequence(certificate.issuerDer, integer(certificate.serial)),
      sha256,
      sequence(oid('1.2.840.113549.1.1.10'), ...parameters),
      octetString(signature(privateKey)),
    );
    const data = sequence(oid('1.2.840.113549.1.7.1'));
    const signedData = sequence(integer(1), setOf([sha256]), data, setOf([signerInfo]));
    const message = sequence(oid('1.2.840.113549.1.7.2'), context(0, signedData));
    return verify(message, content, [certificate]).signers[0]?.verdict;
  }
  const withSalt = (digest: string, saltLength: number) => (key: TestKeyPair['privateKey']) =>
    sign(digest, content, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  const sha256Fields = [
    context(0, sequence(oid(digestAlgorithm('sha-256').oid), nullValue())),
    context(1, sequence(oid('1.2.840.113549.1.1.8'), sequence(oid(digestAlgorithm('sha-256').oid)))),
  ];

  it('SIG-12: parameters that are missing mean the digest that stands beside', async () => {
    assert.equal(await judged([], withSalt('sha256', 32)), 'verified');
  });

  it('SIG-12: left out fields mean SHA-1 and a salt of 20, and SHA-1 is not the digest beside it', async () => {
    assert.equal(await judged([sequence()], withSalt('sha1', 20)), 'signature-invalid');
    assert.equal(await judged([sequence(...sha256Fields)], withSalt('sha256', 20)), 'verified');
  });

  it('SIG-12: another salt length than the one declared is not valid', async () => {
    assert.equal(await judged([sequence(...sha256Fields)], withSalt('sha256', 32)), 'content-altered');
  });

  it('SIG-12: parameters nobody can read are an unsupported algorithm, no crash', async () => {
    const sound = withSalt('sha256', 20);
    for (const parameters of [
      integer(1),
      sequence(context(0, sequence(oid('1.2.3')))),
      sequence(context(1, sequence(oid('1.2.3')))),
      sequence(...sha256Fields, context(3, integer(2))),
      sequence(context(2, octetString(Buffer.alloc(1)))),
    ]) {
      assert.equal(await judged([parameters], sound), 'algorithm-unsupported');
    }
  });

  it('SIG-12: signatures of a wrong length or beyond the modulus are not valid', async () => {
    for (const signature of [
      Buffer.alloc(0),
      Buffer.alloc(255, 1),
      Buffer.alloc(257, 1),
      Buffer.alloc(256, 0xff),
      Buffer.alloc(256),
    ]) {
      assert.equal(await judged([sequence(...sha256Fields)], () => signature), 'content-altered');
    }
    const negative = sequence(...sha256Fields, context(2, Buffer.from('020180', 'hex')));
    assert.equal(await judged([negative], withSalt('sha256', 20)), 'content-altered');
  });
});

describe('cms: ECDSA values out of range', () => {
  const zero = integer(0);
  const one = integer(1);
  const order = Buffer.from('00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const values: readonly (readonly [string, Buffer])[] = [
    ['r = 0', sequence(zero, one)],
    ['s = 0', sequence(one, zero)],
    ['r = s = 0', sequence(zero, zero)],
    ['r = n', sequence(integer(order), one)],
    ['s = n', sequence(one, integer(order))],
    ['r negative', sequence(Buffer.from('0201ff', 'hex'), one)],
    ['no sequence', integer(1)],
    ['nothing', Buffer.alloc(0)],
    ['a third number', sequence(one, one, one)],
    ['a length that is not minimal', Buffer.from('308106020101020101', 'hex')],
  ];
  for (const [name, value] of values) {
    it(`SIG-13: ${name} is not valid`, async () => {
      const keyPair = await testKeyPair('Curve', { keyType: 'ec-p256' });
      const signature = await signDetached(digestOf(content, 'sha-256'), { keyPair, digest: 'sha-256' });
      const [type, wrapped] = at(signature).children;
      const parts = [...(wrapped?.children[0]?.children ?? [])];
      const [signerInfo] = parts.pop()?.children ?? [];
      const fields = (signerInfo?.children ?? []).slice(0, -1).map((node) => node.raw);
      const replaced = sequence(
        type?.raw ?? Buffer.alloc(0),
        context(
          0,
          sequence(...parts.map((node) => node.raw), setOf([sequence(...fields, octetString(value))])),
        ),
      );
      assert.equal(verify(replaced, content, [keyPair.certificate]).status, 'signature-invalid');
    });
  }
});

describe('cms: digests', () => {
  it('SIG-14: SHAKE256 gives 512 bits', () => {
    const expected = createHash('shake256', { outputLength: 64 }).update(content).digest();
    assert.ok(digestOf(content, 'shake256').equals(expected));
  });
});
