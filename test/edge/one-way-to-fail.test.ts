import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { octetString, oid, sequence } from '../../src/asn1';
import {
  composeCompressedMessage,
  dispositionFor,
  formatDisposition,
  micOfError,
  openMessage,
} from '../../src/as2';
import { bufferFlow, bufferSource, drain } from '../../src/bytes';
import { openContentInfo, openEnveloped } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { inPieces } from '../support/chunks';
import {
  asMimeFile,
  collect,
  composed,
  inMemory,
  messageOptions,
  stations,
  wire,
  type Wire,
} from '../as2/stations';
import { signedByOpenssl } from '../as2/openssl-smime';
import {
  handmadeCompressed,
  handmadeEnvelope,
  keyTransport,
  pkcs1Recipient,
  rsaEncryption,
} from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { Stopwatch } from '../support/working-time';
import { encryptBlock, oaepBlock, pkcs1Block } from './rsa-blocks';

/*
 * Law 4: from the key to the end of the padding, and in what comes out below it, there is one way to fail. The sender of
 * a message may be somebody who alters one that he cannot read, and asks us again and again: no answer, and no time it
 * takes, may tell him how far his message came.
 */

const key = randomBytes(16);

/** In AES-128-CBC, whole blocks as they are: the padding is the caller's. */
async function enciphered(padded: Buffer, recipient?: Buffer): Promise<Wire> {
  const { beta } = await stations();
  const iv = randomBytes(16);
  const encryption = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  const message = handmadeEnvelope({
    recipient: recipient ?? pkcs1Recipient(beta.certificate, key),
    cipher: sequence(oid('2.16.840.1.101.3.4.1.2'), octetString(iv)),
    ciphertext: Buffer.concat([encryption.update(padded), encryption.final()]),
  });
  return wire({ 'Content-Type': 'application/pkcs7-mime; smime-type=enveloped-data' }, message);
}

function padded(plaintext: Buffer): Buffer {
  const count = 16 - (plaintext.length % 16);
  return Buffer.concat([plaintext, Buffer.alloc(count, count)]);
}

interface Outcome {
  readonly code: string;
  /** All that the partner and our user read. */
  readonly text: string;
  /** How often the message was read: a second time takes time. */
  readonly readings: number;
}

async function outcomeOf(message: Wire): Promise<Outcome | undefined> {
  const { alpha, beta } = await stations();
  let readings = 0;
  const open = () => {
    readings += 1;
    return bufferSource(message.body).open();
  };
  try {
    await openMessage(
      { headers: message.headers, body: { open } },
      {
        keys: [beta],
        signingCertificates: [alpha.certificate, (await alphaEc()).certificate],
        spill: inMemory,
      },
    );
    return undefined;
  } catch (error) {
    if (!isAs2Error(error)) throw error;
    const mic = micOfError(error)?.value ?? 'no MIC';
    return {
      code: error.code,
      text: `${error.message} / ${formatDisposition(dispositionFor(error))} / ${mic}`,
      readings,
    };
  }
}

const alphaEc = () => testKeyPair('alpha', { keyType: 'ec-p256' });

/** What is inside the encryption, as its bytes. */
const contents = {
  async signed(more = '') {
    const { alpha } = await stations();
    const payload = {
      content: bufferFlow(Buffer.from(`an order${more}`)),
      contentType: 'text/plain',
    };
    return asMimeFile(await composed({ sign: { keyPair: alpha, digest: 'sha-256' }, payload }));
  },
  async 'compressed, then signed'() {
    const { alpha } = await stations();
    return compressedAnd({ sign: { keyPair: alpha, digest: 'sha-256' } }, 'before-signing');
  },
  async 'signed, then compressed'() {
    const { alpha } = await stations();
    return compressedAnd({ sign: { keyPair: alpha, digest: 'sha-256' } }, 'after-signing');
  },
  compressed: () => compressedAnd({}, 'before-signing'),
  async 'signed, opaque'() {
    const { alpha } = await stations();
    const entity = Buffer.from('Content-Type: text/plain\r\n\r\nan order');
    return asMimeFile(await signedByOpenssl(entity, alpha, '-binary -nodetach -md sha256'));
  },
  async 'signed, opaque, binary'() {
    const { alpha } = await stations();
    const entity = Buffer.from('Content-Type: text/plain\r\n\r\nan order');
    const { body } = await signedByOpenssl(entity, alpha, '-binary -nodetach -md sha256');
    return cmsPart('signed-data', Buffer.from(body.toString('latin1'), 'base64'));
  },
  async 'signed, opaque, binary, without attributes'() {
    const { alpha } = await stations();
    const entity = Buffer.from('Content-Type: text/plain\r\n\r\nan order');
    const { body } = await signedByOpenssl(entity, alpha, '-binary -nodetach -noattr -md sha256');
    return cmsPart('signed-data', Buffer.from(body.toString('latin1'), 'base64'));
  },
  async 'signed over the content itself, opaque, binary'() {
    const entity = Buffer.from('Content-Type: text/plain\r\n\r\nan order');
    const { body } = await signedByOpenssl(entity, await alphaEc(), '-binary -nodetach -noattr -md sha256');
    return cmsPart('signed-data', Buffer.from(body.toString('latin1'), 'base64'));
  },
} as const;

