import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cipherNames, digestNames } from '../../src/cms';
import { Headers, readEntity } from '../../src/mime';
import { bufferSource } from '../../src/bytes';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { payloadBody, payloadPart, payloadPartMics } from '../support/payload-part';
import { withTempDirectory } from '../support/temp';
import { collect, opened, payloadBytes, type Wire } from './stations';

/*
 * What a partner can make with the openssl command and its options, however unusual, as whole messages. `@name` in a
 * command stands for somebody's certificate, `@name.key` for the key.
 */

const people = {
  alpha: { keyType: 'rsa-2048' },
  alphaEc: { keyType: 'ec-p521' },
  beta: { keyType: 'rsa-2048' },
  betaEc: { keyType: 'ec-p384' },
  other: { keyType: 'rsa-2048' },
  otherEc: { keyType: 'ec-p256' },
} as const;
type Person = keyof typeof people;

interface Made {
  /** Commands, each of which gets what the one before wrote; the first gets the payload part. */
  readonly commands: readonly string[];
  readonly signed?: boolean;
  readonly encrypted?: boolean;
}

const sign = 'cms -sign -binary';
const encrypt = 'cms -encrypt -binary -aes256';
const alpha = '-signer @alpha -inkey @alpha.key';
const alphaEc = '-signer @alphaEc -inkey @alphaEc.key';
const others = '-signer @other -inkey @other.key -signer @otherEc -inkey @otherEc.key';
const pss = '-keyopt rsa_padding_mode:pss';
const oaep = '-keyopt rsa_padding_mode:oaep';

const signed = (rules: string, ...commands: readonly string[]): readonly [string, Made] => [
  `${rules} ${commands.join(' | ')}`,
  { commands, signed: true },
];
const encrypted = (rules: string, ...commands: readonly string[]): readonly [string, Made] => [
  `${rules} ${commands.join(' | ')}`,
  { commands, encrypted: true },
];

const saltLengths = ['0', '1', '10', '20', '64', 'digest', 'max'];

const messages: readonly (readonly [string, Made])[] = [
  // Several signers, one of them known, with the same digest or others.
  signed('SIG-15', `${sign} ${alpha} ${others}`),
  signed('SIG-15', `${sign} ${others} ${alpha}`),
  signed('SIG-15', `${sign} -md sha384 ${others} -md sha512 ${alphaEc}`),
  signed('SIG-08, SIG-15, BER-02', `${sign} -nodetach -stream -keyid ${others} ${alpha}`),
  signed('SIG-15', `${sign} -nodetach -outform DER ${others}`, `cms -resign -inform DER ${alpha}`),
  signed('SIG-05, SIG-15', `${sign} -noattr ${others} ${alphaEc}`),
  // Attributes and content types that S/MIME does not need.
  signed('SIG-03', `${sign} -nodetach -receipt_request_all -receipt_request_to a@b.example ${alpha}`),
  signed('SIG-03', `${sign} -nosmimecap ${alpha}`),
  signed('SIG-06', `${sign} -econtent_type 1.2.840.113549.1.9.16.1.4 ${alpha}`),
  signed('SIG-06', `${sign} -nodetach -econtent_type pkcs7-signedData ${alpha}`),
  signed('SIG-01', `smime -sign -binary -nodetach ${alpha}`),
  signed('SIG-05', `smime -sign -binary -noattr ${alpha}`),
  signed('SIG-09', `${sign} -certfile @other ${alpha}`),
  // Text where binary was expected.
  signed('MIME-09', `${sign} -nodetach -outform PEM ${alpha}`),
  signed('MIME-09', `${sign} -nodetach -outform DER ${alpha}`, 'base64 -e'),
  signed('MIME-09', `${sign} -nodetach -outform DER ${alpha}`, 'base64 -e -A'),
  encrypted('MIME-09', `${encrypt} -outform PEM @beta`),
  encrypted('HTTP-07', `smime -encrypt -binary -aes256 @beta`),
  // RSASSA-PSS with salts and masks that nobody needs.
  ...saltLengths.flatMap((salt) =>
    ['', ' -keyopt rsa_mgf1_md:sha1', ' -keyopt rsa_mgf1_md:sha512'].map((mask) =>
      signed('SIG-12', `${sign} ${alpha} ${pss} -keyopt rsa_pss_saltlen:${salt}${mask}`),
    ),
  ),
  signed('SIG-05, SIG-12', `${sign} -nodetach -noattr ${alpha} ${pss}`),
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map((digest) =>
    signed('SIG-13', `${sign} -md ${digest} ${alphaEc}`),
  ),
  // Keys that travel in other ways.
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].flatMap((digest) => [
    ...['', 'sha1', 'sha512'].map((mask) =>
      encrypted(
        'ENV-06',
        `${encrypt} -outform DER -recip @beta ${oaep} -keyopt rsa_oaep_md:${digest}${mask && ` -keyopt rsa_mgf1_md:${mask}`}`,
      ),
    ),
    ...['0', '1'].map((cofactor) =>
      encrypted(
        'ENV-07',
        `${encrypt} -outform DER -recip @betaEc -keyopt ecdh_kdf_md:${digest} -keyopt ecdh_cofactor_mode:${cofactor}`,
      ),
    ),
  ]),
  encrypted('ENV-06', `${encrypt} -outform DER -recip @beta ${oaep} -keyopt rsa_oaep_label:616263`),
  ...['-aes128-wrap', '-aes192-wrap', '-aes256-wrap'].map((wrap) =>
    encrypted('ENV-07', `${encrypt} -outform DER ${wrap} -recip @betaEc`),
  ),
  encrypted('ENV-02, ENV-07', `${encrypt} -outform DER -keyid @betaEc`),
  encrypted('ENV-03', `${encrypt} -outform DER @other @otherEc @betaEc @beta`),
  encrypted('ENV-08', `${encrypt} -outform DER -pwri_password secret @beta`),
  encrypted(
    'ENV-08',
    `${encrypt} -outform DER -secretkey 000102030405060708090A0B0C0D0E0F -secretkeyid C0FFEE @beta`,
  ),
  // Layers in layers.
  [
    'HTTP-07 signed, then encrypted, all of it as openssl prints it',
    { commands: [`${sign} ${alpha}`, `${encrypt} @beta`], signed: true, encrypted: true },
  ],
  [
    'BER-02 signed opaquely and encrypted, both streamed',
    {
      commands: [`${sign} -nodetach -stream ${alpha}`, `${encrypt} -stream -outform DER @beta`],
      signed: true,
      encrypted: true,
    },
  ],
  [
    'MIME-09 encrypted, then signed',
    { commands: [`${encrypt} @beta`, `${sign} ${alpha}`], signed: true, encrypted: true },
  ],
  [
    'MIME-09 signed, encrypted, signed once more',
    {
      commands: [`${sign} ${alpha}`, `${encrypt} @beta`, `${sign} ${alpha}`],
      signed: true,
      encrypted: true,
    },
  ],
];

