import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dispositionWithFilename, filenameOf, Headers, safeFilename } from '../../src/mime';

function nameIn(...lines: string[]): string | undefined {
  return filenameOf(Headers.parse(Buffer.from(lines.map((line) => `${line}\r\n`).join(''))));
}

describe('mime: file names', () => {
  for (const [what, lines, expected] of [
    ['filename of Content-Disposition', ['Content-Disposition: attachment; filename="po.edi"'], 'po.edi'],
    ['not quoted, with blanks', ['Content-Disposition: attachment; filename=my order.edi'], 'my order.edi'],
    ['doubled quotes (Drummond 3Q08-9)', ['Content-Disposition: attachment; filename=""po.edi""'], 'po.edi'],
    ['name of Content-Type', ['Content-Type: application/edifact; name="po.edi"'], 'po.edi'],
    [
      'filename before name',
      ['Content-Type: a/b; name="1.edi"', 'Content-Disposition: attachment; filename="2.edi"'],
      '2.edi',
    ],
    [
      'name where filename is empty',
      ['Content-Type: a/b; name="1.edi"', 'Content-Disposition: attachment; filename=""'],
      '1.edi',
    ],
    [
      'RFC 2231',
      ['Content-Disposition: attachment; filename="M_ller.edi"; filename*=UTF-8\'\'M%C3%BCller.edi'],
      'Müller.edi',
    ],
    [
      'RFC 2047 words',
      ['Content-Disposition: attachment; filename="=?utf-8?Q?M=C3=BCller.edi?="'],
      'Müller.edi',
    ],
    [
      'RFC 2047 words without quotes',
      ['Content-Disposition: attachment; filename==?utf-8?B?TcO8bGxlci5lZGk=?='],
      'Müller.edi',
    ],
    ['raw UTF-8', ['Content-Disposition: attachment; filename="Müller €.edi"'], 'Müller €.edi'],
    ['folded', ['Content-Disposition: attachment;', '\tfilename="po.edi"'], 'po.edi'],
    [
      'not from Content-ID (Drummond 3Q09-8)',
      ['Content-ID: <po.edi@x>', 'Content-Disposition: attachment'],
      undefined,
    ],
    ['none at all', ['Content-Type: application/edifact'], undefined],
  ] as const) {
    it(`FN-01: ${what}`, () => assert.equal(nameIn(...lines), expected));
  }

  it('FN-01: a name that RFC 2231 decoded is not decoded twice', () => {
    // The letters Ã and ¼ are the bytes of ü in UTF-8.
    assert.equal(nameIn("Content-Disposition: attachment; filename*=UTF-8''%C3%83%C2%BC.edi"), 'Ã¼.edi');
  });

  it('FN-01, FN-02: what is written is read back', () => {
    assert.equal(dispositionWithFilename('po.edi'), 'attachment; filename="po.edi"');
    for (const name of ['po.edi', 'Müller & Söhne.edi', 'a "b" \\c.edi', '漢字.xml', 'semi;colon=.txt']) {
      assert.equal(nameIn(`Content-Disposition: ${dispositionWithFilename(name)}`), name);
    }
  });

  for (const [what, name, expected] of [
    ['a plain name', 'po 4711.edi', 'po 4711.edi'],
    ['letters of all scripts', 'Müller 漢字.xml', 'Müller 漢字.xml'],
    ['paths up', '../../etc/passwd', 'passwd'],
    ['paths up, Windows', '..\\..\\x', 'x'],
    ['drives', 'C:\\a', 'a'],
    ['drives without a separator', 'C:a', 'C_a'],
    ['absolute paths', '/etc/x', 'x'],
    ['mixed separators', 'a/b\\c/d.edi', 'd.edi'],
    ['NUL', 'a\u0000b', 'ab'],
    ['line breaks', 'a\r\nb.edi', 'ab.edi'],
    ['device names', 'CON', '_CON'],
    ['device names with extension', 'nul.tar.gz', '_nul.tar.gz'],
    ['device names with digits', 'com1.edi', '_com1.edi'],
    ['names that only begin so', 'console.edi', 'console.edi'],
    ['dots and blanks at the end', 'po.edi. . ', 'po.edi'],
    ['blanks at the beginning', '   po.edi', 'po.edi'],
    ['hidden names', '.htaccess', '_htaccess'],
    ['options', '-rf', '_rf'],
    ['characters Windows refuses', 'a<b>c:d"e|f?g*h', 'a_b_c_d_e_f_g_h'],
    ['alternate streams', 'po.edi:evil', 'po.edi_evil'],
    ['direction overrides', 'invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['composed and decomposed letters', 'Mu\u0308ller', 'Müller'],
    ['half characters', 'a\ud800b', 'a\ufffdb'],
    ['nothing', '', 'fallback'],
    ['dots alone', '..', 'fallback'],
    ['separators alone', '///', 'fallback'],
    ['a directory', 'inbox/', 'fallback'],
  ] as const) {
    it(`SEC-10: ${what}`, () => assert.equal(safeFilename(name, 'fallback'), expected));
  }

  it('SEC-10, FN-03: 5000 characters become 200 bytes that keep the extension', () => {
    assert.equal(safeFilename(`${'x'.repeat(5000)}.edi`, 'f'), `${'x'.repeat(196)}.edi`);
    const umlauts = safeFilename(`${'ü'.repeat(5000)}.edi`, 'f');
    assert.equal(umlauts, `${'ü'.repeat(98)}.edi`);
    assert.equal(Buffer.byteLength(safeFilename('漢'.repeat(5000), 'f')), 198);
    assert.equal(safeFilename(`a.${'x'.repeat(5000)}`, 'f').length, 200);
  });

  it('SEC-10: the fallback is made safe too', () => {
    assert.equal(safeFilename('', '<1@host/x>'), 'x_');
    assert.equal(safeFilename('', '..'), 'unnamed');
  });

  it('SEC-10: any name becomes a safe one, and a safe one stays', () => {
    const pieces = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      ' ',
      '-',
      ':',
      'CON',
      'nul',
      '\u0000',
      '\r\n',
      '\u202e',
      'ü',
      '漢',
      'a',
      '\u00a0',
      'x'.repeat(150),
    );
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(name, (name) => {
        const safe = safeFilename(name, 'fallback');
        assert.doesNotMatch(safe, /[/\\<>:"|?*\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
        assert.doesNotMatch(safe, /^[.\- ]|[. ]$/);
        assert.doesNotMatch(safe, /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
        assert.ok(safe.length > 0 && Buffer.byteLength(safe) <= 200);
        assert.equal(safe.normalize('NFC'), safe);
        assert.equal(safeFilename(safe, 'fallback'), safe);
      }),
      { numRuns: 2000 },
    );
  });
});