async function compressedAnd(
  options: Parameters<typeof messageOptions>[0],
  order: 'before-signing' | 'after-signing',
): Promise<Buffer> {
  const message = await composeCompressedMessage({
    ...messageOptions(options),
    compress: { order, spill: inMemory },
  });
  const body = await collect(message.body.chunks);
  await message.dispose();
  return asMimeFile({ headers: message.headers, body });
}

function cmsPart(type: string, object: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`Content-Type: application/pkcs7-mime; smime-type=${type}\r\n\r\n`),
    object,
  ]);
}

/** Every way that the partner can see no difference between. */
const failures: readonly (readonly [string, () => Promise<Wire>])[] = [
  ...keyFailures(),
  ...paddingFailures(),
  ...plaintextFailures(),
];

function keyFailures(): readonly (readonly [string, () => Promise<Wire>])[] {
  const sound = Buffer.from('Content-Type: text/plain\r\n\r\nan order');
  const nonZero = (length: number) => Buffer.alloc(length, 0x77);
  const transported = (algorithm: Buffer, block: () => Buffer) => async () => {
    const { beta } = await stations();
    const encryptedKey = encryptBlock(beta.certificate.publicKey, block());
    return enciphered(padded(sound), keyTransport(beta.certificate, algorithm, encryptedKey));
  };
  const pkcs1 = (block: () => Buffer) => transported(rsaEncryption, block);
  const oaep = (block: () => Buffer) => transported(sequence(oid('1.2.840.113549.1.1.7'), sequence()), block);
  return [
    ['PKCS#1 block type 1', pkcs1(() => pkcs1Block(key, { type: 1, padding: nonZero(237) }))],
    [
      'PKCS#1 without separator',
      pkcs1(() => pkcs1Block(key, { type: 2, separator: 9, padding: nonZero(237) })),
    ],
    ['a key one octet short', pkcs1(() => pkcs1Block(key.subarray(1), { type: 2, padding: nonZero(238) }))],
    ['a key for AES-256', pkcs1(() => pkcs1Block(Buffer.alloc(32, 4), { type: 2, padding: nonZero(221) }))],
    ['another key', pkcs1(() => pkcs1Block(nonZero(16), { type: 2, padding: nonZero(237) }))],
    [
      'OAEP with another hash of the label',
      oaep(() => oaepBlock(key, { digest: 'sha1', labelHash: (h) => h.fill(0) })),
    ],
    ['OAEP with a first octet of one', oaep(() => oaepBlock(key, { digest: 'sha1', head: 1 }))],
    ['OAEP with a key of another length', oaep(() => oaepBlock(key.subarray(3), { digest: 'sha1' }))],
  ];
}

function paddingFailures(): readonly (readonly [string, () => Promise<Wire>])[] {
  const ending = (last: readonly number[]) => async () => {
    const whole = padded(await contents.signed());
    Buffer.from(last).copy(whole, whole.length - last.length);
    return enciphered(whole);
  };
  return [
    ['padding of zero', ending([0])],
    ['padding beyond a block', ending([17])],
    ['padding of which the first octet is wrong', ending([9, 2])],
    [
      'padding that takes the last octets of the text too',
      async () => {
        // Of a text with less than a whole block of padding; else this would be the right one.
        let whole: Buffer;
        let more = '';
        do whole = padded(await contents.signed((more += ' ')));
        while (whole.at(-1) === 16);
        return enciphered(whole.fill(16, whole.length - 16));
      },
    ],
  ];
}

