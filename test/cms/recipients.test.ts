import assert from 'node:assert/strict';
import { constants, publicEncrypt } from 'node:crypto';
import { bitString, context, integer, nullValue, octetString, oid, sequence, setOf } from '../../src/asn1';
import { bufferFlow } from '../../src/bytes';
import {
  cipherNames,
  cipherAlgorithm,
  type EncryptOptions,
  envelopedFlow,
  openContentInfo,
  openEnveloped,
} from '../../src/cms';
import { x963Kdf } from '../../src/cms/recipients/key-agreement';
import { isAs2Error } from '../../src/errors';
import { inPieces } from '../support/chunks';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { opensslDecrypt, opensslEncrypt } from '../support/openssl-cms';
import { at, decrypted, enveloped, resting, sample } from './helpers';
import { opensslKeyPair } from './openssl-keys';

const content = sample(5000);
const curves = ['ec-p256', 'ec-p384', 'ec-p521'] as const;
const curveKeyPair = (keyType: (typeof curves)[number]) => testKeyPair('Curve', { keyType });

function isFailure(error: unknown): boolean {
  return isAs2Error(error) && error.code === 'decryption-failed';
}

describe('cms: RSA-OAEP', () => {
  for (const oaepDigest of ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const) {
    it(`ENV-06: ours with ${oaepDigest} is read by us and by openssl`, async () => {
      const own = await testKeyPair('Station A');
      const options: EncryptOptions = {
        recipients: [own.certificate],
        cipher: 'aes-256-cbc',
        keyTransport: 'rsa-oaep',
        oaepDigest,
      };
      const message = await enveloped(content, options);
      assert.equal(message.length, envelopedFlow(bufferFlow(content), options).length);
      const opened = await openEnveloped(await openContentInfo(inPieces(message)), [own], resting);
      assert.equal(opened.recipients[0]?.algorithm, 'rsa-oaep');
      assert.ok((await decrypted(message, [own])).equals(content));
      assert.ok((await opensslDecrypt(message, own)).equals(content));
    });
  }

  const theirs: readonly (readonly [string, ...string[]])[] = [
    ['all defaults'],
    ['SHA-256 for both', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'],
    ['SHA-256 with MGF1 of SHA-1', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha1'],
    ['SHA-1 with MGF1 of SHA-256', 'rsa_mgf1_md:sha256'],
    ['SHA-512 with MGF1 of SHA-1', 'rsa_oaep_md:sha512', 'rsa_mgf1_md:sha1'],
    ['SHA-384 for both', 'rsa_oaep_md:sha384', 'rsa_mgf1_md:sha384'],
    ['a label', 'rsa_oaep_label:0102030405'],
    ['a label with mixed digests', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha1', 'rsa_oaep_label:0102030405'],
  ];
  for (const [name, ...keyOptions] of theirs) {
    it(`ENV-06: openssl's with ${name}`, async () => {
      const own = await testKeyPair('Station A');
      const options = ['rsa_padding_mode:oaep', ...keyOptions].flatMap((option) => ['-keyopt', option]);
      const message = await opensslEncrypt(content, [own], ['-aes-128-cbc'], options);
      assert.ok((await decrypted(message, [own])).equals(content));
      const encryptedKey = at(message, 1, 0, 1, 0, 3).content;
      encryptedKey.writeUInt8(encryptedKey.readUInt8(100) ^ 1, 100);
      const outcome = await decrypted(message, [own]).catch((error: unknown) => error);
      assert.ok(Buffer.isBuffer(outcome) ? !outcome.equals(content) : isFailure(outcome));
    });
  }
});

describe('cms: key agreement', () => {
  for (const curve of curves) {
    for (const cipher of ['aes-128-cbc', 'aes-256-cbc', 'aes-256-gcm', 'des-ede3-cbc'] as const) {
      it(`ENV-07: ours for ${curve} with ${cipher} is read by us and by openssl`, async () => {
        const own = await curveKeyPair(curve);
        const options = { recipients: [own.certificate], cipher } as const;
        const message = await enveloped(content, options);
        assert.equal(message.length, envelopedFlow(bufferFlow(content), options).length);
        assert.ok((await decrypted(message, [own])).equals(content));
        assert.ok((await opensslDecrypt(message, own)).equals(content));
      });
    }
  }

  const theirs: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['all defaults', [], []],
    ['SHA-224', [], ['ecdh_kdf_md:sha224']],
    ['SHA-256', [], ['ecdh_kdf_md:sha256']],
    ['SHA-384', [], ['ecdh_kdf_md:sha384']],
    ['SHA-512', [], ['ecdh_kdf_md:sha512']],
    ['cofactor DH', [], ['ecdh_cofactor_mode:1', 'ecdh_kdf_md:sha256']],
    ['AES-128 wrap', ['-aes128-wrap'], []],
    ['AES-192 wrap', ['-aes192-wrap'], []],
    ['AES-256 wrap, by key identifier', ['-aes256-wrap', '-keyid'], []],
    ['GCM, streamed', ['-aes-256-gcm', '-stream'], []],
  ];
  for (const [name, options, keyOptions] of theirs) {
    it(`ENV-07: openssl's with ${name}, on every curve`, async () => {
      for (const curve of curves) {
        const own = await curveKeyPair(curve);
        const cipher = options.some((option) => option.includes('gcm')) ? [] : ['-aes-128-cbc'];
        const recipientOptions = keyOptions.flatMap((option) => ['-keyopt', option]);
        const message = await opensslEncrypt(content, [own], [...cipher, ...options], recipientOptions);
        assert.ok((await decrypted(message, [own], 900)).equals(content));
      }
    });
  }

  for (const kind of ['x25519', 'x448'] as const) {
    it(`ENV-07: ${kind} by RFC 8418`, async () => {
      const own = await opensslKeyPair(kind);
      for (const cipher of ['aes-128-gcm', 'aes-256-cbc'] as const) {
        const message = await enveloped(content, { recipients: [own.certificate], cipher });
        const opened = await openEnveloped(await openContentInfo(inPieces(message)), [own], resting);
        assert.equal(opened.recipients[0]?.algorithm, 'ecdh-hkdf-sha-256');
        assert.ok((await decrypted(message, [own])).equals(content));
      }
    });
  }

  // NIST CAVS 12.0, ANS X9.63-2001 key derivation.
  const derivations = [
    ['sha-1', '1c7d7b5f0597b03d06a018466ed1a93e30ed4b04dc64ccdd', '', 'bf71dffd8f4d99223936beb46fee8ccc'],
    ['sha-256', '96c05619d56c328ab95fe84b18264b08725b85e33fd34f08', '', '443024c3dae66b95e6f5670601558f71'],
    [
      'sha-256',
      '22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d',
      '75eef81aa3041e33b80971203d2c0c52',
      'c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21',
    ],
  ] as const;
  for (const [digest, secret, sharedInfo, expected] of derivations) {
    it(`ENV-07: X9.63 with ${digest}, ${expected.length / 2} octets`, () => {
      const hex = (text: string): Buffer => Buffer.from(text, 'hex');
      const derived = x963Kdf(digest, hex(secret), hex(sharedInfo), expected.length / 2);
      assert.equal(derived.toString('hex'), expected);
    });
  }

  /** Our message for a P-256 certificate, with another originator key or scheme. */
  async function altered(change: {
    readonly point?: Buffer;
    readonly scheme?: string;
    readonly wrap?: Buffer;
    readonly originator?: Buffer;
  }) {
    const own = await curveKeyPair('ec-p256');
    const message = await enveloped(content, { recipients: [own.certificate], cipher: 'aes-128-cbc' });
    const [version, , info] = at(message, 1, 0).children;
    const agreement = at(message, 1, 0, 1, 0);
    const originator =
      change.originator ??
      (change.point
        ? context(1, sequence(oid('1.2.840.10045.2.1')), bitString(change.point))
        : at(agreement.children[1]?.raw ?? Buffer.alloc(0), 0).raw);
    const [scheme, wrap] = agreement.children[2]?.children ?? [];
    const recipient = context(
      1,
      integer(3),
      context(0, originator),
      sequence(
        change.scheme ? oid(change.scheme) : (scheme?.raw ?? Buffer.alloc(0)),
        change.wrap ?? wrap?.raw ?? Buffer.alloc(0),
      ),
      agreement.children[3]?.raw ?? Buffer.alloc(0),
    );
    const envelope = sequence(
      version?.raw ?? Buffer.alloc(0),
      setOf([recipient]),
      info?.raw ?? Buffer.alloc(0),
    );
    return { own, message: sequence(at(message, 0).raw, context(0, envelope)) };
  }

  const points: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['the point at infinity', Buffer.alloc(1)],
    ['a point beside the curve', Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)])],
    ['coordinates beyond the field', Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 0xff)])],
    ['a point that is cut off', Buffer.concat([Buffer.from([4]), Buffer.alloc(40, 7)])],
    ['an unknown form', Buffer.concat([Buffer.from([9]), Buffer.alloc(64, 7)])],
  ];
  for (const [name, point] of points) {
    it(`SEC-03: ${name} as the originator's key fails like everything else`, async () => {
      const { own, message } = await altered({ point });
      const outcome = await decrypted(message, [own]).catch((error: unknown) => error);
      assert.ok(Buffer.isBuffer(outcome) ? !outcome.equals(content) : isFailure(outcome));
    });
  }

  it('ENV-07: the wrap may be named with NULL, and the originator may name the curve', async () => {
    const withNull = await altered({ wrap: sequence(oid('2.16.840.1.101.3.4.1.5'), nullValue()) });
    assert.ok((await decrypted(withNull.message, [withNull.own])).equals(content));
    const { message, own } = await altered({});
    const key = at(message, 1, 0, 1, 0, 1, 0, 1).raw;
    const named = await altered({});
    assert.ok(named.own.certificate.equals(own.certificate));
    const curve = sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7'));
    const agreement = at(message, 1, 0, 1, 0);
    const recipient = context(
      1,
      integer(3),
      context(0, context(1, curve, key)),
      ...agreement.children.slice(2).map((node) => node.raw),
    );
    const envelope = sequence(integer(2), setOf([recipient]), at(message, 1, 0, 2).raw);
    assert.ok((await decrypted(sequence(at(message, 0).raw, context(0, envelope)), [own])).equals(content));
  });

  it('an unknown scheme, an unknown wrap and a static originator are named as unsupported', async () => {
    for (const change of [
      { scheme: '1.2.3.4' },
      { wrap: sequence(oid('1.2.3.4')) },
      { originator: sequence(sequence(), integer(1)) },
    ]) {
      const { own, message } = await altered(change);
      await assert.rejects(decrypted(message, [own]), { code: 'algorithm-unsupported' });
    }
  });

  it('a cipher whose key cannot be wrapped, and a certificate one cannot encrypt to, are refused', async () => {
    const curve = await curveKeyPair('ec-p256');
    const signer = await opensslKeyPair('ed25519');
    for (const options of [
      { recipients: [curve.certificate], cipher: 'rc2-40-cbc' },
      { recipients: [signer.certificate], cipher: 'aes-128-cbc' },
    ] as const) {
      assert.throws(() => envelopedFlow(bufferFlow(content), options), { code: 'algorithm-unsupported' });
    }
  });
});

