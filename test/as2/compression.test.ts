import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import {
  composeCompressedMessage,
  dispositionFor,
  formatDisposition,
  openMessage,
  type OpenOptions,
} from '../../src/as2';
import { parseBer } from '../../src/asn1';
import { bufferFlow, type ByteFlow, spill, withLength } from '../../src/bytes';
import { compressedDataFlow, deflated, envelopedFlow } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { payloadBody, payloadBodyMics, payloadPart, payloadPartMics } from '../support/payload-part';
import { withTempDirectory } from '../support/temp';
import { signedByOpenssl } from './openssl-smime';
import {
  asMimeFile,
  collect,
  composedCompressed,
  inMemory,
  messageOptions,
  opened,
  payloadBytes,
  stations,
  wire,
  type Wire,
} from './stations';

const P7Z = 'application/pkcs7-mime; smime-type=compressed-data; name="smime.p7z"';

/** Appendix 3 of the conformance list: the payload part, compressed, as CMS. */
const compressedData = Buffer.from(
  'MIGaBgsqhkiG9w0BCRABCaCBijCBhwIBADANBgsqhkiG9w0BCRADCDBzBgkqhkiG9w0BBwGgZgRk' +
    'eJxzzs8rSc0r0Q2pLEi1UkgsKMjJTE4syczP009NydStMDTi5XKGKnHJLC7IL84ESVopJJaUJCZn' +
    '5KbmlVgrpGXmpOYl5qbaKhXk66WmZCrxcvFyeQY7ahkYaNXxcgEA6jUg6Q==',
  'base64',
);

const compressedPart = Buffer.concat([
  Buffer.from(`Content-Type: ${P7Z}\r\nContent-Disposition: attachment; filename="smime.p7z"\r\n`),
  Buffer.from('Content-Transfer-Encoding: binary\r\n\r\n'),
  compressedData,
]);

async function encrypted(plaintext: Buffer): Promise<Wire> {
  const { beta } = await stations();
  const flow = envelopedFlow(bufferFlow(plaintext), {
    recipients: [beta.certificate],
    cipher: 'aes-128-cbc',
  });
  return wire({ 'Content-Type': 'application/pkcs7-mime' }, await collect(flow.chunks));
}

/** An entity as the content of CompressedData, with its header block. */
async function compressed(entity: ByteFlow): Promise<Buffer> {
  const zlib = await collect(deflated(entity.chunks));
  return part(await collect(compressedDataFlow(bufferFlow(zlib)).chunks));
}

function part(cms: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`Content-Type: ${P7Z}\r\n\r\n`), cms]);
}

async function refusal(message: Wire, options: Partial<OpenOptions> = {}): Promise<string> {
  try {
    await opened(message, options);
  } catch (error) {
    assert.ok(isAs2Error(error), String(error));
    return `${error.code} -> ${formatDisposition(dispositionFor(error)).split('; ')[1]}`;
  }
  return 'taken';
}

