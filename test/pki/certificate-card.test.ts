import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import {
  assertUsableNow,
  type Certificate,
  certificateCard,
  certificateWarningTexts,
  keyKindOf,
  readCertificates,
} from '../../src/pki';
import { buildCertificate, stringTypes } from '../support/certificate-builder';
import { testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { OpensslAuthority } from '../support/openssl-authority';
import { withTempDirectory } from '../support/temp';

const DAY_MS = 86_400_000;

function only(input: string | Buffer): Certificate {
  const [certificate] = readCertificates(input);
  assert.ok(certificate);
  return certificate;
}

function after(date: Date, days: number): Date {
  return new Date(date.getTime() + days * DAY_MS);
}

describe('certificateCard', () => {
  it('shows all there is to know, as plain JSON', async () => {
    const { certificate } = await testKeyPair('card', {
      keyType: 'ec-p384',
      organization: 'ACME',
      country: 'DE',
    });
    const card = certificateCard(certificate, after(certificate.notAfter, -100.5));
    assert.deepEqual(card, {
      commonName: 'card',
      subject: 'CN=card, O=ACME, C=DE',
      issuer: 'CN=card, O=ACME, C=DE',
      selfSigned: true,
      serialNumber: certificate.serialNumber,
      fingerprintSha256: certificate.fingerprintSha256,
      fingerprintSha1: certificate.fingerprintSha1,
      keyKind: 'EC P-384',
      signatureAlgorithm: 'ecdsa-with-SHA384',
      notBefore: certificate.notBefore.toISOString(),
      notAfter: certificate.notAfter.toISOString(),
      daysLeft: 100,
      state: 'valid',
      keyUsage: ['digitalSignature', 'keyAgreement'],
      warnings: [],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(card)), card);
  });

  it('says whether it is valid, and for how many days', async () => {
    const { certificate } = await testKeyPair('certificate');
    const { notBefore, notAfter } = certificate;
    const stateAt = (now: Date): unknown[] => {
      const { state, daysLeft } = certificateCard(certificate, now);
      return [state, daysLeft];
    };
    assert.deepEqual(stateAt(after(notBefore, -1)), ['not-yet-valid', 1096]);
    assert.deepEqual(stateAt(notBefore), ['valid', 1095]);
    assert.deepEqual(stateAt(after(notAfter, -30)), ['valid', 30]);
    assert.deepEqual(stateAt(after(notAfter, -29.9)), ['expires-soon', 29]);
    assert.deepEqual(stateAt(notAfter), ['expires-soon', 0]);
    assert.deepEqual(stateAt(after(notAfter, 0.1)), ['expired', -1]);
  });

  it('tells a self-signed certificate from one that only has the same names', async () => {
    const [owner, other] = [await testKeyPair('certificate'), await testKeyPair('card other')];
    const subject = [['2.5.4.3', stringTypes.utf8, 'same']] as const;
    const build = (signer: typeof owner): Certificate =>
      only(
        buildCertificate({
          subject,
          key: { privateKey: signer.privateKey, publicKey: createPublicKey(owner.privateKey) },
        }),
      );
    assert.equal(certificateCard(build(owner)).selfSigned, true);
    assert.equal(certificateCard(build(other)).selfSigned, false);
  });

  it('warns of an authority, a short key and a weak signature', async () => {
    await withTempDirectory(async (directory) => {
      const authority = new OpensslAuthority(directory);
      const root = await authority.issueRoot('authority');
      const middle = await authority.issue('middle', 'authority', [
        '-extfile',
        await caExtensions(authority),
      ]);
      const weak = await authority.issue('weak', 'authority', ['-sha1'], ['-newkey', 'rsa:1024', '-nodes']);
      assert.deepEqual(certificateCard(only(root)).warnings, []);
      assert.deepEqual(certificateCard(only(middle)).warnings, ['authority-certificate']);
      assert.deepEqual(certificateCard(only(weak)).warnings, ['key-too-short', 'weak-signature']);
      assert.equal(certificateCard(only(weak)).selfSigned, false);
      assert.equal(certificateCard(only(weak)).issuer, 'CN=authority');
    });
  });

  it('has a sentence for every warning', () => {
    for (const text of Object.values(certificateWarningTexts)) assert.match(text, /^[A-Z].*\.$/);
  });
});

describe('keyKindOf', () => {
  const kinds: readonly (readonly [
    string,
    () => { readonly privateKey: Parameters<typeof keyKindOf>[0] },
  ])[] = [
    ['RSA-PSS 1024', () => generateKeyPairSync('rsa-pss', { modulusLength: 1024 })],
    ['EC P-256', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
    ['EC secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['Ed448', () => generateKeyPairSync('ed448')],
    ['x25519', () => generateKeyPairSync('x25519')],
  ];
  for (const [kind, generate] of kinds) {
    it(`says ${kind}`, () => assert.equal(keyKindOf(generate().privateKey), kind));
  }
});

describe('assertUsableNow', () => {
  it('lets a valid certificate pass, up to its last moment', async () => {
    const { certificate } = await testKeyPair('certificate');
    assertUsableNow(certificate, 'signing', 'ACME');
    assertUsableNow(certificate, 'signing', 'ACME', certificate.notBefore);
    assertUsableNow(certificate, 'encryption', 'ACME', certificate.notAfter);
  });

  it('refuses an expired one, naming role, owner, date, subject and serial number', async () => {
    const { certificate } = await testKeyPair('certificate');
    assert.throws(() => assertUsableNow(certificate, 'encryption', 'ACME', after(certificate.notAfter, 1)), {
      code: 'certificate-expired',
      message: new RegExp(
        `^The encryption certificate of ACME expired on ${certificate.notAfter.toISOString().slice(0, 10)} \\(CN=certificate, serial number ${certificate.serialNumber}\\)`,
      ),
    });
  });

  it('refuses one that is not valid yet', async () => {
    const { certificate } = await testKeyPair('certificate');
    assert.throws(() => assertUsableNow(certificate, 'signing', 'ACME', after(certificate.notBefore, -1)), {
      code: 'certificate-not-yet-valid',
      message: /^The signing certificate of ACME is not valid before \d{4}-\d\d-\d\d /,
    });
  });

  it('judges what openssl made as openssl does', async () => {
    const pem = await withTempDirectory((directory) => new OpensslAuthority(directory).issueRoot('thirty'));
    const certificate = only(pem);
    const verdict = await openssl(['x509', '-noout', '-checkend', String(20 * 86_400)], Buffer.from(pem));
    assert.match(verdict.toString(), /will not expire/);
    assertUsableNow(certificate, 'signing', 'them', after(new Date(), 20));
    assert.throws(() => assertUsableNow(certificate, 'signing', 'them', after(new Date(), 31)));
  });
});

async function caExtensions(authority: OpensslAuthority): Promise<string> {
  const file = authority.file('ca.ext');
  await writeFile(file, 'basicConstraints = critical, CA:TRUE\n');
  return file;
}
