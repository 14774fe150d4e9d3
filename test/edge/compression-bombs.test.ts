import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { dispositionFor, formatDisposition, openMessage, type OpenLimits } from '../../src/as2';
import { context, octetString, oid, integer, sequence } from '../../src/asn1';
import { bufferFlow, bufferSource } from '../../src/bytes';
import { deflated, envelopedFlow } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { collect, composed, stations, wire, type Wire } from '../as2/stations';
import { handmadeCompressed } from '../support/handmade-cms';
import { withTempDirectory } from '../support/temp';
import { Stopwatch } from '../support/working-time';

const MIB = 1024 * 1024;

/** A zlib stream of very much of the same. */
async function zlibBomb(head: string, count: number, filling = '\0'): Promise<Buffer> {
  async function* chunks(): AsyncGenerator<Buffer, void> {
    yield Buffer.from(head);
    const chunk = Buffer.alloc(MIB, filling);
    for (let left = count; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
  }
  return collect(deflated(chunks()));
}

const entityHead = 'Content-Type: application/octet-stream\r\n\r\n';
const p7z = 'application/pkcs7-mime; smime-type=compressed-data';
const asCompressed = (zlib: Buffer): Wire => wire({ 'Content-Type': p7z }, handmadeCompressed(zlib));

/** Whatever comes of it, nothing of it stays behind, in memory or on disk. */
async function fate(message: Wire, limits: OpenLimits = {}) {
  const { alpha, beta } = await stations();
  return withTempDirectory(async (directory) => {
    const [memory, stopwatch] = [process.memoryUsage().arrayBuffers, new Stopwatch()];
    let code = 'taken';
    let length = 0;
    let disposition = '';
    try {
      const opened = await openMessage(
        { headers: message.headers, body: bufferSource(message.body) },
        {
          keys: [beta],
          signingCertificates: [alpha.certificate],
          limits,
          spill: { directory, thresholdBytes: MIB },
        },
      );
      length = opened.payload.bytes.length;
      await opened.payload.bytes.dispose();
    } catch (error) {
      if (!isAs2Error(error)) throw error;
      code = error.code;
      disposition = formatDisposition(dispositionFor(error)).split('; ')[1] ?? '';
    }
    assert.deepEqual(await readdir(directory), []);
    const grownBytes = process.memoryUsage().arrayBuffers - memory;
    return { code, disposition, length, grownBytes, workedMs: stopwatch.workedMs() };
  });
}

describe('edge: compression bombs', () => {
  const bombed = { code: 'decompression-too-large', disposition: 'processed/error: decompression-failed' };
  let bomb: Buffer;
  before(async function () {
    this.timeout(180_000);
    bomb = await zlibBomb(entityHead, 128 * MIB);
  });

  const places: readonly (readonly [string, () => Promise<Wire>])[] = [
    ['alone', async () => asCompressed(bomb)],
    [
      'signed',
      async () => {
        const { alpha } = await stations();
        const payload = { content: bufferFlow(handmadeCompressed(bomb)), contentType: p7z };
        return composed({ sign: { keyPair: alpha, digest: 'sha-256' }, payload });
      },
    ],
    ['encrypted', () => encrypted('aes-256-cbc')],
    ['encrypted with authentication', () => encrypted('aes-256-gcm')],
    [
      'compressed once more',
      async () => {
        const inner = Buffer.concat([Buffer.from(`Content-Type: ${p7z}\r\n\r\n`), handmadeCompressed(bomb)]);
        return asCompressed(deflateSync(inner));
      },
    ],
    ['in thousands of segments', async () => wire({ 'Content-Type': p7z }, inSegments(bomb))],
  ];
  for (const [name, message] of places) {
    it(`CMP-07: ${name} it stops at the ratio, soon, and nothing stays behind`, async () => {
      const { code, disposition, grownBytes, workedMs } = await fate(await message());
      assert.deepEqual({ code, disposition }, bombed);
      assert.ok(grownBytes < 48 * MIB, `${grownBytes} bytes`);
      // 128 MiB would take longer to write than 8 MiB to refuse; the limit is there for what never ends.
      assert.ok(workedMs < 5000, `${workedMs} ms of work`);
    });

    it(`CMP-07: ${name} it stops at the size`, async () => {
      const limits = { decompressedBytes: 3 * MIB, compressionRatio: Infinity };
      const { code, disposition } = await fate(await message(), limits);
      assert.deepEqual({ code, disposition }, bombed);
    });
  }

  it('CMP-07: of headers it stops at what headers may take', async () => {
    const { code, grownBytes } = await fate(
      asCompressed(await zlibBomb('Content-Type: text/plain\r\nX-Filler: ', 64 * MIB, 'x')),
    );
    assert.match(code, /^mime-headers/);
    assert.ok(grownBytes < 48 * MIB, `${grownBytes} bytes`);
  });

  it('CMP-07: the limit of the size is the last octet that is taken', async () => {
    const content = Buffer.from(`${entityHead}${'.'.repeat(100_000)}`);
    const message = asCompressed(deflateSync(content));
    const taken = await fate(message, { decompressedBytes: content.length });
    assert.deepEqual([taken.code, taken.length], ['taken', 100_000]);
    const refused = await fate(message, { decompressedBytes: content.length - 1 });
    assert.equal(refused.code, 'decompression-too-large');
  });

  it('CMP-07: three layers are too many, however small', async () => {
    let zlib = deflateSync(Buffer.from(`${entityHead}small`));
    for (let layer = 2; layer <= 3; layer++) {
      assert.equal((await fate(asCompressed(zlib))).code, 'taken');
      zlib = deflateSync(
        Buffer.concat([Buffer.from(`Content-Type: ${p7z}\r\n\r\n`), handmadeCompressed(zlib)]),
      );
    }
    const { code, disposition } = await fate(asCompressed(zlib));
    assert.deepEqual({ code, disposition }, bombed);
  });

  async function encrypted(cipher: 'aes-256-cbc' | 'aes-256-gcm'): Promise<Wire> {
    const { beta } = await stations();
    const entity = Buffer.concat([Buffer.from(`Content-Type: ${p7z}\r\n\r\n`), handmadeCompressed(bomb)]);
    const flow = envelopedFlow(bufferFlow(entity), { recipients: [beta.certificate], cipher });
    return wire({ 'Content-Type': 'application/pkcs7-mime' }, await collect(flow.chunks));
  }

  /** BER: an OCTET STRING constructed of very short ones. */
  function inSegments(zlib: Buffer): Buffer {
    const segments: Buffer[] = [];
    for (let at = 0; at < zlib.length; at += 16) segments.push(octetString(zlib.subarray(at, at + 16)));
    const content = Buffer.concat([Buffer.from([0x24, 0x80]), ...segments, Buffer.alloc(2)]);
    const compressedData = sequence(
      integer(0),
      sequence(oid('1.2.840.113549.1.9.16.3.8')),
      sequence(oid('1.2.840.113549.1.7.1'), context(0, content)),
    );
    return sequence(oid('1.2.840.113549.1.9.16.1.9'), context(0, compressedData));
  }
});