describe('Compression: the fixture', () => {
  const message = wire({ 'Content-Type': P7Z }, compressedData);

  it('MIC-04 alone: the MIC is over the uncompressed entity, headers included', async () => {
    const { payload, mic, compressed: isCompressed, ...rest } = await opened(message);
    assert.deepEqual(await collect(payload.bytes.open()), payloadBody);
    assert.deepEqual([mic.value, isCompressed, rest.signed], [payloadPartMics.sha256, true, false]);
    assert.notEqual(mic.value, payloadBodyMics.sha256);
  });

  it('MIC-05 encrypted: the same', async () => {
    const received = await opened(await encrypted(compressedPart));
    assert.equal(received.mic.value, payloadPartMics.sha256);
    assert.deepEqual(
      received.layers.map(({ kind }) => kind),
      ['encrypted', 'compressed'],
    );
  });

  it('MIC-06 compressed, then signed: the MIC is over the compressed part', async () => {
    const { alpha } = await stations();
    assert.equal(createHash('sha1').update(compressedPart).digest('base64'), '/of3aall835Nns9OpDJId/gYwbo=');
    const received = await opened(await signedByOpenssl(compressedPart, alpha, '-binary'));
    assert.deepEqual(await payloadBytes(received), payloadBody);
    assert.equal(received.mic.value, 'tm7kJHxT1M16AUF4leVZpZZiy2Qtkw4O9ZWsBfdOCWw=');
  });

  it('MIC-07, MIME-07 signed, then compressed, then encrypted: the MIC is over the signed part inside', async () => {
    const { alpha } = await stations();
    const signed = asMimeFile(await signedByOpenssl(payloadPart, alpha, '-binary'));
    const whole = await compressed(bufferFlow(signed));
    const received = await opened(await encrypted(whole), {
      policy: { requireSigned: true, requireEncrypted: true },
    });
    assert.deepEqual(await payloadBytes(received), payloadBody);
    assert.equal(received.mic.value, payloadPartMics.sha256);
  });

  it('CMP-01 base64 inside, and another file name', async () => {
    const fields = {
      'Content-Type': 'application/pkcs7-mime; name=smime.p7m',
      'Content-Transfer-Encoding': 'base64',
    };
    const received = await opened(wire(fields, compressedData.toString('base64')));
    assert.deepEqual(await payloadBytes(received), payloadBody);
  });
});

