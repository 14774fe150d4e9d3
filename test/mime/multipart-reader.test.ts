import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Chunks } from '../../src/bytes';
import { isAs2Error } from '../../src/errors';
import { assertDepth, type MimeLimits, readEntity, readMultipart } from '../../src/mime';
import { collect, inPieces } from '../support/chunks';
import { payloadPart, payloadPartMics } from '../support/payload-part';
import { assertQuick } from '../support/working-time';

async function partsOf(chunks: Chunks, boundary: string | undefined, limits?: MimeLimits): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of readMultipart(chunks, boundary, limits)) parts.push(await collect(part));
  return parts;
}

async function textParts(text: string, boundary: string | undefined, ...sizes: number[]): Promise<string[]> {
  const parts = await partsOf(inPieces(Buffer.from(text, 'latin1'), ...sizes), boundary);
  return parts.map((part) => part.toString('latin1'));
}

const hasCode = (code: string) => (error: unknown) => isAs2Error(error) && error.code === code;

const signed = Buffer.concat([
  Buffer.from('--b1\r\n'),
  payloadPart,
  Buffer.from('\r\n--b1\r\nContent-Type: application/pkcs7-signature\r\n\r\nMIIC\r\n--b1--\r\n'),
]);

describe('mime: multipart, reading', () => {
  it('MIME-01: the signed part is exactly the 99 bytes that were signed', async () => {
    const [part = Buffer.alloc(0)] = await partsOf(inPieces(signed), 'b1');
    assert.deepEqual(part, payloadPart);
    assert.equal(createHash('sha256').update(part).digest('base64'), payloadPartMics.sha256);
    assert.equal(createHash('sha1').update(part).digest('base64'), payloadPartMics.sha1);
    assert.equal(createHash('md5').update(part).digest('base64'), payloadPartMics.md5);
  });

  it('MIME-01: every cut of the stream gives the same parts', async () => {
    const whole = await partsOf(inPieces(signed), 'b1');
    assert.equal(whole.length, 2);
    for (let size = 1; size <= signed.length; size += 1) {
      assert.deepEqual(await partsOf(inPieces(signed, size), 'b1'), whole, `pieces of ${size}`);
      assert.deepEqual(await partsOf(inPieces(signed, size, signed.length), 'b1'), whole, `cut at ${size}`);
    }
  });

  it('MIME-01: a large first chunk gives the same parts as small ones, whatever it begins with', async () => {
    const rest = `one${'-'.repeat(3000)}\r\n--b\r\ntwo\r\n--b--\r\n`;
    for (const start of [
      '--b\r\n',
      '--b\n',
      '--b \t\r\n',
      '\r\n--b\r\n',
      '\n--b\r\n',
      '--bX\r\n--b\r\n',
      '--\r\n--b\r\n',
      'preamble\r\n--b\r\n',
      `${'p'.repeat(3000)}\r\n--b\r\n`,
      `--b${' '.repeat(1500)}\r\n--b\r\n`,
    ]) {
      const expected = await textParts(start + rest, 'b', 1);
      assert.equal(expected.length, 2, JSON.stringify(start));
      for (const size of [2047, 2048, 2500, 10_000])
        assert.deepEqual(await textParts(start + rest, 'b', size), expected, JSON.stringify([start, size]));
    }
  });

  it('MIME-01: LF-only delimiters around a CRLF part, as OpenSSL writes them', async () => {
    const bytes = Buffer.concat([
      Buffer.from('This is an S/MIME signed message\n\n------B\n'),
      payloadPart,
      Buffer.from('\n------B\nContent-Type: application/x-pkcs7-signature\n\nMIIC\n\n------B--\n\n'),
    ]);
    for (const size of [1, 3, 1000]) {
      const parts = await partsOf(inPieces(bytes, size), '----B');
      assert.deepEqual(parts[0], payloadPart);
      assert.equal(parts[1]?.toString(), 'Content-Type: application/x-pkcs7-signature\n\nMIIC\n');
    }
  });

  it('HTTP-08: preamble and epilogue are tolerated and dropped', async () => {
    const text = 'preamble\r\n--bx\r\n--b\r\none\r\n--b--\r\nepilogue\r\n--b\r\nnot a part\r\n';
    assert.deepEqual(await textParts(text, 'b', 5), ['one']);
    assert.deepEqual(await textParts('\r\n\r\n--b\r\none\r\n--b--', 'b'), ['one']);
  });

  it('MIME-05: a line that only begins like the delimiter is content', async () => {
    const content =
      'x\r\n--boundaryX\r\n--boundary-\r\n--boundary--x\r\n --boundary\r\ny--boundary\r\n--boundary\rz';
    for (const size of [1, 2, 7, 1000]) {
      assert.deepEqual(await textParts(`--boundary\r\n${content}\r\n--boundary--\r\n`, 'boundary', size), [
        content,
      ]);
    }
  });

  it('MIME-05: blanks after the boundary are tolerated, on closing lines too', async () => {
    assert.deepEqual(await textParts('--b \t\r\none\r\n--b  \r\ntwo\r\n--b-- \t \r\n', 'b', 2), [
      'one',
      'two',
    ]);
  });

  it('MIME-04: a boundary with blanks; at its end they do not count', async () => {
    assert.deepEqual(await textParts('--a b\r\none\r\n--a b--', 'a b '), ['one']);
  });

  it('MIME-05: boundaries up to 250 characters are read', async () => {
    const boundary = 'x'.repeat(250);
    assert.deepEqual(await textParts(`--${boundary}\r\none\r\n--${boundary}--`, boundary, 100), ['one']);
    await assert.rejects(textParts('', `${boundary}x`), hasCode('mime-boundary-missing'));
  });

  it('parts may be empty, or hold a single line end', async () => {
    assert.deepEqual(await textParts('--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b\n--b\n\n--b--', 'b', 3), [
      '',
      '',
      '\r\n',
      '',
      '',
    ]);
  });

  it('the closing delimiter may be the last bytes, with and without a line end', async () => {
    for (const end of ['', '\r', '\n', '\r\n', ' ']) {
      assert.deepEqual(await textParts(`--b\r\none\r\n--b--${end}`, 'b', 1), ['one']);
    }
  });

  it('an outer boundary that is the beginning of the inner one does not cut it', async () => {
    const inner = '--b1\r\nA\r\n--b1--\r\n';
    const outer = `--b\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n${inner}\r\n--b--\r\n`;
    const [part = ''] = await textParts(outer, 'b', 4);
    assert.ok(part.endsWith(inner));
    assert.deepEqual(await textParts(inner, 'b1'), ['A']);
  });

  for (const [where, text] of [
    ['in a part', '--b\r\none\r\n--b\r\ntw'],
    ['behind the line end of a part', '--b\r\none\r\n'],
    ['in a delimiter', '--b\r\none\r\n--'],
    ['before the last two hyphens', '--b\r\none\r\n--b'],
    ['before the last hyphen', '--b\r\none\r\n--b-'],
    ['behind a delimiter', '--b\r\none\r\n--b\r\n'],
  ] as const) {
    it(`a multipart that ends ${where} is reported as truncated`, async () => {
      for (const size of [1, 100])
        await assert.rejects(textParts(text, 'b', size), hasCode('mime-multipart-truncated'));
    });
  }

  it('a body in which the boundary never occurs is reported as such, with the boundary', async () => {
    for (const text of ['', 'no multipart at all', 'x--b\r\none\r\n--c--\r\n']) {
      await assert.rejects(textParts(text, 'b', 3), hasCode('mime-boundary-not-found'));
    }
    await assert.rejects(textParts('x', '=_Part_1'), /The boundary "=_Part_1" .* occurs nowhere/);
  });

  it('a Content-Type without a boundary is reported as such', async () => {
    await assert.rejects(textParts('--\r\n', undefined), hasCode('mime-boundary-missing'));
    await assert.rejects(textParts('--\r\n', '  '), hasCode('mime-boundary-missing'));
  });

  it('what is left unread of a part is passed over; a part kept for later gives nothing of the next one', async () => {
    const bytes = Buffer.from('--b\r\none one one\r\n--b\r\ntwo\r\n--b\r\nthree\r\n--b--');
    const kept: Chunks[] = [];
    const seen: string[] = [];
    for await (const part of readMultipart(inPieces(bytes, 5), 'b')) {
      const number = kept.push(part);
      const iterator = part[Symbol.asyncIterator]();
      if (number === 1) seen.push(String((await iterator.next()).value));
      if (number === 3) seen.push((await collect(part)).toString());
      for (const old of kept.slice(0, -1)) assert.equal((await collect(old)).length, 0);
    }
    assert.deepEqual(seen, ['one o', 'three']);
  });

  it('the stream is read to its end, so that layers underneath finish; a reader that stops early releases it', async () => {
    let state = 'open';
    const source = async function* () {
      try {
        yield Buffer.from('--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n');
        yield Buffer.from('epilogue');
        state = 'ended';
      } finally {
        if (state === 'open') state = 'released';
      }
    };
    await partsOf(source(), 'b');
    assert.equal(state, 'ended');
    state = 'open';
    for await (const part of readMultipart(source(), 'b')) {
      await collect(part);
      break;
    }
    assert.equal(state, 'released');
  });

  it('errors of the source reach the reader of the part', async () => {
    const source = async function* () {
      yield Buffer.from('--b\r\none');
      throw new Error('socket reset');
    };
    await assert.rejects(partsOf(source(), 'b'), /socket reset/);
  });

  it('any content in any pieces comes back, also when it is full of things that resemble delimiters', async () => {
    const piece = fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      '-',
      '--',
      '--b',
      '\r\n--b',
      '\n--b',
      'X',
      ' ',
      '\r\n--bb\r\n',
      '\0',
    );
    const content = fc
      .array(piece, { maxLength: 30 })
      .map((pieces) => pieces.join(''))
      // What really is a delimiter line belongs in no part.
      .filter((text) => !/(^|\n)--b(--)?[ \t]*(\r?\n|\r?$)/.test(`${text}\r\n`));
    const contents = fc.array(content, { minLength: 1, maxLength: 4 });
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(contents, sizes, async (parts, sizes) => {
        const text = `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;
        assert.deepEqual(await textParts(text, 'b', ...sizes), parts);
      }),
      { numRuns: 500 },
    );
  });

  it('MIME-10: more parts than allowed are refused', async () => {
    const text = `${'--b\r\n\r\n'.repeat(1001)}--b--`;
    await assert.rejects(textParts(text, 'b', 4096), hasCode('mime-too-many-parts'));
    await assert.rejects(
      partsOf(inPieces(Buffer.from(text)), 'b', { parts: 3 }),
      /more than the allowed 3 parts/,
    );
    assert.equal((await textParts(`${'--b\r\n\r\n'.repeat(1000)}--b--`, 'b')).length, 1000);
  });

  it('MIME-10: 200 nested multiparts are refused in no time', async () => {
    const depth = 200;
    const open = Array.from(
      { length: depth },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}e\r\n\r\n--b${level}e\r\n`,
    );
    const close = Array.from({ length: depth }, (_, level) => `\r\n--b${depth - 1 - level}e--`);
    const bytes = Buffer.from(`${open.join('')}\r\nx${close.join('')}`);
    const unwrap = async (chunks: Chunks, level: number, limits?: MimeLimits): Promise<number> => {
      assertDepth(level, limits);
      const { headers, body } = await readEntity(chunks);
      const boundary = /boundary=(\S+)/.exec(headers.get('content-type') ?? '')?.[1];
      if (boundary === undefined) return level - 1;
      let deepest = 0;
      for await (const part of readMultipart(body, boundary)) deepest = await unwrap(part, level + 1, limits);
      return deepest;
    };
    await assertQuick(1000, () => assert.rejects(unwrap(inPieces(bytes, 100), 1), hasCode('mime-too-deep')));
    assert.equal(await unwrap(inPieces(bytes, 5000), 1, { depth: 1000 }), depth);
  });
});