function plaintextFailures(): readonly (readonly [string, () => Promise<Wire>])[] {
  const inside = (make: () => Buffer | Promise<Buffer>) => async () => enciphered(padded(await make()));
  const zlibOf = (text: string) => deflateSync(Buffer.from(text));
  const entity = 'Content-Type: text/plain\r\n\r\nan order';
  return [
    ['noise', inside(() => randomBytes(500))],
    ['a multipart without its end', inside(async () => (await contents.signed()).subarray(0, -8))],
    [
      'a multipart with something behind it',
      inside(async () => Buffer.concat([await contents.signed(), Buffer.alloc(20, 7)])),
    ],
    ['a multipart without boundary', inside(() => Buffer.from('Content-Type: multipart/signed\r\n\r\nx'))],
    ['a CMS object that is none', inside(() => cmsPart('signed-data', Buffer.from('not at all')))],
    ['a signed object cut off', inside(async () => (await contents['signed, opaque']()).subarray(0, -9))],
    ['a compressed object cut off', inside(async () => (await contents.compressed()).subarray(0, -3))],
    [
      'a compressed object that is no zlib',
      inside(() => cmsPart('compressed-data', handmadeCompressed(Buffer.alloc(40, 9)))),
    ],
    [
      'a compressed object with a wrong checksum',
      inside(() => {
        const zlib = zlibOf(entity);
        return cmsPart('compressed-data', handmadeCompressed(zlib.fill(0, zlib.length - 1)));
      }),
    ],
    [
      'a compressed object that ends early',
      inside(() => cmsPart('compressed-data', handmadeCompressed(zlibOf(entity).subarray(0, -6)))),
    ],
  ];
}

describe('edge: one way to fail to decrypt', () => {
  let usual: Outcome;
  before(async () => {
    const outcome = await outcomeOf(await enciphered(Buffer.alloc(64, 0x61)));
    assert.ok(outcome);
    usual = outcome;
  });

  it('SEC-03: it says nothing but that', () => {
    assert.equal(usual.code, 'decryption-failed');
    assert.match(usual.text, /processed\/error: decryption-failed \/ no MIC$/);
    assert.equal(usual.readings, 1);
  });

  for (const [name, message] of failures) {
    it(`SEC-03, ENV-05, DSP-04: ${name}`, async () => {
      assert.deepEqual(await outcomeOf(await message()), usual);
    });
  }

  for (const [name, plaintext] of Object.entries(contents)) {
    it(`SEC-03, SEC-04: ${name}: whoever alters the last blocks does not learn whether their padding is right`, async () => {
      const whole = padded(await plaintext());
      assert.equal(await outcomeOf(await enciphered(whole)), undefined);
      const outcomes = new Set<string>();
      // The block before the last one is noise then, and the last one what the attacker guessed.
      for (const last of [0, 1, 2, whole.at(-1) ?? 0, 16, 17]) {
        const guess = Buffer.alloc(16, last <= 16 ? last : 0x41);
        const altered = Buffer.concat([whole.subarray(0, -32), randomBytes(16), guess]);
        const outcome = await outcomeOf(await enciphered(altered));
        outcomes.add(outcome ? JSON.stringify(outcome) : 'opened');
      }
      assert.deepEqual([...outcomes], [JSON.stringify(usual)]);
    });
  }
});

