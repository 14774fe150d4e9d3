import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAs2Error } from '../../src/errors';
import { formatParameterized, parseParameterized } from '../../src/mime';

function parameter(text: string, name: string): string | undefined {
  return parseParameterized(text).parameters.get(name);
}

describe('mime: parameterized values', () => {
  it('RFC 2045 §5.1: value, tokens, quoted strings, comments', () => {
    const { value, parameters } = parseParameterized(
      ' Text/Plain (plain; really) ; charset = us-ascii (Plain text) ;x="a\\"b\\\\c;d" (c (nested \\) ) )',
    );
    assert.equal(value, 'text/plain');
    assert.deepEqual(
      [...parameters],
      [
        ['charset', 'us-ascii'],
        ['x', 'a"b\\c;d'],
      ],
    );
  });

  it('MIME-04: names and the value in any case, order free, values as they are', () => {
    const { value, parameters } = parseParameterized('MULTIPART/Signed; BOUNDARY=AbC; MicAlg="SHA-256"');
    assert.equal(value, 'multipart/signed');
    assert.equal(parameters.get('boundary'), 'AbC');
    assert.equal(parameters.get('micalg'), 'SHA-256');
  });

  const quirks: readonly [quirk: string, text: string, expected: Readonly<Record<string, string>>][] = [
    [
      'protocol without quotes',
      'multipart/signed; protocol=application/pkcs7-signature; micalg=sha1',
      { protocol: 'application/pkcs7-signature', micalg: 'sha1' },
    ],
    ['semicolon at the end', 'multipart/signed; micalg=sha1;', { micalg: 'sha1' }],
    ['semicolons without anything between', 'multipart/signed;; ; micalg=sha1 ;', { micalg: 'sha1' }],
    [
      'semicolons missing, as in the examples of RFC 2387 §5.1',
      'Multipart/Related; boundary=example-1 start="<950120.aaCC@XIson.com>"; type="Application/X-FixedRecord" start-info="-o ps"',
      {
        boundary: 'example-1',
        start: '<950120.aaCC@XIson.com>',
        type: 'Application/X-FixedRecord',
        'start-info': '-o ps',
      },
    ],
    ['semicolon missing behind the type', 'multipart/signed micalg=sha1', { micalg: 'sha1' }],
    [
      'boundary with blanks, quoted',
      'multipart/mixed; boundary="gc0p 4Jq0M 2Yt08"',
      { boundary: 'gc0p 4Jq0M 2Yt08' },
    ],
    [
      'boundary with blanks, not quoted',
      'multipart/mixed; boundary=gc0p 4Jq0M; x=y',
      { boundary: 'gc0p 4Jq0M', x: 'y' },
    ],
    [
      'boundary with = and : without quotes (JavaMail, Squid)',
      'multipart/signed; boundary=----=_Part_1:25568201.14; micalg=sha1',
      { boundary: '----=_Part_1:25568201.14', micalg: 'sha1' },
    ],
    [
      'boundary with doubled quotes',
      'multipart/signed; boundary=""abc""; micalg=sha1',
      { boundary: 'abc', micalg: 'sha1' },
    ],
    [
      'the whole header quoted (phase2 4.4.2)',
      '"multipart/signed; micalg=sha1;    boundary=\\"----=_Part_0\\""',
      { micalg: 'sha1', boundary: '----=_Part_0' },
    ],
    ['blanks around the slash', 'multipart / signed ; micalg=sha1', { micalg: 'sha1' }],
    ['quote that never ends', 'multipart/signed; micalg="sha1', { micalg: 'sha1' }],
    ['comment that never ends', 'multipart/signed; micalg=sha1 (oops; boundary=b', { micalg: 'sha1' }],
    ['word that is no parameter', 'multipart/signed; nonsense; micalg=sha1', { micalg: 'sha1' }],
    ['empty value', 'multipart/signed; micalg=; boundary=""', { micalg: '', boundary: '' }],
    ['parameter twice: the first counts', 'multipart/signed; micalg=sha1; micalg=md5', { micalg: 'sha1' }],
    ['list of digests', 'multipart/signed; micalg="sha1, sha-256"', { micalg: 'sha1, sha-256' }],
  ];
  for (const [quirk, text, expected] of quirks) {
    it(`MIME-04: tolerates: ${quirk}`, () => {
      const { value, parameters } = parseParameterized(text);
      assert.match(value, /^multipart\/(signed|mixed|related)$/);
      assert.deepEqual(Object.fromEntries(parameters), expected);
    });
  }

  const names: readonly [quirk: string, text: string, expected: string][] = [
    ['quoted', 'attachment; filename="po 1.edi"', 'po 1.edi'],
    [
      'not quoted, with blanks',
      'Attachment; filename=GALAXY data for PMR as at 17.04.13.zip',
      'GALAXY data for PMR as at 17.04.13.zip',
    ],
    ['not quoted, with brackets', 'attachment; filename=Order (1).edi; size=3', 'Order (1).edi'],
    ['doubled quotes (Drummond 3Q08-9)', 'attachment; filename=""po.edi""', 'po.edi'],
    ['doubled quotes and more parameters', 'attachment; filename=""po.edi""; size=3', 'po.edi'],
    ['quotes inside quotes', 'attachment; filename="the "best" order.edi"; size=3', 'the "best" order.edi'],
    ['back slashes as they are', 'attachment; filename="C:\\temp\\new\\po.edi"', 'C:\\temp\\new\\po.edi'],
    ['escaped quotes', 'attachment; filename="a\\"b\\\\c.edi"', 'a"b\\c.edi'],
    ['followed by a comment', 'attachment; filename="po.edi" (the order)', 'po.edi'],
  ];
  for (const [quirk, text, expected] of names) {
    it(`FN-01: file name ${quirk}`, () => assert.equal(parameter(text, 'filename'), expected));
  }

  describe('RFC 2231', () => {
    it('charset and language', () => {
      assert.equal(
        parameter("attachment; filename*=UTF-8'de'M%C3%BCller%20%E2%82%AC.edi", 'filename'),
        'Müller €.edi',
      );
      assert.equal(parameter("attachment; filename*=iso-8859-1''M%FCller.edi", 'filename'), 'Müller.edi');
    });

    it('continuations in any order, encoded and plain mixed (RFC 2231 §4.1)', () => {
      assert.equal(
        parameter(
          "application/x-stuff; title*1*=%2a%2a%2afun%2a%2a%2a%20; title*0*=us-ascii'en'This%20is%20even%20more%20; title*2=\"isn't it!\"",
          'title',
        ),
        "This is even more ***fun*** isn't it!",
      );
      assert.equal(
        parameter('message/external-body; URL*0="ftp://"; URL*1="cs.utk.edu/x"', 'url'),
        'ftp://cs.utk.edu/x',
      );
    });

    it('a character may be cut between continuations', () => {
      assert.equal(parameter("a; filename*0*=utf-8''%E2%82; filename*1*=%AC", 'filename'), '€');
    });

    it('the encoded form goes before the plain one, wherever it stands', () => {
      const text = 'attachment; filename="Mueller.edi"; filename*=UTF-8\'\'M%C3%BCller.edi';
      assert.equal(parameter(text, 'filename'), 'Müller.edi');
    });

    it('tolerates quotes, no charset, an unknown charset, bytes that are no UTF-8, broken escapes', () => {
      assert.equal(parameter('a; filename*="UTF-8\'\'%D7%A2.docx"', 'filename'), 'ע.docx');
      assert.equal(parameter('a; filename*=%C3%BC.edi', 'filename'), 'ü.edi');
      assert.equal(parameter("a; filename*=klingon''%C3%BC.edi", 'filename'), 'ü.edi');
      assert.equal(parameter("a; filename*=''%FC.edi", 'filename'), 'ü.edi');
      assert.equal(parameter("a; filename*=UTF-8''100%25%zz%4.edi", 'filename'), '100%%zz%4.edi');
    });

    it('SEC-08: line breaks and NUL do not come in through an escape', () => {
      assert.equal(parameter("a; filename*=UTF-8''a%0D%0AX-Evil: 1%00.edi", 'filename'), 'aX-Evil: 1.edi');
    });

    it('continuations end at a gap; without a first one there is nothing', () => {
      assert.equal(parameter('a; n*0=x; n*2=z', 'n'), 'x');
      assert.equal(parameter('a; n*1=y; n*99999999=z', 'n'), undefined);
    });
  });

  describe('writing', () => {
    it('MIME-04: protocol, boundary and names are quoted, tokens are not', () => {
      assert.equal(
        formatParameterized('multipart/signed', {
          protocol: 'application/pkcs7-signature',
          micalg: 'sha-256',
          boundary: 'abc',
        }),
        'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="abc"',
      );
      assert.equal(formatParameterized('a/b', { start: '<1@x>', empty: '' }), 'a/b; start="<1@x>"; empty=""');
    });

    it('text beyond ASCII travels twice', () => {
      assert.equal(
        formatParameterized('attachment', { filename: "Müller's (1)*€.edi" }),
        "attachment; filename=\"M_ller's (1)*_.edi\"; filename*=UTF-8''M%C3%BCller%27s%20%281%29%2A%E2%82%AC.edi",
      );
    });

    it('SEC-08: line breaks and NUL are refused', () => {
      for (const text of ['a\r\nb', 'a\nb', 'a\u0000']) {
        assert.throws(
          () => formatParameterized('attachment', { filename: text }),
          (error) => isAs2Error(error) && error.code === 'header-injection',
        );
      }
    });

    it('any text without line breaks comes back as it was', () => {
      const printable = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text));
      fc.assert(
        fc.property(printable, printable, (filename, other) => {
          const line = formatParameterized('attachment', { filename, other });
          assert.match(line, /^[\t\x20-\x7e]*$/);
          const { parameters } = parseParameterized(line);
          assert.equal(parameters.get('filename'), filename.toWellFormed());
          assert.equal(parameters.get('other'), other.toWellFormed());
        }),
      );
    });
  });

  it('never fails and never loops, whatever it is given', () => {
    const pieces = fc.constantFrom(
      '"',
      '\\',
      '(',
      ')',
      ';',
      '=',
      '*',
      "'",
      '%',
      ' ',
      '/',
      'a',
      'filename',
      '0',
      '=?',
      'é',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const { value, parameters } = parseParameterized(parts.join(''));
        assert.equal(typeof value, 'string');
        assert.ok(parameters.size <= 60);
      }),
      { numRuns: 1000 },
    );
  });
});
