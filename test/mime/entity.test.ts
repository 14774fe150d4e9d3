import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bufferFlow } from '../../src/bytes';
import { isAs2Error } from '../../src/errors';
import { entityFlow, Headers, readEntity } from '../../src/mime';
import { collect, inPieces } from '../support/chunks';
import { payloadBody, payloadPart } from '../support/payload-part';

async function read(bytes: Buffer | string, ...sizes: number[]) {
  const { headers, headerBytes, body } = await readEntity(inPieces(Buffer.from(bytes), ...sizes));
  return { headers, headerBytes, body: await collect(body) };
}

describe('mime: entities', () => {
  it('MIME-02: headers, blank line and body together are the bytes received', async () => {
    const { headers, headerBytes, body } = await read(payloadPart);
    assert.equal(headers.get('content-type'), 'application/edi-x12');
    assert.deepEqual(headers.toBuffer(), payloadPart.subarray(0, 87));
    assert.deepEqual(headerBytes, payloadPart.subarray(0, 89));
    assert.deepEqual(body, payloadBody);
  });

  it('any cut of the stream gives the same', async () => {
    for (let size = 1; size < payloadPart.length; size += 1) {
      const { headerBytes, body } = await read(payloadPart, size);
      assert.deepEqual([headerBytes, body], [payloadPart.subarray(0, 89), payloadBody]);
    }
  });

  it('line ends may be LF alone, also mixed with CRLF', async () => {
    const { headers, headerBytes, body } = await read('A: 1\r\nContent-Type: text/plain\n\r\n\nbody');
    assert.equal(headers.get('content-type'), 'text/plain');
    assert.equal(headerBytes.toString(), 'A: 1\r\nContent-Type: text/plain\n\r\n');
    assert.equal(body.toString(), '\nbody');
  });

  it('headers may be empty', async () => {
    const { headers, headerBytes, body } = await read('\r\nISA*00*~\r\n');
    assert.deepEqual(headers.entries(), []);
    assert.equal(headerBytes.toString(), '\r\n');
    assert.equal(body.toString(), 'ISA*00*~\r\n');
  });

  it('the blank line may be missing where there is no body (RFC 2045 §2.4)', async () => {
    const { headers, headerBytes, body } = await read('Content-Type: text/plain\r\nContent-ID: <1>\r\n');
    assert.equal(headers.get('content-id'), '<1>');
    assert.equal(headerBytes.length, 43);
    assert.equal(body.length, 0);
    const unfinished = await read('Content-Type: text/plain', 5);
    assert.equal(unfinished.headers.get('content-type'), 'text/plain');
    assert.equal(unfinished.body.length, 0);
  });

  const bare: readonly [what: string, content: string][] = [
    ['X12', `ISA*00*          *00*          *ZZ*SENDER         ~\nGS*PO~\n\nST*850~`],
    ['EDIFACT on lines', "UNA:+.? '\r\nUNB+UNOC:3+SENDER+RECEIVER'\r\n\r\nUNH+1+ORDERS:D:96A:UN'\r\n"],
    ['EDIFACT on one line', "UNA:+.? 'UNB+UNOC:3+SENDER+RECEIVER+260101:1200+1'UNH+1+ORDERS:D:96A:UN'"],
    ['XML', '<?xml version="1.0"?>\n<a:b xmlns:a="x">\n\n</a:b>'],
    ['nothing at all', ''],
    ['a single line without an end', 'Content-Type'],
  ];
  for (const [what, content] of bare) {
    it(`MIME-07: content without headers comes back whole: ${what}`, async () => {
      const { headers, headerBytes, body } = await read(content, 7);
      assert.deepEqual(headers.entries(), []);
      assert.equal(headerBytes.length, 0);
      assert.equal(body.toString(), content);
    });
  }

  it('MIME-07: large content without a line break is not mistaken for headers', async () => {
    const content = Buffer.alloc(300_000, 'UNA:+.? ');
    const { headerBytes, body } = await read(content, 65_536);
    assert.equal(headerBytes.length, 0);
    assert.ok(body.equals(content));
  });

  it('MIME-04: a line that is no field does not hide the headers around it', async () => {
    const { headers, body } = await read('X-First: 1\r\ngarbage\r\nContent-Type: text/plain\r\n\r\nbody');
    assert.equal(headers.get('content-type'), 'text/plain');
    assert.equal(body.toString(), 'body');
  });

  it('MIME-10: a header block beyond the limit is refused', async () => {
    const endless = Buffer.from(`Content-Type: text/plain\r\n${'X-Filler: 0123456789\r\n'.repeat(5000)}`);
    await assert.rejects(
      readEntity(inPieces(endless, 1000)),
      (error) =>
        isAs2Error(error) && error.code === 'mime-headers-too-large' && error.facts.limitBytes === 65_536,
    );
    const small = 'Content-Type: text/plain\r\nX: 1\r\n\r\n';
    await assert.rejects(
      readEntity(inPieces(Buffer.from(small)), { headerBytes: 30 }),
      /larger than the limit of 30/,
    );
    const fitting = await readEntity(inPieces(Buffer.from(small)), { headerBytes: 34 });
    assert.equal(fitting.headers.get('x'), '1');
  });

  it('a reader that stops early, even before the body, releases what lies underneath', async () => {
    for (const begun of [true, false]) {
      let released = false;
      const source = (async function* () {
        try {
          for (;;) yield Buffer.from('Content-Type: text/plain\r\n\r\nbody');
        } finally {
          released = true;
        }
      })();
      const { body } = await readEntity(source);
      const iterator = body[Symbol.asyncIterator]();
      if (begun) await iterator.next();
      await iterator.return?.();
      assert.equal(released, true);
      assert.equal((await iterator.next()).done, true);
    }
  });

  it('what is written is headers, blank line, body, with its length', async () => {
    const headers = Headers.fromPairs([
      ['Content-Type', 'application/edi-x12'],
      ['Content-Disposition', 'attachment; filename="po.edi"'],
    ]);
    const flow = entityFlow({ headers, body: bufferFlow(payloadBody) });
    assert.equal(flow.length, 99);
    assert.deepEqual(await collect(flow.chunks), payloadPart);
    const unknown = entityFlow({ headers, body: { chunks: inPieces(payloadBody) } });
    assert.equal(unknown.length, undefined);
  });

  it('a parsed block without a line end is closed before the blank line', async () => {
    const headers = Headers.parse(Buffer.from('A: 1'));
    const flow = entityFlow({ headers, body: bufferFlow(Buffer.from('x')) });
    assert.equal((await collect(flow.chunks)).toString(), 'A: 1\r\n\r\nx');
    const none = entityFlow({ headers: Headers.parse(Buffer.alloc(0)), body: bufferFlow(Buffer.from('x')) });
    assert.equal((await collect(none.chunks)).toString(), '\r\nx');
  });

  it('nothing is lost and nothing is added, whatever arrives in whatever pieces', async () => {
    const piece = fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      ':',
      ' ',
      'A',
      'Content-Type',
      'Content-Type: a\r\n',
      'x: y\r\n',
      'é',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (pieces, size) => {
          const bytes = Buffer.from(pieces.join(''));
          const whole = await read(bytes);
          assert.deepEqual(Buffer.concat([whole.headerBytes, whole.body]), bytes);
          const cut = await read(bytes, size);
          assert.deepEqual([cut.headerBytes, cut.body], [whole.headerBytes, whole.body]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
