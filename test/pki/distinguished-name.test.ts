import assert from 'node:assert/strict';
import { formatName, sameName } from '../../src/pki';
import { encodeName, type NamePart, stringTypes } from '../support/certificate-builder';

const { utf8, printable, teletex, ia5, universal, bmp } = stringTypes;
const commonName = '2.5.4.3';
const organization = '2.5.4.10';

function name(...parts: NamePart[]): Buffer {
  return encodeName(parts);
}

describe('distinguished names', () => {
  const plain = name([organization, utf8, 'Müller GmbH'], [commonName, utf8, 'Order Desk']);

  for (const [title, other] of [
    ['PrintableString', name([organization, utf8, 'Müller GmbH'], [commonName, printable, 'Order Desk'])],
    [
      'TeletexString',
      name([organization, teletex, Buffer.from('Müller GmbH', 'latin1')], [commonName, utf8, 'Order Desk']),
    ],
    [
      'BMPString',
      name(
        [organization, bmp, Buffer.from('Müller GmbH', 'utf16le').swap16()],
        [commonName, utf8, 'Order Desk'],
      ),
    ],
    [
      'UniversalString',
      name([organization, universal, utf32('Müller GmbH')], [commonName, ia5, 'Order Desk']),
    ],
    ['letter case', name([organization, utf8, 'MÜLLER GMBH'], [commonName, utf8, 'order desk'])],
    ['blanks', name([organization, utf8, ' Müller  GmbH '], [commonName, utf8, 'Order\tDesk'])],
    ['composed letters', name([organization, utf8, 'Mu\u0308ller GmbH'], [commonName, utf8, 'Order Desk'])],
  ] as const) {
    it(`SIG-08: are the same whatever the ${title}`, () => {
      assert.notDeepEqual(other, plain);
      assert.equal(sameName(plain, other), true);
      assert.equal(sameName(other, plain), true);
    });
  }

  for (const [title, other] of [
    ['another value', name([organization, utf8, 'Müller AG'], [commonName, utf8, 'Order Desk'])],
    ['another order', name([commonName, utf8, 'Order Desk'], [organization, utf8, 'Müller GmbH'])],
    [
      'one part more',
      name([organization, utf8, 'Müller GmbH'], [commonName, utf8, 'Order Desk'], [commonName, utf8, 'x']),
    ],
    [
      'the value in another attribute',
      name([commonName, utf8, 'Müller GmbH'], [organization, utf8, 'Order Desk']),
    ],
    ['a value that imitates the separator', name([organization, utf8, 'Müller GmbH","2.5.4.3=order desk'])],
    ['a blank left out', name([organization, utf8, 'MüllerGmbH'], [commonName, utf8, 'Order Desk'])],
  ] as const) {
    it(`SIG-08: differ by ${title}`, () => assert.equal(sameName(plain, other), false));
  }

  it('SEC-11: hundreds of thousands of letters in a UniversalString are a name like any other', () => {
    const long = name([commonName, universal, utf32('a'.repeat(300_000))]);
    assert.ok(formatName(long).startsWith('CN=aaa'));
    assert.equal(sameName(long, name([commonName, utf8, 'A'.repeat(300_000)])), true);
  });

  it('that cannot be read are the same only byte for byte', () => {
    const broken = Buffer.from('30053103300155', 'hex');
    assert.equal(sameName(broken, Buffer.from(broken)), true);
    assert.equal(sameName(broken, Buffer.from('30053103300156', 'hex')), false);
    assert.equal(sameName(broken, plain), false);
  });

  it('are shown most specific part first, escaped, on one line', () => {
    const odd = name(
      ['2.5.4.6', printable, 'DE'],
      [organization, utf8, 'A, B+C="D"'],
      [commonName, utf8, ' #1\r\n\u202eevil '],
    );
    assert.equal(formatName(odd), 'CN=\\ #1 evil\\ , O=A\\, B\\+C=\\"D\\", C=DE');
  });

  it('show attributes they do not know by number, and values that are no text in hexadecimal', () => {
    assert.equal(
      formatName(name(['1.2.3.4', utf8, 'x'], ['1.2.3.5', 2, Buffer.from([7])])),
      '1.2.3.5=#020107, 1.2.3.4=x',
    );
  });
});

function utf32(text: string): Buffer {
  return Buffer.from(text, 'utf16le').reduce(
    (all, _octet, index, octets) => {
      if (index % 2 === 0) all.writeUInt32BE(octets.readUInt16LE(index), index * 2);
      return all;
    },
    Buffer.alloc(text.length * 4),
  );
}
