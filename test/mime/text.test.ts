import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAs2Error } from '../../src/errors';
import { decodeHeaderText, encodeHeaderText, Headers } from '../../src/mime';

describe('mime: header text', () => {
  for (const [what, value, expected] of [
    ['ASCII', 'Order 4711', 'Order 4711'],
    [
      'UTF-8 that Node gave as latin1',
      Buffer.from('Bestellung für Müller €').toString('latin1'),
      'Bestellung für Müller €',
    ],
    ['latin1', 'M\u00fcller', 'Müller'],
    ['Windows-1252', 'Preis 5 \u0080', 'Preis 5 €'],
    ['text that is decoded already', 'Müller € 漢', 'Müller € 漢'],
    ['encoded words, Q', '=?ISO-8859-1?Q?M=FCller_AG?= & Co', 'Müller AG & Co'],
    ['encoded words, B', '=?UTF-8?B?TcO8bGxlcg==?=', 'Müller'],
    ['encoded words in lower case, with language (RFC 2231 §5)', '=?utf-8*de?q?M=c3=bcller?=', 'Müller'],
    [
      'neighbouring words: the blank between goes',
      '=?utf-8?q?a?= =?utf-8?q?b?=  =?iso-8859-1?q?=FC?= c',
      'abü c',
    ],
    ['a character cut between words', '=?UTF-8?B?4oI=?= =?UTF-8?B?rA==?=', '€'],
    ['words inside quotes and without blanks around', '"x=?utf-8?q?=C3=BC?=y"', '"xüy"'],
    ['unknown charsets', '=?x-klingon?q?M=C3=BCller?=', 'Müller'],
    ['what only resembles a word', '=?utf-8?x?abc?= =?utf-8?q?abc = ?', '=?utf-8?x?abc?= =?utf-8?q?abc = ?'],
    ['empty words', 'a=?utf-8?q??=b', 'ab'],
  ] as const) {
    it(`HDR-15: reads ${what}`, () => assert.equal(decodeHeaderText(value), expected));
  }

  it('SEC-08: line breaks and NUL do not come in through an encoded word', () => {
    assert.equal(decodeHeaderText('=?utf-8?q?a=0D=0AX-Evil:_1=00?='), 'aX-Evil: 1');
    assert.equal(decodeHeaderText('=?utf-8?b?DQpYLUV2aWw6IDE=?='), 'X-Evil: 1');
  });

  it('HDR-15: ASCII is written as it is, all else as encoded words', () => {
    assert.equal(encodeHeaderText('Order 4711'), 'Order 4711');
    assert.equal(encodeHeaderText('Müller'), '=?UTF-8?B?TcO8bGxlcg==?=');
    assert.equal(encodeHeaderText('a =?b'), '=?UTF-8?B?YSA9P2I=?=');
    assert.equal(encodeHeaderText(''), '');
  });

  it('SEC-08: line breaks and NUL are refused when writing', () => {
    for (const text of ['a\r\nX-Evil: 1', 'ü\n', '\u0000']) {
      assert.throws(
        () => encodeHeaderText(text),
        (error) => isAs2Error(error) && error.code === 'header-injection',
      );
    }
  });

  it('HDR-15: long text is cut between characters, never within one', () => {
    for (const text of ['ü'.repeat(100), 'x' + '漢'.repeat(50), 'ab' + '🧀'.repeat(30)]) {
      const words = encodeHeaderText(text).split(' ');
      assert.ok(words.length > 2 && words.every((word) => word.length <= 75));
      // Each word can be read on its own.
      assert.equal(words.map(decodeHeaderText).join(''), text);
    }
  });

  it('any text comes back, in words of at most 75 characters that fit in a header', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 200, size: 'max' })
      .filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(text, (text) => {
        const encoded = encodeHeaderText(text);
        if (encoded.startsWith('=?')) {
          for (const word of encoded.split(' '))
            assert.ok(word.length <= 75 && word.startsWith('=?UTF-8?B?'), word);
        }
        const value =
          Headers.parse(Headers.fromPairs([['Subject', `-${encoded}-`]]).toBuffer()).get('subject') ?? '';
        assert.equal(decodeHeaderText(value), `-${text}-`);
      }),
    );
  });
});
