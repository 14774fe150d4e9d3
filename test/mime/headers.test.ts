import assert from 'node:assert/strict';
import { isAs2Error } from '../../src/errors';
import { Headers } from '../../src/mime';

const hasCode = (code: string) => (error: unknown) => isAs2Error(error) && error.code === code;

function parse(text: string): Headers {
  return Headers.parse(Buffer.from(text, 'latin1'));
}

describe('mime: headers', () => {
  it('MIME-02: the block stays as it was received: case, double blanks, tabs, folds, 8-bit bytes', () => {
    const block = Buffer.from(
      'content-TYPE:  Application/EDIFACT ;\r\n\tcharset=UNOC\r\nX-Odd:\ta  b \r\nSubject: M\xfcller\r\n',
      'latin1',
    );
    assert.deepEqual(Headers.parse(block).toBuffer(), block);
  });

  it('MIME-04: names compare without regard to case, values come unfolded and trimmed', () => {
    const headers = parse(
      'content-TYPE: Multipart/Signed;\r\n\tMICALG="SHA-256" ;\r\n   boundary=x\r\nSubject:Order\r\n',
    );
    assert.equal(headers.get('Content-Type'), 'Multipart/Signed; MICALG="SHA-256" ; boundary=x');
    assert.equal(headers.get('SUBJECT'), 'Order');
    assert.equal(headers.has('content-type'), true);
    assert.equal(headers.has('Content-ID'), false);
    assert.equal(headers.get('Content-ID'), undefined);
  });

  it('HTTP-06: a fold reads as one space, also where a line holds blanks only', () => {
    const folded = 'signed-receipt-protocol=optional,pkcs7-signature; signed-receipt-micalg=optional,sha1';
    assert.equal(
      parse(
        'Disposition-Notification-Options: signed-receipt-protocol=optional,pkcs7-signature;\r\n \r\n   signed-receipt-micalg=optional,sha1',
      ).get('disposition-notification-options'),
      folded,
    );
    const flat = ['Disposition-Notification-Options', folded.replace('; ', ';\r\n\t  ')];
    assert.equal(Headers.fromRawHeaders(flat).get('disposition-notification-options'), folded);
  });

  it('lines may end in LF alone, as OpenSSL writes them', () => {
    const headers = parse('MIME-Version: 1.0\nContent-Type: text/plain;\n charset=us-ascii\n');
    assert.deepEqual(headers.entries(), [
      ['MIME-Version', '1.0'],
      ['Content-Type', 'text/plain; charset=us-ascii'],
    ]);
  });

  it('duplicates are kept in their order', () => {
    const headers = parse('AS2-From: A\r\nReceived: 1\r\nas2-from: B\r\n');
    assert.equal(headers.get('AS2-From'), 'A');
    assert.deepEqual(headers.getAll('AS2-From'), ['A', 'B']);
    assert.deepEqual(headers.getAll('X-None'), []);
  });

  it('what a caller does with the returned values does not change the headers', () => {
    const headers = parse('A: 1\r\n');
    headers.getAll('a').push('2');
    assert.deepEqual(headers.getAll('a'), ['1']);
  });

  it('values are latin1: one character for each byte, a no-break space at the end included', () => {
    // "voilà" in UTF-8 ends in the byte A0, which JavaScript takes for white space.
    const headers = Headers.parse(Buffer.from('Subject: voilà\r\n', 'utf8'));
    assert.equal(headers.get('Subject'), 'voil\u00c3\u00a0');
  });

  it('blanks before the colon and lines that are no fields are passed over', () => {
    const headers = parse(
      ' lost\r\nContent-Type : text/plain\r\ngarbage\r\n: no name\r\nContent-ID: <1>\r\n',
    );
    assert.deepEqual(headers.entries(), [
      ['Content-Type', 'text/plain'],
      ['Content-ID', '<1>'],
    ]);
  });

  it('MDN-01: a parameter on a line of its own that is not indented belongs to the field before (RFC 4130 A.2)', () => {
    const headers = parse(
      'Content-Type: multipart/report;\r\nReport-Type=disposition-notification;\r\n    boundary="----=_Part_337:6452266"\r\n',
    );
    assert.equal(
      headers.get('content-type'),
      'multipart/report; Report-Type=disposition-notification; boundary="----=_Part_337:6452266"',
    );
    assert.equal(headers.entries().length, 1);
  });

  it('an empty block has no fields', () => {
    assert.deepEqual(parse('').entries(), []);
    assert.equal(parse('').toBuffer().length, 0);
  });

  it('own fields are written with CRLF', () => {
    const headers = Headers.fromPairs([
      ['Content-Type', 'application/edi-x12'],
      ['Content-Disposition', 'attachment; filename="po.edi"'],
    ]);
    assert.equal(
      headers.toBuffer().toString(),
      'Content-Type: application/edi-x12\r\nContent-Disposition: attachment; filename="po.edi"\r\n',
    );
  });

  for (const [what, value] of [
    ['CRLF', 'a\r\nX-Evil: 1'],
    ['LF', 'a\nX-Evil: 1'],
    ['CR', 'a\rX-Evil: 1'],
    ['NUL', 'a\u0000b'],
  ] as const) {
    it(`SEC-08: ${what} in a value is refused`, () => {
      assert.throws(() => Headers.fromPairs([['Message-ID', value]]), hasCode('header-injection'));
    });
  }

  it('SEC-08: a received NUL and a CR that ends no line read as blanks', () => {
    assert.equal(Headers.fromRawHeaders(['Subject', 'a\u0000b\rc']).get('Subject'), 'a b c');
    const block = Buffer.from('Subject: a\u0000b\rX-Evil: c\r\n');
    assert.deepEqual(Headers.parse(block).entries(), [['Subject', 'a b X-Evil: c']]);
    assert.deepEqual(Headers.parse(block).toBuffer(), block);
  });

  it('SEC-08: a name with a colon, a blank or a line break is refused', () => {
    for (const name of ['A:B', 'A B', 'A\r\nB', '', 'Ä']) {
      assert.throws(() => Headers.fromPairs([[name, '1']]), hasCode('header-name-invalid'), name);
    }
  });

  it('characters beyond latin1 are refused, not mangled', () => {
    assert.throws(() => Headers.fromPairs([['Subject', 'Preis 5 €']]), hasCode('header-not-latin1'));
    assert.deepEqual(
      Headers.fromPairs([['A', 'M\u00fc']]).toBuffer(),
      Buffer.from('A: M\u00fc\r\n', 'latin1'),
    );
  });
});
