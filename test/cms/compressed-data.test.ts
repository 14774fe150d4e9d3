import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deflateSync, deflateRawSync, gzipSync } from 'node:zlib';
import { context, integer, nullValue, octetString, oid, sequence } from '../../src/asn1';
import { bufferFlow } from '../../src/bytes';
import {
  compressedDataFlow,
  type DecompressionLimits,
  deflated,
  openCompressed,
  openContentInfo,
} from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { collect, inPieces } from '../support/chunks';
import { sample, tellingLengths } from './helpers';

const limits: DecompressionLimits = { sizeBytes: 256 * 1024 * 1024, ratio: 200 };

async function decompressed(message: Buffer, pieces: readonly number[] = [], o = limits): Promise<Buffer> {
  return collect(await openCompressed(await openContentInfo(inPieces(message, ...pieces)), o));
}

/** With the zlib stream and the algorithm of one's own. */
function handmade(zlibStream: Buffer, algorithm = sequence(oid('1.2.840.113549.1.9.16.3.8'))): Buffer {
  const encapContentInfo = sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(zlibStream)));
  const compressedData = sequence(integer(0), algorithm, encapContentInfo);
  return sequence(oid('1.2.840.113549.1.9.16.1.9'), context(0, compressedData));
}

describe('cms: compressed data', () => {
  it('CMP-02: every length comes back, in DER and with indefinite lengths', async () => {
    for (const length of tellingLengths) {
      const content = sample(length);
      const zlibStream = await collect(deflated(inPieces(content, 1000)));
      const definite = compressedDataFlow(bufferFlow(zlibStream));
      const message = await collect(definite.chunks);
      assert.equal(message.length, definite.length);
      assert.ok(message.equals(handmade(zlibStream)));
      assert.ok((await decompressed(message, [700])).equals(content));
      const streamed = await collect(compressedDataFlow({ chunks: deflated(inPieces(content, 333)) }).chunks);
      assert.ok((await decompressed(streamed, [50])).equals(content));
    }
  });

  it('CMP-02, MIC-06: the published message decompresses to the published part', async () => {
    const message = Buffer.from(
      'MIGaBgsqhkiG9w0BCRABCaCBijCBhwIBADANBgsqhkiG9w0BCRADCDBzBgkqhkiG9w0BBwGgZgRkeJxzzs8rSc0r0Q2pLEi1UkgsKMjJTE4s' +
        'yczP009NydStMDTi5XKGKnHJLC7IL84ESVopJJaUJCZn5KbmlVgrpGXmpOYl5qbaKhXk66WmZCrxcvFyeQY7ahkYaNXxcgEA6jUg6Q==',
      'base64',
    );
    const expected =
      'Content-Type: application/edi-x12\r\nContent-Disposition: attachment; filename="po.edi"\r\n\r\nISA*00*~\r\n';
    assert.equal((await decompressed(message)).toString('latin1'), expected);
  });

  it('CMP-02, CMP-05: NULL parameters and every level of compression are accepted', async () => {
    const algorithm = sequence(oid('1.2.840.113549.1.9.16.3.8'), nullValue());
    for (const level of [0, 1, 6, 9]) {
      const message = handmade(deflateSync(sample(5000), { level }), algorithm);
      assert.ok((await decompressed(message)).equals(sample(5000)));
    }
  });

  it('CMP-05: bytes after the zlib stream are ignored', async () => {
    for (const extra of [1, 7, 100_000]) {
      const message = handmade(Buffer.concat([deflateSync(sample(5000)), Buffer.alloc(extra, 1)]));
      assert.ok((await decompressed(message, [100])).equals(sample(5000)));
    }
  });

  const broken: readonly (readonly [string, () => Buffer])[] = [
    ['gzip', () => handmade(gzipSync(sample(100)))],
    ['raw deflate', () => handmade(deflateRawSync(sample(100)))],
    ['nothing', () => handmade(Buffer.alloc(0))],
    ['a zlib stream without its checksum', () => handmade(deflateSync(sample(100)).subarray(0, -4))],
    [
      'a wrong checksum',
      () => handmade(Buffer.concat([deflateSync(sample(100)).subarray(0, -1), Buffer.from([0x5a])])),
    ],
    ['a message that is cut off', () => handmade(deflateSync(sample(100))).subarray(0, -5)],
  ];
  for (const [name, make] of broken) {
    it(`CMP-06: ${name} is a failed decompression`, async () => {
      await assert.rejects(decompressed(make()), { code: 'decompression-failed' });
    });
  }

  it('CMP-06: cut off anywhere it is an error and never a hang', async () => {
    const message = await collect(
      compressedDataFlow({ chunks: deflated(inPieces(sample(3000), 500)) }).chunks,
    );
    for (let end = 0; end < message.length; end += 5) {
      await assert.rejects(decompressed(message.subarray(0, end), [60]), isAs2Error);
    }
  });

  it('CMP-06: an algorithm that is not zlib is named', async () => {
    const message = handmade(deflateSync(sample(10)), sequence(oid('1.2.3.4')));
    await assert.rejects(decompressed(message), { code: 'algorithm-unsupported' });
  });

  it('errors of the source pass through unchanged', async () => {
    const message = handmade(deflateSync(randomBytes(60_000)));
    async function* failing(): AsyncGenerator<Buffer, void> {
      yield message.subarray(0, 3000);
      throw new Error('disk gone');
    }
    const content = await openCompressed(await openContentInfo(failing()), limits);
    await assert.rejects(collect(content), /disk gone/);
  });

  it('whoever stops reading releases the source', async () => {
    const message = handmade(deflateSync(Buffer.alloc(10_000_000)));
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* source(): AsyncGenerator<Buffer, void> {
      try {
        yield* inPieces(message, 100);
      } finally {
        release();
      }
    }
    for await (const chunk of await openCompressed(await openContentInfo(source()), limits)) {
      assert.ok(chunk.length > 0);
      break;
    }
    await released;
  });
});

describe('cms: compression bombs', () => {
  const bomb = handmade(deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 }));

  async function read(
    o: DecompressionLimits,
  ): Promise<{ readonly bytes: number; readonly code: string | undefined }> {
    let bytes = 0;
    try {
      for await (const chunk of await openCompressed(await openContentInfo(inPieces(bomb, 4096)), o))
        bytes += chunk.length;
      return { bytes, code: undefined };
    } catch (error) {
      return { bytes, code: isAs2Error(error) ? error.code : String(error) };
    }
  }

  it('CMP-07: stops at the size', async () => {
    const { bytes, code } = await read({ sizeBytes: 1_000_000, ratio: 10_000 });
    assert.equal(code, 'decompression-too-large');
    assert.ok(bytes <= 1_000_000);
  });

  it('CMP-07: stops at the ratio', async () => {
    const { bytes, code } = await read({ sizeBytes: Infinity, ratio: 100 });
    assert.equal(code, 'decompression-too-large');
    assert.ok(bytes < 16 * 1024 * 1024, `${bytes} bytes`);
  });

  it('CMP-07: passes where the limits allow it, in flat memory', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const { bytes, code } = await read({ sizeBytes: Infinity, ratio: 2000 });
    assert.equal(code, undefined);
    assert.equal(bytes, 64 * 1024 * 1024);
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024);
  });

  it('CMP-07: a small document that only repeats itself passes', async () => {
    const message = handmade(deflateSync(Buffer.alloc(1_000_000, 'UNA')));
    assert.equal((await decompressed(message, [], { ...limits, ratio: 10 })).length, 1_000_000);
  });
});
