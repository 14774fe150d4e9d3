import assert from 'node:assert/strict';
import type { Chunks } from '../../src/bytes';
import { isAs2Error } from '../../src/errors';
import {
  decodeHeaderText,
  decodeTransferEncoding,
  Headers,
  parseParameterized,
  readEntity,
  readMultipart,
  safeFilename,
} from '../../src/mime';
import { toCrlf } from '../support/canonical';
import { assertQuick } from '../support/working-time';

const KiB = 1024;
const MiB = 1024 * KiB;

/** As much of a repeated text as a header block may hold. */
function headerOf(text: string): string {
  return text.repeat(Math.floor((64 * KiB) / text.length));
}

async function* streamOf(
  text: string,
  totalBytes: number,
  chunkBytes = 64 * KiB,
): AsyncGenerator<Buffer, void> {
  const chunk = Buffer.alloc(chunkBytes, text, 'latin1');
  for (let sent = 0; sent < totalBytes; sent += chunkBytes) yield chunk;
}

async function sizeOf(chunks: Chunks): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return size;
}

/** What is linear takes some milliseconds here, what is quadratic takes minutes. */
function quickly(work: () => unknown): Promise<void> {
  return assertQuick(2000, work);
}

describe('mime: hostile input', () => {
  for (const text of [
    '"',
    '\\',
    '(',
    '(\\',
    ')',
    ';',
    '=',
    ' ',
    '\t;',
    'a=',
    'a="',
    'a=";',
    'filename="',
    'filename="" ',
    'a*0=;',
    "a*='",
    'a b ',
    '" a',
    '%',
    '/ ',
  ]) {
    it(`SEC-11: a parameterized value of 64 KiB of ${JSON.stringify(text)} is read quickly`, () =>
      quickly(() => parseParameterized(headerOf(text))));
  }

  it('SEC-11: hundred parameters are read, not thousands', () => {
    const many = Array.from({ length: 5000 }, (_, at) => `p${at}=1`).join(';');
    assert.equal(parseParameterized(`a/b;${many}`).parameters.size, 100);
  });

  for (const text of ['=?', '=?a?q?', '=?a?q??=', '=?utf-8?b?4oI=?= ', '=?a', ' ', '?=', '=?a*', '\u00ff']) {
    it(`SEC-11: header text of 64 KiB of ${JSON.stringify(text)} is read quickly`, () =>
      quickly(() => decodeHeaderText(headerOf(text))));
  }

  for (const text of ['\n', 'a:\n', ' \n', 'a\n', ':', 'a: ;\nb\n', '\r', ' ']) {
    it(`SEC-11: a header block of 64 KiB of ${JSON.stringify(text)} is read quickly`, () =>
      quickly(() => Headers.parse(Buffer.from(headerOf(text))).entries()));
  }

  it('SEC-11: names that mean something to JavaScript are names like others', () => {
    const headers = Headers.parse(Buffer.from('__proto__: 1\r\nconstructor: 2\r\n'));
    assert.equal(headers.get('__proto__'), '1');
    assert.equal(headers.get('toString'), undefined);
    const { parameters } = parseParameterized('a; __proto__=1; constructor=2');
    assert.deepEqual([...parameters.keys()], ['__proto__', 'constructor']);
  });

  for (const text of ['.', ' ', '/', '\\', 'a.', 'ü', '\u202e', '-', ' .', '\u0300']) {
    it(`SEC-11: a file name of 64 KiB of ${JSON.stringify(text)} is made safe quickly`, () =>
      quickly(() => assert.ok(safeFilename(headerOf(text), 'x').length <= 200)));
  }

  for (const encoding of ['base64', 'quoted-printable']) {
    for (const text of ['=', ' ', '=\n', '\r', '\n', 'A=', 'AAA=', '= ', ' \r', '=3', 'A']) {
      it(`SEC-11: 2 MiB of ${JSON.stringify(text)} as ${encoding} are decoded quickly`, () =>
        quickly(async () => {
          const size = await sizeOf(decodeTransferEncoding(streamOf(text, 2 * MiB), encoding)).catch(
            (error) => {
              assert.ok(isAs2Error(error) && error.code === 'base64-truncated');
              return 0;
            },
          );
          assert.ok(size <= 2 * MiB);
        }));
    }
  }

  it('SEC-11: line feeds alone become canonical quickly', () =>
    quickly(async () => assert.equal(await sizeOf(toCrlf(streamOf('\n', 8 * MiB))), 16 * MiB)));

  for (const text of ['\n--b', '\n--b ', '\r\n', '\n', '\n--bX', '\n--b-', '\n--b--X', '\r', '-', '\n--']) {
    it(`SEC-11: a multipart of 4 MiB of ${JSON.stringify(text)} ends quickly, in an error`, () =>
      quickly(() =>
        assert.rejects(
          async () => {
            for await (const part of readMultipart(streamOf(text, 4 * MiB), 'b')) await sizeOf(part);
          },
          (error) =>
            isAs2Error(error) &&
            /^mime-(boundary-not-found|multipart-truncated|too-many-parts)$/.test(error.code),
        ),
      ));
  }

  it('SEC-11: a part of 4 MiB in pieces of 64 bytes that all end like a delimiter is read quickly', () =>
    quickly(async () => {
      const boundary = '-'.repeat(70);
      const source = async function* () {
        yield Buffer.from(`--${boundary}\r\n`);
        yield* streamOf(`${'x'.repeat(30)}\r\n--${'-'.repeat(30)}`, 4 * MiB, 64);
        yield Buffer.from(`\r\n--${boundary}--`);
      };
      for await (const part of readMultipart(source(), boundary)) assert.equal(await sizeOf(part), 4 * MiB);
    }));

  it('SEC-11: content without headers and headers without an end, in pieces of one byte, are judged quickly', () =>
    quickly(async () => {
      const { headerBytes } = await readEntity(streamOf('a', 70 * KiB, 1));
      assert.equal(headerBytes.length, 0);
      const endless = async function* () {
        yield Buffer.from('Content-Type: a');
        yield* streamOf('a', 70 * KiB, 1);
        yield Buffer.from('\r\n\r\n');
      };
      await assert.rejects(readEntity(endless()), /MIME headers/);
    }));

  it('law 3: a part of 512 MiB passes in constant memory, and is not copied', async () => {
    const chunk = Buffer.alloc(256 * KiB, 'UNH+1+ORDERS:D:96A:UN\r\n');
    const source = async function* () {
      yield Buffer.from('--b\r\nContent-Type: application/edifact\r\n\r\n');
      for (let sent = 0; sent < 512 * MiB; sent += chunk.length) yield chunk;
      yield Buffer.from('\r\n--b--\r\n');
    };
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let uncopied = 0;
    let size = 0;
    for await (const part of readMultipart(source(), 'b')) {
      const { body } = await readEntity(part);
      for await (const piece of body) {
        size += piece.length;
        if (piece.buffer === chunk.buffer) uncopied += piece.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    }
    assert.equal(size, 512 * MiB);
    assert.ok(uncopied > 511 * MiB, `${uncopied} bytes were passed on as they came`);
    assert.ok(most < 16 * MiB, `${most} bytes more in memory`);
  });
});
