import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAs2Error } from '../../src/errors';
import { base64Lines, base64LinesLength, decodeTransferEncoding } from '../../src/mime';
import { collect, inPieces } from '../support/chunks';
import { quotedPrintable } from '../support/quoted-printable';

async function decode(text: string, encoding: string | undefined, ...sizes: number[]): Promise<string> {
  const decoded = decodeTransferEncoding(inPieces(Buffer.from(text, 'latin1'), ...sizes), encoding);
  return (await collect(decoded)).toString('latin1');
}

const hasCode = (code: string) => (error: unknown) => isAs2Error(error) && error.code === code;

const allBytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, at) => at));

describe('mime: transfer encodings', () => {
  it('MIME-06: no encoding, 7bit, 8bit, binary and unknown ones are raw octets', async () => {
    for (const encoding of [undefined, '', '7bit', '8BIT', 'binary', 'Binary ', 'x-unknown', '8bit;']) {
      const source = inPieces(allBytes);
      assert.equal(decodeTransferEncoding(source, encoding), source);
    }
  });

  it('HTTP-07, MIME-06: the name of the encoding in any case, with comments and quotes', async () => {
    for (const name of ['base64', 'BASE64', ' Base64 ', 'base64 (RFC 2045)', '"base64"', 'base64;']) {
      assert.equal(await decode('SVNB', name), 'ISA', name);
    }
    assert.equal(await decode('=49SA', 'Quoted-Printable'), 'ISA');
  });

  describe('base64', () => {
    for (const [quirk, text] of [
      ['lines with CRLF', 'SVNB\r\nKjAw\r\nKn4N\r\nCg==\r\n'],
      ['lines with LF', 'SVNB\nKjAw\nKn4N\nCg==\n'],
      ['one line', 'SVNBKjAwKn4NCg=='],
      ['no padding', 'SVNBKjAwKn4NCg'],
      ['half the padding', 'SVNBKjAwKn4NCg='],
      ['blanks and tabs', ' SV NB\tKjAw  Kn4N Cg = ='],
      ['lines that are no multiple of four', 'SVNBK\r\njAwKn4\r\nNCg==\r\n'],
      ['blocks joined behind their padding', 'SVNBKg==MDAq\r\nfg==DQo=\r\n'],
      ['characters that do not belong', 'SVNB,KjAw.Kn4N!Cg==*'],
    ] as const) {
      it(`MIME-06: tolerates ${quirk}`, async () => {
        for (const size of [1, 2, 3, 5, 100])
          assert.equal(await decode(text, 'base64', size), 'ISA*00*~\r\n');
      });
    }

    it('nothing gives nothing', async () => {
      assert.equal(await decode('', 'base64'), '');
      assert.equal(await decode('\r\n==\r\n', 'base64'), '');
    });

    it('binary content under the label base64 is reported, not mangled', async () => {
      for (const byte of ['\u0000', '\u0082', '\u00ff', '\u007f']) {
        await assert.rejects(decode(`SVNB${byte}`, 'base64', 3), hasCode('base64-foreign'));
      }
    });

    it('a text that ends within a group is reported', async () => {
      for (const text of ['S', 'SVNBK', 'SVNBK=']) {
        await assert.rejects(decode(text, 'base64', 2), hasCode('base64-truncated'), text);
      }
    });

    it('is written in lines of 64 characters with CRLF, of a length known before', () => {
      for (const length of [0, 1, 2, 3, 47, 48, 49, 96, 1000]) {
        const bytes = Buffer.alloc(length, 0xa5);
        const text = base64Lines(bytes).toString('latin1');
        assert.equal(base64LinesLength(length), text.length);
        const lines = text.split('\r\n');
        assert.equal(lines.pop(), '');
        assert.ok(
          lines.every((line, at) => (at < lines.length - 1 ? line.length === 64 : line.length <= 64)),
        );
        assert.equal(lines.join(''), bytes.toString('base64'));
      }
    });
  });

  describe('quoted-printable', () => {
    for (const [what, text, expected] of [
      ['escapes', 'M=FCller =3D =E2=82=AC', 'M\u00fcller = \u00e2\u0082\u00ac'],
      ['escapes in lower case', '=fc=3d', '\u00fc='],
      ['soft line breaks, CRLF and LF', 'one=\r\n two=\n three', 'one two three'],
      ['blanks behind a soft line break', 'one= \t\r\ntwo= \nthree', 'onetwothree'],
      ['blanks added at line ends', 'one  \r\ntwo\t\nthree \t', 'one\r\ntwo\nthree'],
      ['blanks within lines', ' one  two \t three', ' one  two \t three'],
      ['what is no escape', '100=% =ZZ =4', '100=% =ZZ =4'],
      ['an equals sign at the very end', 'one=', 'one'],
      ['a CR on its own', 'one\rtwo \rthree\r', 'one\rtwo \rthree\r'],
      ['empty lines', '\r\n\r\n\n', '\r\n\r\n\n'],
    ] as const) {
      it(`MIME-06: decodes ${what}`, async () => {
        for (const size of [1, 2, 3, 7, 100])
          assert.equal(await decode(text, 'quoted-printable', size), expected);
      });
    }
  });

  it('any bytes in any pieces survive both encodings', async () => {
    const awkward = fc.constantFrom(
      ' ',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '=',
      '=\r\n',
      'a',
      '\u00ff',
      '\u0000',
      'b'.repeat(75),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.array(awkward, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
    );
    const sizes = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(bytes, sizes, async (bytes, size) => {
        for (const [encoding, encoded] of [
          ['base64', base64Lines(bytes)],
          ['quoted-printable', quotedPrintable(bytes)],
        ] as const) {
          assert.deepEqual(await collect(decodeTransferEncoding(inPieces(encoded, size), encoding)), bytes);
        }
      }),
      { numRuns: 400 },
    );
  });
});
