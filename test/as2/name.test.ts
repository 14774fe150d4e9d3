import assert from 'node:assert/strict';
import { as2NameCandidates, assertAs2Name, formatAs2Name, parseAs2Name } from '../../src/as2';

describe('AS2 names', () => {
  const quoting: readonly (readonly [name: string, field: string])[] = [
    ['ACME', 'ACME'],
    ['my company', '"my company"'],
    ['a"b', '"a\\"b"'],
    ['c\\d', '"c\\\\d"'],
    ['4012345000009', '4012345000009'],
    ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"],
    ['ab c', '"ab c"'],
    ['name;', 'name;'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['"'.repeat(128), `"${'\\"'.repeat(128)}"`],
  ];
  for (const [name, field] of quoting) {
    it(`HDR-08, HDR-10 ${name.slice(0, 40)} is written as ${field.slice(0, 40)} and read back`, () => {
      assert.equal(formatAs2Name(name), field);
      assert.equal(parseAs2Name(field), name);
    });
  }

  it('HDR-07 takes needless quotes, blanks around, and up to 255 characters', () => {
    assert.equal(parseAs2Name('"ACME"'), 'ACME');
    assert.equal(parseAs2Name('  ACME\t'), 'ACME');
    assert.equal(parseAs2Name('x'.repeat(255)), 'x'.repeat(255));
    assert.equal(parseAs2Name('"open'), '"open');
  });

  it('HDR-07 an unquoted name with blanks may mean the part before the first blank', () => {
    assert.deepEqual(as2NameCandidates('my company'), ['my company', 'my']);
    assert.deepEqual(as2NameCandidates('"my company"'), ['my company']);
    assert.deepEqual(as2NameCandidates('ACME'), ['ACME']);
  });

  it('HDR-09 keeps letter case and leading zeros', () => {
    assert.notEqual(parseAs2Name('acme'), parseAs2Name('ACME'));
    assert.equal(parseAs2Name('0012345'), '0012345');
  });

  for (const field of ['', '   ', '""', 'x'.repeat(256), 'a\u0001b']) {
    it(`HDR-07 refuses ${JSON.stringify(field.slice(0, 10))} (${field.length} characters)`, () => {
      assert.throws(() => parseAs2Name(field), { code: 'as2-name-malformed' });
    });
  }

  for (const name of ['', ' ', 'x'.repeat(129), 'Müller', 'a\tb', 'a\r\nX: y']) {
    it(`HDR-07 does not send ${JSON.stringify(name.slice(0, 10))} (${name.length} characters)`, () => {
      assert.throws(() => assertAs2Name(name), { code: 'as2-name-invalid' });
      assert.throws(() => formatAs2Name(name), { code: 'as2-name-invalid' });
    });
  }
});
