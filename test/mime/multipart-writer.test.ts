import assert from 'node:assert/strict';
import { bufferFlow } from '../../src/bytes';
import { isAs2Error } from '../../src/errors';
import { multipartFlow, newBoundary, readMultipart } from '../../src/mime';
import { collect, inPieces } from '../support/chunks';
import { payloadPart } from '../support/payload-part';

describe('mime: multipart, writing', () => {
  it('MIME-01, HTTP-08: CRLF framing, no preamble, exactly one CRLF at the end, length known', async () => {
    const flow = multipartFlow('b1', [bufferFlow(payloadPart), bufferFlow(Buffer.from('A: 1\r\n\r\nx'))]);
    const bytes = await collect(flow.chunks);
    assert.equal(
      bytes.toString('latin1'),
      `--b1\r\n${payloadPart.toString('latin1')}\r\n--b1\r\nA: 1\r\n\r\nx\r\n--b1--\r\n`,
    );
    assert.equal(flow.length, bytes.length);
  });

  it('the length is unknown when that of a part is', () => {
    assert.equal(
      multipartFlow('b', [bufferFlow(payloadPart), { chunks: inPieces(payloadPart) }]).length,
      undefined,
    );
  });

  it('what was written is read back, byte for byte', async () => {
    const contents = [
      Buffer.alloc(0),
      Buffer.from('\r\n'),
      Buffer.from(Uint8Array.from({ length: 1024 }, (_, at) => at)),
    ];
    const boundary = newBoundary();
    const flow = multipartFlow(boundary, contents.map(bufferFlow));
    const read: Buffer[] = [];
    for await (const part of readMultipart(flow.chunks, boundary)) read.push(await collect(part));
    assert.deepEqual(read, contents);
  });

  it('MIME-05: a new boundary is 32 hexadecimal digits, each time others', () => {
    const boundaries = new Set(Array.from({ length: 1000 }, newBoundary));
    assert.equal(boundaries.size, 1000);
    for (const boundary of boundaries) assert.match(boundary, /^[0-9a-f]{32}$/);
  });

  it('MIME-05: a boundary that the standard does not allow is refused', () => {
    for (const boundary of ['', 'x'.repeat(71), 'a\r\nb', 'ends with blank ', 'a"b', 'ü', 'a;b']) {
      assert.throws(
        () => multipartFlow(boundary, [bufferFlow(payloadPart)]),
        (error) => isAs2Error(error) && error.code === 'mime-boundary-invalid',
        boundary,
      );
    }
    assert.ok(multipartFlow("x'()+_,-./:=? y", [bufferFlow(payloadPart)]));
  });
});