describe('What partners make with openssl', () => {
  const keys = {} as Record<Person, TestKeyPair>;

  before(async () => {
    for (const [name, options] of Object.entries(people))
      keys[name as Person] = await testKeyPair(name, options);
  });

  async function made(commands: readonly string[]): Promise<Wire> {
    return withTempDirectory(async (directory) => {
      for (const [name, { certificatePem, privateKeyPem }] of Object.entries(keys)) {
        await writeFile(join(directory, name), certificatePem);
        await writeFile(join(directory, `${name}.key`), privateKeyPem);
      }
      let bytes: Buffer = payloadPart;
      for (const command of commands) {
        const words = command.split(' ').map((word) => word.replace(/^@/, `${directory}/`));
        bytes = await openssl(
          words.filter((word) => word !== ''),
          bytes,
        );
      }
      return asMessage(bytes);
    });
  }

  /** With the headers that openssl wrote, or with those of a CMS object. */
  async function asMessage(bytes: Buffer): Promise<Wire> {
    if (!bytes.toString('latin1', 0, 100).startsWith('MIME-Version'))
      return { headers: Headers.fromPairs([['Content-Type', 'application/pkcs7-mime']]), body: bytes };
    const { headers, body } = await readEntity(bufferSource(bytes).open());
    return { headers, body: await collect(body) };
  }

  for (const [title, { commands, signed: isSigned = false, encrypted: isEncrypted = false }] of messages) {
    it(title, async () => {
      const message = await opened(await made(commands), {
        keys: [keys.beta, keys.betaEc],
        signingCertificates: [keys.alpha.certificate, keys.alphaEc.certificate],
        micAlgorithms: ['sha-256'],
        policy: { allowedDigests: digestNames, allowedCiphers: cipherNames },
      });
      assert.deepEqual([message.signed, message.encrypted], [isSigned, isEncrypted]);
      assert.deepEqual(await payloadBytes(message), payloadBody);
      // What was signed outside of the encryption is not the payload part, but the encrypted one.
      const isSignedLast = isSigned && /-sign/.test(commands.at(-1) ?? '');
      if (!(isEncrypted && isSignedLast)) assert.equal(message.mic.value, payloadPartMics.sha256);
    });
  }
});
