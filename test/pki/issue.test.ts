import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { issuableKeyTypes, issueSelfSigned, readCertificates } from '../../src/pki';
import { testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { withTempDirectory } from '../support/temp';

describe('issueSelfSigned', () => {
  for (const keyType of ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521'] as const) {
    it(`TLS-08: makes a ${keyType} certificate that openssl verifies as it should be`, async () => {
      const { certificatePem } = await testKeyPair('issue ü', {
        keyType,
        organization: 'ACME, Inc.',
        country: 'de',
      });
      const text = await show(certificatePem);
      assert.match(text, /Version: 3 /);
      assert.match(text, /Issuer: C = DE, O = "ACME, Inc.", CN = issue \\C3\\BC/);
      assert.match(text, /Subject: C = DE, O = "ACME, Inc.", CN = issue \\C3\\BC/);
      assert.match(text, /X509v3 Subject Key Identifier: \n\s+([0-9A-F]{2}:){19}[0-9A-F]{2}\n/);
      const second = keyType === 'rsa-2048' ? 'Key Encipherment' : 'Key Agreement';
      assert.match(text, new RegExp(`X509v3 Key Usage: critical\\n\\s+Digital Signature, ${second}\\n`));
      await withTempDirectory(async (directory) => {
        const file = join(directory, 'certificate.pem');
        await writeFile(file, certificatePem);
        const verify = [
          'verify',
          '-x509_strict',
          '-check_ss_sig',
          '-purpose',
          'smimesign',
          '-CAfile',
          file,
          file,
        ];
        assert.match((await openssl(verify)).toString(), /: OK/);
      });
    });
  }

  it('TLS-08: names the subject in UTF8String, the country in PrintableString', async () => {
    const { certificate } = await testKeyPair('issue ü', {
      keyType: 'ec-p256',
      organization: 'ACME, Inc.',
      country: 'de',
    });
    const parsed = (await openssl(['asn1parse', '-inform', 'DER'], certificate.der)).toString();
    assert.match(parsed, /PRINTABLESTRING\s+:DE/);
    assert.equal(parsed.match(/UTF8STRING/g)?.length, 4);
  });

  it('TLS-08: gives every certificate a random positive serial number of 16 octets', async () => {
    const serials = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { certificatePem } = await issueSelfSigned({ commonName: 'serial', keyType: 'ec-p256' });
      const [certificate] = readCertificates(certificatePem);
      assert.equal(certificate?.serial.length, 16);
      assert.ok((certificate.serial[0] ?? 0) > 0 && (certificate.serial[0] ?? 0) < 0x80);
      serials.add(certificate.serialNumber);
    }
    assert.equal(serials.size, 20);
  });

  it('has the subjectKeyIdentifier that openssl computes from the key', async () => {
    for (const keyType of ['rsa-2048', 'ec-p521'] as const) {
      const { certificate, privateKeyPem } = await testKeyPair('issue ü', {
        keyType,
        organization: 'ACME, Inc.',
        country: 'de',
      });
      await withTempDirectory(async (directory) => {
        const file = join(directory, 'key.pem');
        await writeFile(file, privateKeyPem);
        const request = ['req', '-x509', '-key', file, '-subj', '/CN=x', '-outform', 'DER'];
        const [theirs] = readCertificates(await openssl(request));
        assert.deepEqual(certificate.subjectKeyIdentifier, theirs?.subjectKeyIdentifier);
      });
    }
  });

  it('is valid from a few minutes ago, for three years', async () => {
    const { certificatePem } = await issueSelfSigned({ commonName: 'dates', keyType: 'ec-p256' });
    const [certificate] = readCertificates(certificatePem);
    const agoMinutes = (Date.now() - (certificate?.notBefore.getTime() ?? 0)) / 60_000;
    assert.ok(agoMinutes >= 5 && agoMinutes < 6, `${agoMinutes} minutes ago`);
    const days =
      ((certificate?.notAfter.getTime() ?? 0) - (certificate?.notBefore.getTime() ?? 0)) / 86_400_000;
    assert.equal(days, 1095);
  });

  it('writes dates from 2050 on as GeneralizedTime', async () => {
    const notBefore = new Date('2049-12-31T12:00:00Z');
    const { certificatePem } = await issueSelfSigned({
      commonName: 'far',
      keyType: 'ec-p256',
      notBefore,
      validDays: 1,
    });
    const text = await show(certificatePem);
    assert.match(text, /Not Before: Dec 31 12:00:00 2049 GMT/);
    assert.match(text, /Not After : Jan {2}1 12:00:00 2050 GMT/);
  });

  it('hands out the private key as PKCS#8 of the kind asked for', async () => {
    const { privateKeyPem } = await testKeyPair('issue ü', {
      keyType: 'ec-p384',
      organization: 'ACME, Inc.',
      country: 'de',
    });
    assert.match(privateKeyPem, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.equal(createPrivateKey(privateKeyPem).asymmetricKeyDetails?.namedCurve, 'secp384r1');
  });

  it('TLS-07: offers no RSA key under 2048 bits', () => {
    const sizes = issuableKeyTypes
      .filter((type) => type.startsWith('rsa'))
      .map((type) => Number(type.slice(4)));
    assert.ok(sizes.length > 0 && Math.min(...sizes) >= 2048);
  });

  for (const [title, options, code] of [
    ['an empty common name', { commonName: '  ' }, 'certificate-name-invalid'],
    ['a common name with a line break', { commonName: 'a\nb' }, 'certificate-name-invalid'],
    [
      'an organization of 65 characters',
      { commonName: 'a', organization: 'x'.repeat(65) },
      'certificate-name-invalid',
    ],
    ['a country of three letters', { commonName: 'a', country: 'USA' }, 'certificate-country-invalid'],
    ['no days', { commonName: 'a', validDays: 0 }, 'certificate-validity-invalid'],
    ['days that are no number', { commonName: 'a', validDays: Number.NaN }, 'certificate-validity-invalid'],
    ['an end after the year 9999', { commonName: 'a', validDays: 4_000_000 }, 'certificate-validity-invalid'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(issueSelfSigned(options), { code });
    });
  }
});

async function show(certificatePem: string): Promise<string> {
  return (await openssl(['x509', '-noout', '-text'], Buffer.from(certificatePem))).toString();
}
