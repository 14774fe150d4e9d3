import assert from 'node:assert/strict';
import fc from 'fast-check';
import { context, integer, octetString, oid, sequence, setOf } from '../../src/asn1';
import { bufferFlow } from '../../src/bytes';
import { openContentInfo, openEnveloped, envelopedFlow, pkcs1DecryptionIsSafe } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { inPieces } from '../support/chunks';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { opensslDecrypt, opensslEncrypt } from '../support/openssl-cms';
import { at, decrypted, enveloped, resting, sample, tellingLengths } from './helpers';

let own: TestKeyPair;
let former: TestKeyPair;
let stranger: TestKeyPair;

before(async () => {
  [own, former, stranger] = await Promise.all([
    testKeyPair('Station A'),
    testKeyPair('Station B'),
    testKeyPair('Station C', { organization: 'Stranger' }),
  ]);
});

function isFailure(error: unknown): boolean {
  return isAs2Error(error) && error.code === 'decryption-failed';
}

describe('cms: enveloped data', () => {
  it('ENV-09: every length comes back, with known and with unknown length', async () => {
    for (const length of tellingLengths) {
      const content = sample(length);
      const options = { recipients: [own.certificate], cipher: 'aes-128-cbc' } as const;
      const definite = await enveloped(content, options);
      assert.equal(definite[1] === 0x80, false);
      assert.ok((await decrypted(definite, [own])).equals(content), `${length} bytes`);
      const indefinite = await enveloped(content, options, 1000);
      assert.equal(indefinite.subarray(0, 2).toString('hex'), '3080');
      assert.ok((await decrypted(indefinite, [own], 4096)).equals(content), `${length} bytes, streamed`);
    }
  });

  for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc'] as const) {
    it(`ENV-01, ENV-04: ${cipher} travels both ways between us and openssl, streamed or not`, async () => {
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

  it('the announced length is the length', async () => {
    for (const length of tellingLengths) {
      const options = { recipients: [own.certificate, former.certificate], cipher: 'aes-256-cbc' } as const;
      const flow = envelopedFlow(bufferFlow(sample(length)), options);
      let written = 0;
      for await (const chunk of flow.chunks) written += chunk.length;
      assert.equal(written, flow.length);
    }
  });

  it('BER-02: however the message is split, the plaintext is the same', async () => {
    const content = sample(5000);
    const messages = [
      await enveloped(content, { recipients: [own.certificate], cipher: 'aes-256-cbc' }),
      await enveloped(content, { recipients: [own.certificate], cipher: 'aes-256-cbc' }, 1, 700, 16),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...messages),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
        async (message, pieces) => {
          assert.ok((await decrypted(message, [own], ...pieces)).equals(content));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('SEC-14: two messages share neither key nor vector', async () => {
    const options = { recipients: [own.certificate], cipher: 'aes-128-cbc' } as const;
    const [first, second] = [await enveloped(sample(100), options), await enveloped(sample(100), options)];
    const vector = (message: Buffer) => at(message, 1, 0, 2, 1, 1).content.toString('hex');
    assert.notEqual(vector(first), vector(second));
    assert.ok(!at(first, 1, 0, 2, 2).content.equals(at(second, 1, 0, 2, 2).content));
  });
});

describe('cms: recipients', () => {
  it('ENV-02: a message for a former key is opened with it, by serial number and by key identifier', async () => {
    const content = sample(300);
    for (const options of [[], ['-keyid']]) {
      const message = await opensslEncrypt(content, [former], ['-aes-128-cbc', ...options]);
      const opened = await openEnveloped(await openContentInfo(inPieces(message)), [own, former], resting);
      assert.ok(opened.recipient.equals(former.certificate));
      assert.equal(opened.recipients[0]?.heldFingerprint, former.certificate.fingerprintSha256);
      assert.ok((await decrypted(message, [own, former])).equals(content));
    }
  });

  it('ENV-02: a message for nobody we know names whom it is for and what we hold', async () => {
    const message = await enveloped(sample(10), {
      recipients: [stranger.certificate, former.certificate],
      cipher: 'aes-128-cbc',
    });
    await assert.rejects(decrypted(message, [own]), (error: unknown) => {
      assert.ok(isAs2Error(error) && error.code === 'decryption-no-key');
      assert.match(
        String(error.facts.recipients),
        new RegExp(`${stranger.certificate.serialNumber} of .*Stranger`),
      );
      assert.match(
        String(error.facts.keys),
        new RegExp(`CN=Station A, serial ${own.certificate.serialNumber}`),
      );
      return true;
    });
  });

  it('ENV-02: the only entry names a certificate that was renewed with the same key: opened', async () => {
    const message = await enveloped(sample(300), { recipients: [own.certificate], cipher: 'aes-128-cbc' });
    const renewed = { certificate: stranger.certificate, privateKey: own.privateKey };
    assert.ok((await decrypted(message, [former, renewed])).equals(sample(300)));
    await assert.rejects(decrypted(message, [former, stranger]), { code: 'decryption-no-key' });
  });

  it('ENV-03: several recipients, each opens it', async () => {
    const content = sample(300);
    const message = await enveloped(content, {
      recipients: [own.certificate, former.certificate],
      cipher: 'aes-256-cbc',
    });
    for (const recipient of [own, former]) {
      assert.ok((await decrypted(message, [recipient])).equals(content));
      assert.ok((await opensslDecrypt(message, recipient)).equals(content));
    }
  });

  it('ENV-08: a password recipient beside ours is skipped', async () => {
    const message = await opensslEncrypt(sample(50), [own], ['-aes-128-cbc', '-pwri_password', 'secret']);
    assert.ok((await decrypted(message, [own])).equals(sample(50)));
  });

  it('ENV-03: originator information is tolerated', async () => {
    const message = await enveloped(sample(50), { recipients: [own.certificate], cipher: 'aes-128-cbc' });
    const [version, recipientInfos, content] = at(message, 1, 0).children.map((node) => node.raw);
    const parts = [
      integer(2),
      context(0, context(0, former.certificate.der)),
      recipientInfos,
      content,
      context(1, setOf([])),
    ];
    assert.ok(version);
    const withOriginator = sequence(
      at(message, 0).raw,
      context(0, sequence(...parts.filter((part) => part !== undefined))),
    );
    assert.ok((await decrypted(withOriginator, [own])).equals(sample(50)));
  });
});

describe('cms: one way to fail to decrypt', () => {
  const content = sample(1000);
  let message: Buffer;
  before(async () => {
    message = await enveloped(content, { recipients: [own.certificate], cipher: 'aes-128-cbc' });
  });

  /** The same message with the content of one element replaced by as many other bytes. */
  function altered(path: readonly number[], alter: (content: Buffer) => void): Buffer {
    const copy = Buffer.from(message);
    alter(at(copy, ...path).content);
    return copy;
  }
  const encryptedKey = [1, 0, 1, 0, 3];
  const encryptedContent = [1, 0, 2, 2];

  const failures: readonly (readonly [string, () => Buffer | Promise<Buffer>])[] = [
    [
      'a damaged encrypted key',
      () => altered(encryptedKey, (bytes) => bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200)),
    ],
    ['an encrypted key beyond the modulus', () => altered(encryptedKey, (bytes) => bytes.fill(0xff))],
    ['an encrypted key of zeros', () => altered(encryptedKey, (bytes) => bytes.fill(0))],
    ['an encrypted key for another cipher', () => withKeyOfLength(24)],
    [
      'a damaged last block',
      () => altered(encryptedContent, (bytes) => bytes.writeUInt8(bytes.readUInt8(991) ^ 0xff, 991)),
    ],
    ['a ciphertext without its last octet', () => withContent((bytes) => bytes.subarray(0, -1))],
    ['a ciphertext without its last block', () => withContent((bytes) => bytes.subarray(0, -16))],
    ['no ciphertext at all', () => withContent(() => Buffer.alloc(0))],
    ['a message that is cut off', () => message.subarray(0, -100)],
  ];

  for (const [name, make] of failures) {
    it(`SEC-03, ENV-05: ${name} fails like all others`, async () => {
      // A wrong key still gives valid-looking padding once in 256 times; then the plaintext is garbage.
      const outcome = await decrypted(await make(), [own]).catch((error: unknown) => error);
      if (Buffer.isBuffer(outcome)) assert.ok(!outcome.equals(content));
      else assert.ok(isFailure(outcome), String(outcome));
    });
  }

  it('SEC-03: the texts of all failures are the same', async () => {
    const texts = new Set<string>();
    for (const [, make] of failures) {
      const outcome = await decrypted(await make(), [own]).catch((error: Error) => error.message);
      if (typeof outcome === 'string') texts.add(outcome);
    }
    assert.equal(texts.size, 1);
  });

  it('ENV-05: Node.js hides bad padding, and says so', () => {
    assert.equal(pkcs1DecryptionIsSafe(own.privateKey), true);
  });

  it('any flipped bit of the ciphertext or the key changes the plaintext or fails', async () => {
    for (const path of [encryptedKey, encryptedContent]) {
      for (let bit = 5; bit < at(message, ...path).content.length * 8; bit += 397) {
        const damaged = altered(path, (bytes) =>
          bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3),
        );
        const outcome = await decrypted(damaged, [own]).catch((error: unknown) => error);
        assert.ok(Buffer.isBuffer(outcome) ? !outcome.equals(content) : isFailure(outcome));
      }
    }
  });

  it('BER-05: cut off anywhere it is an error and never a hang', async () => {
    const streamed = await enveloped(content, { recipients: [own.certificate], cipher: 'aes-128-cbc' }, 100);
    for (const whole of [message, streamed]) {
      for (let end = 0; end < whole.length; end += 13) {
        await assert.rejects(decrypted(whole.subarray(0, end), [own], 97), isAs2Error);
      }
    }
  });

  it('errors of the source itself pass through unchanged', async () => {
    async function* failing(): AsyncGenerator<Buffer, void> {
      yield message.subarray(0, 700);
      throw new Error('disk gone');
    }
    const opened = await openEnveloped(await openContentInfo(failing()), [own], resting);
    await assert.rejects(async () => {
      for await (const chunk of opened.content) assert.ok(chunk.length > 0);
    }, /disk gone/);
  });

  async function withKeyOfLength(keyBytes: number): Promise<Buffer> {
    const other = await enveloped(content, {
      recipients: [own.certificate],
      cipher: keyBytes === 24 ? 'aes-192-cbc' : 'aes-256-cbc',
    });
    const [version, , encryptedContentInfo] = at(message, 1, 0).children;
    return rebuilt(version?.raw, at(other, 1, 0, 1).raw, encryptedContentInfo?.raw);
  }

  function withContent(change: (bytes: Buffer) => Buffer): Buffer {
    const [version, recipientInfos, info] = at(message, 1, 0).children;
    const [type, algorithm, encrypted] = info?.children ?? [];
    const bytes = change(encrypted?.content ?? Buffer.alloc(0));
    const replaced = octetString(bytes);
    replaced[0] = 0x80;
    return rebuilt(
      version?.raw,
      recipientInfos?.raw,
      sequence(...[type, algorithm].flatMap((n) => n?.raw ?? []), replaced),
    );
  }

  function rebuilt(...parts: readonly (Buffer | undefined)[]): Buffer {
    return sequence(at(message, 0).raw, context(0, sequence(...parts.filter((part) => part !== undefined))));
  }
});

describe('cms: content info', () => {
  it('MIME-09: the object identifier decides; an unknown one is named', async () => {
    const message = await enveloped(sample(10), { recipients: [own.certificate], cipher: 'aes-128-cbc' });
    assert.equal((await openContentInfo(inPieces(message))).type, 'enveloped-data');
    const digested = sequence(oid('1.2.840.113549.1.7.5'), context(0, sequence()));
    await assert.rejects(openContentInfo(inPieces(digested)), { code: 'content-type-unexpected' });
  });

  it('ENV-14: an unsupported cipher is named, with its identifier', async () => {
    const message = await opensslEncrypt(sample(10), [own], ['-camellia-256-cbc']);
    await assert.rejects(decrypted(message, [own]), {
      code: 'algorithm-unsupported',
      facts: { algorithm: 'camellia-256-cbc (1.2.392.200011.61.1.1.1.4)', purpose: 'encryption' },
    });
  });

  it('BER-05: trailing bytes after the message are left alone', async () => {
    const message = await enveloped(sample(10), { recipients: [own.certificate], cipher: 'aes-128-cbc' }, 3);
    assert.ok((await decrypted(Buffer.concat([message, Buffer.from('\r\n')]), [own], 5)).equals(sample(10)));
  });

  it('what is no ASN.1 at all is a clean error', async () => {
    for (const text of ['', 'x', '<html>', '0', '0\x80']) {
      await assert.rejects(openContentInfo(inPieces(Buffer.from(text, 'latin1'))), isAs2Error);
    }
  });
});
