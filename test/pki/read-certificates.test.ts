import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { context, integer, oid, sequence, setOf } from '../../src/asn1';
import { type Certificate, readCertificates } from '../../src/pki';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { OpensslAuthority } from '../support/openssl-authority';
import { withTempDirectory } from '../support/temp';
import { assertQuick } from '../support/working-time';

describe('readCertificates', () => {
  let alice: TestKeyPair;
  let bob: TestKeyPair;

  before(async () => {
    [alice, bob] = await Promise.all([
      testKeyPair('certificate'),
      testKeyPair('read bob', { keyType: 'ec-p256' }),
    ]);
  });

  function assertReads(input: string | Buffer, ...expected: readonly Certificate[]): void {
    const subjects = readCertificates(input).map(({ subject }) => subject);
    assert.deepEqual(
      subjects,
      expected.map(({ subject }) => subject),
    );
    readCertificates(input).forEach((certificate, index) =>
      assert.deepEqual(certificate.der, expected[index]?.der),
    );
  }

  describe('reads', () => {
    const forms: readonly (readonly [string, (pem: string) => string | Buffer])[] = [
      ['PEM', (pem) => pem],
      ['PEM with Windows line ends', (pem) => pem.replaceAll('\n', '\r\n')],
      ['PEM with old Macintosh line ends', (pem) => pem.replaceAll('\n', '\r')],
      [
        'PEM on one line with blanks, as a one-line input field leaves it',
        (pem) => pem.replaceAll('\n', ' '),
      ],
      ['PEM with literal \\n, as from an environment variable', (pem) => pem.replaceAll('\n', '\\n')],
      ['PEM with literal \\r\\n', (pem) => pem.replaceAll('\n', '\\r\\n')],
      ['PEM indented as in YAML', (pem) => pem.replaceAll('\n', '\n    ')],
      ['PEM without a last line end', (pem) => pem.trimEnd()],
      ['PEM with text around it', (pem) => `Dear partner,\n\nthis is it: \n${pem}\nRegards\n`],
      ['PEM with lines of 76 columns', (pem) => rewrap(pem, 76)],
      ['PEM with a byte order mark', (pem) => Buffer.from(`\ufeff${pem}`)],
      ['PEM in UTF-16, as PowerShell writes it', (pem) => Buffer.from(`\ufeff${pem}`, 'utf16le')],
      ['PEM labelled X509 CERTIFICATE', (pem) => pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
      ['bare base64', (pem) => pem.replace(/-----[^-]+-----/g, '')],
      ['bare base64 on one line', (pem) => pem.replace(/-----[^-]+-----|\n/g, '')],
      ['DER', (pem) => derOf(pem)],
      ['DER with a line end after it', (pem) => Buffer.concat([derOf(pem), Buffer.from('\r\n')])],
    ];
    for (const [title, form] of forms) {
      it(title, () => assertReads(form(alice.certificatePem), alice.certificate));
    }
  });

  it('takes no time for a text full of unfinished blocks', () =>
    assertQuick(2000, () =>
      assert.throws(() => readCertificates('-----BEGIN CERTIFICATE-----\n'.repeat(100_000))),
    ));

  it('reads every certificate of a text once, whatever else is in it', () => {
    const text = [alice.certificatePem, alice.privateKeyPem, bob.certificatePem, alice.certificatePem].join(
      '\n',
    );
    assertReads(text, alice.certificate, bob.certificate);
  });

  for (const form of ['PEM', 'DER'] as const) {
    it(`CEM-06: reads PKCS#7 certs-only made by openssl (${form})`, async () => {
      await withTempDirectory(async (directory) => {
        const file = join(directory, 'both.pem');
        await writeFile(file, alice.certificatePem + bob.certificatePem);
        const p7b = await openssl(['crl2pkcs7', '-nocrl', '-certfile', file, '-outform', form]);
        const subjects = readCertificates(p7b).map(({ subject }) => subject);
        assert.deepEqual(
          subjects.toSorted(),
          [alice.certificate.subject, bob.certificate.subject].toSorted(),
        );
      });
    });
  }

  it('reads PKCS#7 that is labelled as a certificate', async () => {
    await withTempDirectory(async (directory) => {
      const file = join(directory, 'a.pem');
      await writeFile(file, alice.certificatePem);
      const p7b = (await openssl(['crl2pkcs7', '-nocrl', '-certfile', file])).toString();
      assertReads(p7b.replaceAll('PKCS7', 'CERTIFICATE'), alice.certificate);
    });
  });

  it("reads openssl's TRUSTED CERTIFICATE", async () => {
    const trusted = await openssl(['x509', '-trustout', '-setalias', 'a'], Buffer.from(alice.certificatePem));
    assert.match(trusted.toString(), /BEGIN TRUSTED CERTIFICATE/);
    assertReads(trusted, alice.certificate);
  });

  it("puts the owner's certificate before those that issued it", async () => {
    await withTempDirectory(async (directory) => {
      const openssl = new OpensslAuthority(directory);
      const authority = await openssl.issueRoot('authority');
      const leaf = await openssl.issue('leaf', 'authority');
      const [first, second] = readCertificates(authority + leaf);
      assert.equal(first?.subject, 'CN=leaf');
      assert.equal(second?.subject, 'CN=authority');
      const again = readCertificates(leaf + authority).map(({ subject }) => subject);
      assert.deepEqual(again, ['CN=leaf', 'CN=authority']);
    });
  });

  describe('says what it found instead, and what to do', () => {
    function expectCode(input: string | Buffer, code: string): void {
      assert.throws(() => readCertificates(input), { name: 'As2Error', code });
    }

    it('nothing', () => {
      for (const input of ['', ' \r\n', Buffer.alloc(0)]) expectCode(input, 'certificate-missing');
    });

    it('a private key', async () => {
      expectCode(alice.privateKeyPem, 'certificate-is-private-key');
      expectCode(derOf(alice.privateKeyPem), 'certificate-is-private-key');
      const traditional = await openssl(['rsa', '-traditional'], Buffer.from(alice.privateKeyPem));
      expectCode(traditional, 'certificate-is-private-key');
      const encrypted = await openssl(['rsa', '-aes128', '-traditional', '-passout', 'pass:x'], traditional);
      assert.match(encrypted.toString(), /DEK-Info/);
      expectCode(encrypted, 'certificate-is-private-key');
      const ec = await openssl(['ec'], Buffer.from(bob.privateKeyPem));
      assert.match(ec.toString(), /BEGIN EC PRIVATE KEY/);
      expectCode(ec, 'certificate-is-private-key');
    });

    it('a public key', () => {
      expectCode(
        alice.certificate.publicKey.export({ format: 'pem', type: 'spki' }),
        'certificate-is-public-key',
      );
      expectCode(
        alice.certificate.publicKey.export({ format: 'pem', type: 'pkcs1' }),
        'certificate-is-public-key',
      );
    });

    it('a certificate request', () =>
      withTempDirectory(async (directory) => {
        const key = join(directory, 'key.pem');
        await writeFile(key, bob.privateKeyPem);
        const request = ['req', '-new', '-key', key, '-subj', '/CN=request'];
        expectCode(await openssl(request), 'certificate-is-request');
        expectCode(await openssl([...request, '-outform', 'DER']), 'certificate-is-request');
      }));

    it('a revocation list', () =>
      withTempDirectory(async (directory) => {
        const authority = new OpensslAuthority(directory);
        await authority.issueRoot('authority');
        expectCode(await authority.revocationList('authority'), 'certificate-is-revocation-list');
      }));

    it('an SSH key', () => {
      expectCode('ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== edi@example', 'certificate-is-ssh-key');
      expectCode(pemOf('OPENSSH PRIVATE KEY', 'b3BlbnNzaC1rZXktdjE='), 'certificate-is-ssh-key');
      expectCode(
        '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----',
        'certificate-is-ssh-key',
      );
      expectCode('PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n', 'certificate-is-ssh-key');
    });

    it('an OpenPGP key', () =>
      expectCode(pemOf('PGP PUBLIC KEY BLOCK', 'mQENBF=='), 'certificate-is-openpgp'));

    it('a Java keystore', () =>
      expectCode(Buffer.from('feedfeed0000000200000001', 'hex'), 'certificate-is-java-keystore'));

    it('a PKCS#12 file', () =>
      withTempDirectory(async (directory) => {
        const file = join(directory, 'both.pem');
        await writeFile(file, bob.privateKeyPem + bob.certificatePem);
        const p12 = await openssl(['pkcs12', '-export', '-in', file, '-passout', 'pass:x']);
        expectCode(p12, 'certificate-is-pkcs12');
        expectCode(p12.toString('base64'), 'certificate-is-pkcs12');
      }));

    it('a truncated PEM', () => {
      const pem = alice.certificatePem;
      expectCode(pem.slice(0, 500), 'certificate-damaged');
      expectCode(pem.slice(0, -10), 'certificate-damaged');
      expectCode(pem.split('\n').toSpliced(5, 4).join('\n'), 'certificate-damaged');
      expectCode(pem.replace('MII', 'M*I'), 'certificate-damaged');
      expectCode(pem.slice(0, 500) + bob.certificatePem, 'certificate-damaged');
    });

    it('a truncated DER', () => expectCode(alice.certificate.der.subarray(0, -1), 'certificate-damaged'));

    it('one good certificate and one cut off: not half of it', () =>
      expectCode(alice.certificatePem + bob.certificatePem.slice(0, 200), 'certificate-damaged'));

    it('more certificates than anyone has', () => {
      expectCode(alice.certificatePem.repeat(101), 'certificate-too-many');
    });

    it('something else altogether', () => {
      expectCode('<html>Not found</html>', 'certificate-unreadable');
      expectCode('certificate follows by mail', 'certificate-unreadable');
      expectCode(Buffer.from('%PDF-1.7'), 'certificate-unreadable');
      expectCode(Buffer.from('3003020100', 'hex'), 'certificate-unreadable');
    });

    it('PKCS#7 without any certificate', () => {
      const signedData = sequence(integer(1), setOf([]), sequence(oid('1.2.840.113549.1.7.1')), setOf([]));
      const empty = sequence(oid('1.2.840.113549.1.7.2'), context(0, signedData));
      expectCode(empty, 'certificate-unreadable');
    });
  });
});

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
}

function pemOf(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

function rewrap(pem: string, columns: number): string {
  const lines =
    derOf(pem)
      .toString('base64')
      .match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return pemOf('CERTIFICATE', lines.join('\n'));
}