describe('cms: several recipients of mixed kinds', () => {
  let everyone: readonly TestKeyPair[];
  before(async () => {
    everyone = await Promise.all([
      testKeyPair('Station A'),
      ...curves.map(curveKeyPair),
      opensslKeyPair('x25519'),
      testKeyPair('Station B'),
    ]);
  });

  for (const cipher of cipherNames.filter((name) => !cipherAlgorithm(name).legacy)) {
    it(`ENV-03: ${cipher} for RSA, three curves and X25519: each of them opens it`, async () => {
      const message = await enveloped(content, {
        recipients: everyone.map(({ certificate }) => certificate),
        cipher,
      });
      for (const recipient of everyone)
        assert.ok((await decrypted(message, [recipient], 2000)).equals(content));
      assert.equal(
        at(message, 1, 0, 0).content[0],
        message.includes(Buffer.from('060b2a864886f70d0109100117', 'hex')) ? 0 : 2,
      );
    });
  }

  it('ENV-01, ENV-03: openssl opens ours, and we its', async () => {
    const [rsa, curve] = everyone;
    assert.ok(rsa && curve);
    const ours = await enveloped(content, {
      recipients: [rsa.certificate, curve.certificate],
      cipher: 'aes-192-cbc',
    });
    const theirs = await opensslEncrypt(content, [rsa, curve], ['-aes-192-cbc']);
    for (const recipient of [rsa, curve]) {
      assert.ok((await opensslDecrypt(ours, recipient)).equals(content));
      assert.ok((await decrypted(theirs, [recipient])).equals(content));
    }
  });

  it('ENV-02: an EC recipient that is nobody of ours is named', async () => {
    const [rsa, curve] = everyone;
    assert.ok(rsa && curve);
    const message = await enveloped(content, {
      recipients: [curve.certificate, curve.certificate],
      cipher: 'aes-128-cbc',
    });
    await assert.rejects(decrypted(message, [rsa]), (error: unknown) => {
      assert.ok(isAs2Error(error) && error.code === 'decryption-no-key');
      assert.match(String(error.facts.recipients), new RegExp(curve.certificate.serialNumber));
      return true;
    });
  });

  it('SEC-11: too many recipients are refused', async () => {
    const [rsa] = everyone;
    assert.ok(rsa);
    const recipients = Array.from({ length: 101 }, () => rsa.certificate);
    const message = await enveloped(content, { recipients, cipher: 'aes-128-cbc' });
    await assert.rejects(decrypted(message, [rsa]), { code: 'asn1-malformed' });
  });

  it('ENV-04: an unknown key transport is named', async () => {
    const [rsa] = everyone;
    assert.ok(rsa);
    const key = publicEncrypt(
      { key: rsa.certificate.publicKey, padding: constants.RSA_PKCS1_PADDING },
      Buffer.alloc(16),
    );
    const { issuerDer, serial } = rsa.certificate;
    const recipient = sequence(
      integer(0),
      sequence(issuerDer, integer(serial)),
      sequence(oid('1.2.3.4')),
      octetString(key),
    );
    const message = await enveloped(content, { recipients: [rsa.certificate], cipher: 'aes-128-cbc' });
    const envelope = sequence(integer(0), setOf([recipient]), at(message, 1, 0, 2).raw);
    await assert.rejects(decrypted(sequence(at(message, 0).raw, context(0, envelope)), [rsa]), {
      code: 'algorithm-unsupported',
      facts: { algorithm: '1.2.3.4', purpose: 'key transport' },
    });
  });
});
