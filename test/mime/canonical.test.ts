import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { toCrlf } from '../support/canonical';
import { collect, inPieces } from '../support/chunks';
import { payloadPart, payloadPartMics } from '../support/payload-part';

async function canonical(bytes: Buffer, ...sizes: number[]): Promise<Buffer> {
  return collect(toCrlf(inPieces(bytes, ...sizes)));
}

describe('mime: canonical line ends', () => {
  it('MIME-03: text with LF becomes the text with CRLF that its sender signed', async () => {
    const lf = Buffer.from(payloadPart.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const crlf = await canonical(lf, 10);
    assert.deepEqual(crlf, payloadPart);
    assert.equal(createHash('sha256').update(crlf).digest('base64'), payloadPartMics.sha256);
  });

  it('what is canonical stays, and so does a CR on its own', async () => {
    assert.deepEqual(await canonical(payloadPart, 1), payloadPart);
    assert.equal((await canonical(Buffer.from('a\rb\r\r\nc\r'))).toString(), 'a\rb\r\r\nc\r');
    assert.equal((await canonical(Buffer.from('\n\n\r\n\n'))).toString(), '\r\n\r\n\r\n\r\n');
    assert.equal((await canonical(Buffer.alloc(0))).length, 0);
  });

  it('any text in any pieces gives what a regular expression gives', async () => {
    const text = fc
      .array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'é'), { maxLength: 60 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (text, size) => {
        const expected = text.replace(/(?<!\r)\n/g, '\r\n');
        assert.equal((await canonical(Buffer.from(text), size)).toString(), expected);
      }),
      { numRuns: 300 },
    );
  });
});
