import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { nullValue, oid, primitive, sequence, bitString, tags } from '../../src/asn1';
import { isAs2Error } from '../../src/errors';
import { Certificate, certificateCard } from '../../src/pki';
import {
  buildCertificate,
  encodeExtension,
  indefiniteSequence,
  stringTypes,
} from '../support/certificate-builder';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { parseBer } from '../../src/asn1';

const { utf8, printable, ia5 } = stringTypes;
const country = '2.5.4.6';
const organizationalUnit = '2.5.4.11';
const commonName = '2.5.4.3';

describe('Certificate', () => {
  let pair: TestKeyPair;
  before(async () => {
    pair = await testKeyPair('certificate');
  });

  it('shows what openssl shows', async () => {
    const { certificate } = pair;
    const ask = [
      'x509',
      '-inform',
      'DER',
      '-noout',
      '-serial',
      '-startdate',
      '-enddate',
      '-fingerprint',
      '-sha256',
    ];
    const [serial, start, end, fingerprint] = (await openssl(ask, certificate.der)).toString().split('\n');
    assert.equal(serial, `serial=${certificate.serialNumber}`);
    assert.equal(fingerprint, `sha256 Fingerprint=${certificate.fingerprintSha256}`);
    assert.equal(Date.parse(start?.slice('notBefore='.length) ?? ''), certificate.notBefore.getTime());
    assert.equal(Date.parse(end?.slice('notAfter='.length) ?? ''), certificate.notAfter.getTime());
    const sha1 = await openssl(
      ['x509', '-inform', 'DER', '-noout', '-fingerprint', '-sha1'],
      certificate.der,
    );
    assert.equal(sha1.toString().trim(), `sha1 Fingerprint=${certificate.fingerprintSha1}`);
  });

  it('BER-03: keeps the octets it was made from, without what follows them', () => {
    const certificate = Certificate.fromDer(Buffer.concat([pair.certificate.der, Buffer.from('\r\n')]));
    assert.deepEqual(certificate.der, pair.certificate.der);
    assert.equal(certificate.equals(pair.certificate), true);
  });

  it('BER-03: reads one whose outer SEQUENCE has an indefinite length, and keeps it so', () => {
    const odd = indefiniteSequence(...parseBer(pair.certificate.der).children.map(({ raw }) => raw));
    const certificate = Certificate.fromDer(odd);
    assert.deepEqual(certificate.der, odd);
    assert.equal(certificate.serialNumber, pair.certificate.serialNumber);
    assert.equal(certificate.equals(pair.certificate), false);
  });

  it('names the kind of its key', async () => {
    assert.equal(pair.certificate.keyKind, 'RSA 2048');
    assert.equal((await testKeyPair('kind', { keyType: 'ec-p521' })).certificate.keyKind, 'EC P-521');
  });

  describe('reads what partners have been seen to use, and says what is odd', () => {
    const subject = [[commonName, utf8, 'odd']] as const;
    const cases: readonly (readonly [
      string,
      Partial<Parameters<typeof buildCertificate>[0]>,
      readonly string[],
      string?,
    ])[] = [
      ['serial number 0', { serial: Buffer.from([0]) }, ['serial-number-not-positive'], '00'],
      [
        'a negative serial number',
        { serial: Buffer.from([0x80, 0x01]) },
        ['serial-number-not-positive'],
        '-7FFF',
      ],
      [
        'a serial number of 32 octets',
        { serial: Buffer.alloc(32, 0x11) },
        ['serial-number-too-long'],
        '11'.repeat(32),
      ],
      ['C=USA', { subject: [[country, printable, 'USA'], ...subject] }, ['country-not-two-letters']],
      [
        'IA5String in OU',
        { subject: [[organizationalUnit, ia5, 'edi'], ...subject] },
        ['odd-name-characters'],
      ],
      [
        '* in a PrintableString',
        { subject: [[commonName, printable, '*.example.com']] },
        ['odd-name-characters'],
      ],
      ['# in a PrintableString', { subject: [[commonName, printable, 'ACME #1']] }, ['odd-name-characters']],
      ['an explicit default version', { version: 0 }, ['explicit-default-version']],
      ['version 1, left out', { version: 'absent' }, []],
      ['no name at all', { subject: [] }, []],
      [
        'a critical extended key usage',
        { extensions: [encodeExtension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1')), 'critical')] },
        ['critical-extended-key-usage'],
      ],
      [
        'keyUsage keyEncipherment only',
        { extensions: [encodeExtension('2.5.29.15', primitive(tags.bitString, Buffer.from([5, 0x20])))] },
        ['key-usage-without-signature'],
      ],
      [
        'keyUsage nonRepudiation only',
        { extensions: [encodeExtension('2.5.29.15', primitive(tags.bitString, Buffer.from([6, 0x40])))] },
        ['key-usage-without-encryption'],
      ],
      [
        'extensions that are no ASN.1',
        {
          extensions: [
            encodeExtension('2.5.29.14', Buffer.from('xx')),
            encodeExtension('2.5.29.15', Buffer.alloc(0)),
          ],
        },
        [],
      ],
      [
        'a key of an unknown kind',
        { publicKeyInfo: sequence(sequence(oid('1.2.3.4'), nullValue()), bitString(randomBytes(32))) },
        ['key-unsupported'],
      ],
    ];
    for (const [title, parts, warnings, serialNumber] of cases) {
      it(`TLS-08: ${title}`, () => {
        const key = { privateKey: pair.privateKey, publicKey: createPublicKey(pair.privateKey) };
        const certificate = Certificate.fromDer(buildCertificate({ key, subject, ...parts }));
        assert.deepEqual(certificateCard(certificate).warnings, warnings);
        if (serialNumber) assert.equal(certificate.serialNumber, serialNumber);
      });
    }
  });

  it('says clearly that a kind of key cannot be used', () => {
    const key = { privateKey: pair.privateKey, publicKey: createPublicKey(pair.privateKey) };
    const publicKeyInfo = sequence(sequence(oid('1.2.3.4'), nullValue()), bitString(Buffer.alloc(8)));
    const certificate = Certificate.fromDer(
      buildCertificate({ key, subject: [[commonName, utf8, 'new']], publicKeyInfo }),
    );
    assert.equal(certificate.keyKind, 'unknown (1.2.3.4)');
    assert.throws(() => certificate.publicKey, {
      code: 'certificate-key-unsupported',
      message: /CN=new .*unknown \(1\.2\.3\.4\)/,
    });
  });

  it('refuses dates that are none', () => {
    const key = { privateKey: pair.privateKey, publicKey: createPublicKey(pair.privateKey) };
    const notAfter = primitive(tags.utcTime, Buffer.from('soon'));
    assert.throws(() => Certificate.fromDer(buildCertificate({ key, subject: [], notAfter })), {
      code: 'certificate-unreadable',
      message: /validity dates/,
    });
  });

  it('meets damaged bytes with its own error or a certificate, never with anything else', () => {
    const { der } = pair.certificate;
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (position, octet, length) => {
        const damaged = Buffer.from(der);
        damaged[position] = octet;
        for (const bytes of [damaged, damaged.subarray(0, length)]) {
          try {
            certificateCard(Certificate.fromDer(bytes));
          } catch (error) {
            assert.ok(isAs2Error(error) && error.code === 'certificate-unreadable', String(error));
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