describe('Compression: what we send', () => {
  it('CMP-01, HTTP-03 says what it is, in DER, with its length', async () => {
    const message = await composedCompressed({ compress: { order: 'before-signing', spill: inMemory } });
    assert.equal(message.headers.get('Content-Type'), P7Z);
    assert.match(message.headers.get('Content-Disposition') ?? '', /filename="smime.p7z"/);
    assert.equal(message.headers.get('Content-Transfer-Encoding'), 'binary');
    assert.equal(parseBer(message.body).raw.length, message.body.length);
    assert.notEqual(message.body[1], 0x80, 'a definite length');
    assert.equal(message.length, message.body.length);
  });

  it('MIC-05, MIC-06 keeps what some products answer instead', async () => {
    const { alpha, beta } = await stations();
    const compress = { order: 'before-signing', spill: inMemory } as const;
    const signed = await composedCompressed({ compress, sign: { keyPair: alpha, digest: 'sha-256' } });
    const scopes = (mics: typeof signed.mics) => [
      ...new Set(mics.map(({ scope, alternative }) => `${scope}${alternative ? '?' : ''}`)),
    ];
    assert.deepEqual(scopes(signed.mics), ['signed-entity', 'entity?']);
    const encryptedOnly = await composedCompressed({
      compress,
      encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
    });
    assert.deepEqual(scopes(encryptedOnly.mics), ['entity', 'compressed-entity?']);
  });

  it('makes a repeating document of 8 MB small, and leaves nothing on disk', async () => {
    const { alpha, beta } = await stations();
    await withTempDirectory(async (directory) => {
      const line = Buffer.from("LIN+1++4000862141404:SRV'QTY+21:48'\r\n".repeat(4096));
      const content = withLength(lines(), line.length * 54);
      async function* lines(): AsyncGenerator<Buffer, void> {
        for (let count = 0; count < 54; count++) yield line;
      }
      const spillOptions = { directory, thresholdBytes: 1024 };
      const message = await composeCompressedMessage({
        ...messageOptions({ payload: { content, contentType: 'application/EDIFACT' } }),
        sign: { keyPair: alpha, digest: 'sha-256' },
        encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
        compress: { order: 'before-signing', spill: spillOptions },
      });
      const body = await spill(message.body.chunks, spillOptions);
      await message.dispose();
      assert.ok(body.length < 200_000, `${body.length} bytes`);
      const options = { keys: [beta], signingCertificates: [alpha.certificate], spill: spillOptions };
      const received = await openMessage({ headers: message.headers, body }, options);
      assert.equal(received.payload.bytes.length, line.length * 54);
      await Promise.all([body.dispose(), received.payload.bytes.dispose()]);
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('a payload that breaks off leaves nothing on disk', async () => {
    await withTempDirectory(async (directory) => {
      async function* broken(): AsyncGenerator<Buffer, void> {
        yield Buffer.alloc(100_000, 'x');
        throw new Error('the disk is gone');
      }
      const compress = { order: 'before-signing', spill: { directory, thresholdBytes: 1 } } as const;
      const payload = { content: { chunks: broken() }, contentType: 'text/plain' };
      await assert.rejects(
        composeCompressedMessage({ ...messageOptions({ payload }), compress }),
        /the disk is gone/,
      );
      assert.deepEqual(await readdir(directory), []);
    });
  });
});

describe('Compression: what is refused and what is not', () => {
  const failed = 'decompression-failed -> processed/error: decompression-failed';

  const bad: readonly (readonly [title: string, cms: () => Promise<Buffer>])[] = [
    ['a damaged checksum', async () => damaged(compressedData, compressedData.length - 1)],
    ['damaged data', async () => damaged(compressedData, 90)],
    [
      'gzip instead of zlib (CMP-05)',
      () => collect(compressedDataFlow(bufferFlow(gzipSync(payloadPart))).chunks),
    ],
    [
      'a zlib stream without its end',
      async () => {
        const zlib = await collect(deflated(bufferFlow(payloadPart).chunks));
        return collect(compressedDataFlow(bufferFlow(zlib.subarray(0, -6))).chunks);
      },
    ],
    ['a structure that is cut off', async () => compressedData.subarray(0, -20)],
  ];
  for (const [title, cms] of bad) {
    it(`DSP-07, CMP-06 ${title}`, async () => {
      assert.equal(await refusal(wire({ 'Content-Type': P7Z }, await cms())), failed);
    });
  }

  const bomb = () => compressed(withLength(zeros(), undefined));
  async function* zeros(): AsyncGenerator<Buffer, void> {
    for (let count = 0; count < 64; count++) yield Buffer.alloc(1024 * 1024);
  }

  it('CMP-07 a bomb stops at the limit of the payload', async () => {
    const message = await encrypted(await bomb());
    assert.ok(message.body.length < 100_000);
    const limited = { spill: { ...inMemory, limitBytes: 1024 * 1024 } };
    assert.match(await refusal(message, limited), /^(?:payload-too-large|decompression-too-large)/);
  });

  it('CMP-07 a bomb stops at the ratio, without any limit of size', async () => {
    assert.match(
      await refusal(await encrypted(await bomb())),
      /^decompression-too-large -> processed\/error: decompression-failed/,
    );
    const generous = { limits: { compressionRatio: 2000 } };
    assert.equal(await refusal(await encrypted(await bomb()), generous), 'taken');
  });

  it('CMP-03, CMP-07 two layers of compression are opened, three are not', async () => {
    const twice = await compressed(bufferFlow(await compressed(bufferFlow(payloadPart))));
    const received = await opened(await encrypted(twice));
    assert.deepEqual(await payloadBytes(received), payloadBody);
    const thrice = await encrypted(await compressed(bufferFlow(twice)));
    assert.match(await refusal(thrice), /^decompression-too-large/);
  });

  it('CMP-04 compressed around encrypted, which nobody should send, is opened', async () => {
    const inner = asMimeFile(await encrypted(payloadPart));
    const received = await opened(
      wire(
        { 'Content-Type': P7Z },
        (await compressed(bufferFlow(inner))).subarray(part(Buffer.alloc(0)).length),
      ),
    );
    assert.deepEqual(
      received.layers.map(({ kind }) => kind),
      ['compressed', 'encrypted'],
    );
    assert.equal(received.mic.value, payloadPartMics.sha256);
  });

  it('SEC-03 blocks behind a compressed object inside an encrypted one: decryption-failed', async () => {
    const appended = Buffer.concat([compressedPart, Buffer.alloc(32, 0xa7)]);
    assert.match(await refusal(await encrypted(appended)), /^decryption-failed/);
    const blank = Buffer.concat([compressedPart, Buffer.from('\r\n\r\n')]);
    assert.equal(await refusal(await encrypted(blank)), 'taken');
  });
});

function damaged(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