describe('edge: one time to fail to decrypt', () => {
  /*
   * Each kind of failure is run many times, and what slows the machine down for a while has to slow all of them down: in
   * every round they take turns in another order, because collections of garbage come in a rhythm of their own. The
   * slowest kind may take FACTOR times what the fastest takes, and SLACK_MS more; what a kind takes is its fastest tenth. That is generous, and still far from what a step
   * that is left out makes: an RSA operation is most of the time of a small message, and the end of a large one is many
   * RSA operations away from its beginning. A difference that an attacker can use is there every time; chance is not.
   */
  const FACTOR = 2.5;
  const SLACK_MS = 0.5;
  const TRIES = 8;

  type Kind = readonly [name: string, message: Wire];

  type Kinds = readonly (readonly [...Kind, ...unknown[]])[];
  type Attempt = (message: Wire) => Promise<string | undefined>;

  async function assertOneTime(kinds: Kinds, runs: number, attempt: Attempt): Promise<void> {
    for (const [kind, message] of kinds) assert.ok(await fails(message, attempt), kind);
    const shown: string[] = [];
    for (let tried = 0; tried < TRIES; tried++) {
      const taken = await workOf(kinds, runs, attempt);
      if (Math.max(...taken) <= Math.min(...taken) * FACTOR + SLACK_MS) return;
      shown.push(kinds.map(([kind], index) => `${kind}: ${taken[index]?.toFixed(2)} ms`).join(', '));
    }
    assert.fail(shown.join('\n'));
  }

  /** A random key, which is another one each time, gives noise with a right padding once in 256 times. */
  async function fails(message: Wire, attempt: Attempt): Promise<boolean> {
    const codes = [await attempt(message), await attempt(message), await attempt(message)];
    return (
      codes.some((code) => code === 'decryption-failed') &&
      codes.every((code) => code === undefined || code === 'decryption-failed')
    );
  }

  async function workOf(kinds: Kinds, runs: number, attempt: Attempt): Promise<number[]> {
    const times = kinds.map((): number[] => []);
    for (let run = 0; run < runs; run++) {
      for (const index of shuffled([...kinds.keys()])) {
        const [, message] = kinds[index] ?? assert.fail();
        const stopwatch = new Stopwatch();
        await attempt(message);
        times[index]?.push(stopwatch.workedMs());
      }
    }
    return times.map((of) => of.toSorted((a, b) => a - b)[Math.floor(runs / 10)] ?? 0);
  }

  function shuffled(numbers: readonly number[]): number[] {
    return numbers
      .map((number) => ({ number, at: Math.random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ number }) => number);
  }

  const asMessage = async (message: Wire) => (await outcomeOf(message))?.code;

  /** Without anything that looks at what comes out. */
  async function asCms({ body }: Wire): Promise<string | undefined> {
    const { beta } = await stations();
    try {
      const { content } = await openEnveloped(
        await openContentInfo(inPieces(body, 65_536)),
        [beta],
        inMemory,
      );
      await drain(content);
      return undefined;
    } catch (error) {
      return isAs2Error(error) ? error.code : String(error);
    }
  }

  it('SEC-03, ENV-05: a small message: a bad key, a bad padding, nonsense', async function () {
    this.timeout(180_000);
    await assertOneTime(await kindsOf('order '.repeat(50)), 200, asMessage);
  });

  it('SEC-03, ENV-05: 8 MiB of CMS: a bad key and a bad padding', async function () {
    this.timeout(180_000);
    // Noise under a right key and with a right padding is no failure of CMS.
    const kinds = (await kindsOf('order '.repeat(1_400_000))).filter(([, , isBadPadding]) => isBadPadding);
    await assertOneTime(kinds, 30, asCms);
  });

  it('SEC-03, SEC-04: 2 MiB: every end that is altered, be its padding right or wrong', async function () {
    this.timeout(180_000);
    const { alpha } = await stations();
    const content = bufferFlow(Buffer.from('order '.repeat(350_000)));
    const plain = asMimeFile(
      await composed({
        sign: { keyPair: alpha, digest: 'sha-256' },
        payload: { content, contentType: 'text/plain' },
      }),
    );
    const whole = padded(plain);
    const ending = (last: Buffer) =>
      enciphered(Buffer.concat([whole.subarray(0, -32), randomBytes(16), last]));
    await assertOneTime(
      [
        ['padding of zero', await ending(Buffer.alloc(16))],
        ['padding beyond a block', await ending(Buffer.alloc(16, 17))],
        ['padding of one', await ending(Buffer.alloc(16, 1))],
        ['padding of a block', await ending(Buffer.alloc(16, 16))],
        ['the closing delimiter cut off', await enciphered(padded(plain.subarray(0, -10)))],
      ],
      30,
      asMessage,
    );
  });

  /** Of one length each, with one kind of recipient; the padding of noise is right only where it says so. */
  async function kindsOf(text: string): Promise<readonly (readonly [...Kind, isBadPadding: boolean])[]> {
    const { beta } = await stations();
    const whole = padded(Buffer.from(`Content-Type: text/plain\r\n\r\n${text}`));
    const withKey = async (block: Buffer) => {
      for (;;) {
        const encryptedKey = encryptBlock(beta.certificate.publicKey, block);
        const message = await enciphered(whole, keyTransport(beta.certificate, rsaEncryption, encryptedKey));
        // Once in 256 times the noise that comes out has a right padding, which then is another kind of failure.
        if ((await asCms(message)) !== undefined) return message;
      }
    };
    const padding = Buffer.alloc(237, 0x77);
    const noise = randomBytes(whole.length);
    const ending = (bytes: Buffer, last: number) => Buffer.from(bytes).fill(last, bytes.length - 1);
    return [
      ['a bad block', await withKey(pkcs1Block(key, { type: 1, padding })), true],
      [
        'a key of another length',
        await withKey(pkcs1Block(Buffer.alloc(32, 5), { type: 2, padding: padding.subarray(16) })),
        true,
      ],
      ['another key', await withKey(pkcs1Block(randomBytes(16), { type: 2, padding })), true],
      ['a bad padding', await enciphered(ending(whole, 0)), true],
      ['noise with a bad padding', await enciphered(ending(noise, 0)), true],
      ['noise with a good padding', await enciphered(ending(noise, 1)), false],
    ];
  }
});
