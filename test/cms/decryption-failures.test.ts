import assert from 'node:assert/strict';
import { type EncryptOptions, openContentInfo, openEnveloped } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { inPieces } from '../support/chunks';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { at, enveloped, resting, sample } from './helpers';
import { opensslKeyPair } from './openssl-keys';

/*
 * One way to fail (SEC-03, ENV-05): every failure between the key and the end of the padding gives the same error
 * with the same text, and none of them shows before the whole message was read.
 */

interface Protection {
  readonly name: string;
  readonly keyPair: () => Promise<TestKeyPair>;
  readonly options: Omit<EncryptOptions, 'recipients'>;
}

const rsa = () => testKeyPair('Station A');
const curve = () => testKeyPair('Curve', { keyType: 'ec-p256' });
const protections: readonly Protection[] = [
  { name: 'RSA PKCS#1 v1.5, AES-128-CBC', keyPair: rsa, options: { cipher: 'aes-128-cbc' } },
  { name: 'RSA PKCS#1 v1.5, 3DES', keyPair: rsa, options: { cipher: 'des-ede3-cbc' } },
  {
    name: 'RSA-OAEP, AES-256-CBC',
    keyPair: rsa,
    options: { cipher: 'aes-256-cbc', keyTransport: 'rsa-oaep' },
  },
  { name: 'ECDH, AES-256-CBC', keyPair: curve, options: { cipher: 'aes-256-cbc' } },
  {
    name: 'X25519, AES-192-CBC',
    keyPair: () => opensslKeyPair('x25519'),
    options: { cipher: 'aes-192-cbc' },
  },
  { name: 'RSA PKCS#1 v1.5, AES-256-GCM', keyPair: rsa, options: { cipher: 'aes-256-gcm' } },
  {
    name: 'RSA-OAEP, AES-128-CCM',
    keyPair: rsa,
    options: { cipher: 'aes-128-ccm', keyTransport: 'rsa-oaep' },
  },
  { name: 'ECDH, ChaCha20-Poly1305', keyPair: curve, options: { cipher: 'chacha20-poly1305' } },
  {
    name: 'RSA PKCS#1 v1.5, AES-128-GCM in EnvelopedData',
    keyPair: rsa,
    options: { cipher: 'aes-128-gcm', aeadStructure: 'enveloped-data' },
  },
  { name: 'RSA PKCS#1 v1.5, CAST5 by a process', keyPair: rsa, options: { cipher: 'cast5-cbc' } },
];

/** Where the last octet string of the recipient stands: the encrypted key. */
function encryptedKey(message: Buffer): Buffer {
  const recipient = at(message, 1, 0, 1, 0);
  const isAgreement = recipient.raw[0] === 0xa1;
  return isAgreement ? at(message, 1, 0, 1, 0, 3, 0, 1).content : at(message, 1, 0, 1, 0, 3).content;
}
const ciphertext = (message: Buffer): Buffer => at(message, 1, 0, 2, 2).content;
const flip = (bytes: Buffer, at: number): number => bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);

const damages: readonly (readonly [string, (message: Buffer) => unknown])[] = [
  ['a bit of the encrypted key', (message) => flip(encryptedKey(message), 5)],
  [
    'the last octet of the encrypted key',
    (message) => flip(encryptedKey(message), encryptedKey(message).length - 1),
  ],
  ['an encrypted key of zeros', (message) => encryptedKey(message).fill(0)],
  ['an encrypted key of ones', (message) => encryptedKey(message).fill(0xff)],
  ['the last block', (message) => flip(ciphertext(message), ciphertext(message).length - 1)],
  ['the block before it', (message) => flip(ciphertext(message), ciphertext(message).length - 17)],
  ['all of the ciphertext', (message) => ciphertext(message).fill(0x5a)],
];

describe('cms: decryption that fails', () => {
  const content = sample(40_000);

  for (const { name, keyPair, options } of protections) {
    it(`SEC-03, ENV-05, AEAD-06: ${name}: one error, one text, and not before the end`, async () => {
      const own = await keyPair();
      const message = await enveloped(content, { recipients: [own.certificate], ...options });
      const seen = new Set<string>();
      for (const [what, damage] of damages) {
        const damaged = Buffer.from(message);
        damage(damaged);
        let wasRead = 0;
        async function* source(): AsyncGenerator<Buffer, void> {
          for await (const chunk of inPieces(damaged, 1000)) {
            wasRead += chunk.length;
            yield chunk;
          }
        }
        const outcome = await receive(source(), own);
        // Without authentication the padding of noise is right once in 256 times, and noise comes out.
        if (Buffer.isBuffer(outcome))
          assert.ok(!outcome.equals(content) && options.cipher.endsWith('cbc'), what);
        else seen.add(`${outcome.code}: ${outcome.message}`);
        assert.equal(wasRead, message.length, what);
      }
      assert.equal(seen.size, 1, [...seen].join('\n'));
      assert.match([...seen].join(''), /^decryption-failed: /);
    });
  }

  async function receive(chunks: AsyncIterable<Buffer>, own: TestKeyPair) {
    const parts: Buffer[] = [];
    try {
      const opened = await openEnveloped(await openContentInfo(chunks), [own], resting);
      for await (const chunk of opened.content) parts.push(chunk);
      return Buffer.concat(parts);
    } catch (error) {
      if (!isAs2Error(error)) throw error;
      return error;
    }
  }
});
