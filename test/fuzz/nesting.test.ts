import assert from 'node:assert/strict';
import { openMessage, openReceipt } from '../../src/as2';
import { BerStreamReader, parseBer, tags } from '../../src/asn1';
import { bufferFlow, bufferSource, ByteReader } from '../../src/bytes';
import { openContentInfo, readSignedData } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { Headers, parseParameterized } from '../../src/mime';
import { openPkcs12, readCertificates, readPrivateKey } from '../../src/pki';
import { collect } from '../support/chunks';
import { assertQuick } from '../support/working-time';

const DEEP = 100_000;

function refusedWithin(limitMs: number, work: () => unknown): Promise<void> {
  return assertQuick(limitMs, () => assert.rejects(async () => work(), isAs2Error));
}

/** `depth` times the header with all the rest inside it. */
function nestedDefinite(identifier: number, depth: number): Buffer {
  const headers = Buffer.alloc(depth * 6);
  for (let level = 0; level < depth; level += 1) {
    headers[level * 6] = identifier;
    headers[level * 6 + 1] = 0x84;
    headers.writeUInt32BE((depth - level - 1) * 6, level * 6 + 2);
  }
  return headers;
}

describe('Nesting without end', () => {
  const structures: Readonly<Record<string, Buffer>> = {
    'indefinite sequences': Buffer.alloc(DEEP * 2, Buffer.from([0x30, 0x80])),
    'definite sequences': nestedDefinite(0x30, DEEP),
    'indefinite octet strings': Buffer.alloc(DEEP * 2, Buffer.from([0x24, 0x80])),
    'definite octet strings': nestedDefinite(0x24, DEEP),
    'indefinite [0]': Buffer.alloc(DEEP * 2, Buffer.from([0xa0, 0x80])),
  };
  for (const [what, bytes] of Object.entries(structures)) {
    const ber = () => new BerStreamReader(new ByteReader(bufferFlow(bytes).chunks));
    const readers: Readonly<Record<string, () => unknown>> = {
      'the tree': () => parseBer(bytes),
      'the stream, as an element': async () => parseBer(await ber().readElement(bytes.length)),
      'the stream, as octets': () => collect(ber().octets()),
      'the stream, entered again and again': async () => {
        for (const reader = ber(); ;)
          await reader.enter(bytes[0] === 0x24 ? tags.octetString : tags.sequence);
      },
      'content info': () => openContentInfo(bufferFlow(bytes).chunks),
      'signed data': () => readSignedData(bytes),
      certificates: () => readCertificates(bytes),
      'certificates, as base64': () => readCertificates(bytes.toString('base64')),
      'a private key': () => readPrivateKey(bytes),
      'PKCS#12': () => openPkcs12(bytes, ''),
    };
    for (const [reader, read] of Object.entries(readers)) {
      it(`BER-04: 100,000 nested ${what} fail in 100 ms, read as ${reader}`, () => refusedWithin(100, read));
    }
  }

  const open = (headers: Headers, body: Buffer) =>
    openMessage(
      { headers, body: bufferSource(body) },
      {
        keys: [],
        signingCertificates: [],
        spill: { directory: '/nonexistent', thresholdBytes: 64 * 1024 * 1024 },
      },
    );

  for (const type of ['signed', 'report']) {
    it(`MIME-10: 2,000 nested multipart/${type} end at once, as a message and as a receipt`, async () => {
      const { headers, body } = nestedMultiparts(type, 2000);
      if (type === 'signed') await refusedWithin(1000, () => open(headers, body));
      const receipt = { headers, body: bufferSource(body) };
      await refusedWithin(1000, () => openReceipt(receipt, { signingCertificates: [] }));
    });
  }

  it('MIME-10: 100,000 parts of a signed message end in an error', () => {
    const headers = Headers.fromPairs([['Content-Type', 'multipart/signed; boundary=b']]);
    return refusedWithin(1000, () => open(headers, Buffer.from(`${'--b\r\n\r\n'.repeat(DEEP)}--b--`)));
  });

  it('SEC-11: a header with a million parameters is read at once', async () => {
    const text = `a/b${';p=1'.repeat(1_000_000)}`;
    await assertQuick(200, () => assert.ok(parseParameterized(text).parameters.size <= 100));
  });

  it('SEC-11: comments nested a million times are read at once', async () => {
    const text = `a/b ${'('.repeat(1_000_000)}`;
    await assertQuick(1000, () => parseParameterized(text));
  });
});

function nestedMultiparts(type: string, depth: number): { headers: Headers; body: Buffer } {
  const line = (level: number) => `multipart/${type}; boundary=b${level}`;
  let text = '';
  for (let level = 1; level < depth; level += 1) {
    text += `--b${level - 1}\r\nContent-Type: ${line(level)}\r\n\r\n`;
  }
  for (let level = depth - 1; level >= 0; level -= 1) text += `\r\n--b${level}--\r\n`;
  return { headers: Headers.fromPairs([['Content-Type', line(0)]]), body: Buffer.from(text) };
}
