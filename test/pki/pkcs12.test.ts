import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { context, integer, octetString, oid, sequence } from '../../src/asn1';
import { isAs2Error } from '../../src/errors';
import { openPkcs12 } from '../../src/pki';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { OpensslAuthority } from '../support/openssl-authority';
import { withTempDirectory } from '../support/temp';

const passphrase = 'Geheim & süß €';

describe('openPkcs12', () => {
  let rsa: TestKeyPair;
  let ec: TestKeyPair;

  before(async () => {
    [rsa, ec] = await Promise.all([
      testKeyPair('certificate'),
      testKeyPair('read bob', { keyType: 'ec-p256' }),
    ]);
  });

  interface Export {
    readonly pem?: string;
    readonly others?: string;
    readonly secret?: string;
    readonly options?: readonly string[];
  }

  function exportPkcs12({ pem, others, secret = passphrase, options = [] }: Export): Promise<Buffer> {
    return withTempDirectory(async (directory) => {
      const [main, more] = [join(directory, 'main.pem'), join(directory, 'more.pem')];
      await writeFile(main, pem ?? rsa.privateKeyPem + rsa.certificatePem);
      await writeFile(more, others ?? '');
      const certificates = others === undefined ? [] : ['-certfile', more];
      return openssl([
        'pkcs12',
        '-export',
        '-in',
        main,
        ...certificates,
        '-passout',
        `pass:${secret}`,
        ...options,
      ]);
    });
  }

  const forms: readonly (readonly [string, readonly string[]])[] = [
    ["in today's way: PBES2 with AES-256, SHA-256 MAC", []],
    ['in the old way: RC2-40 and 3DES, SHA-1 MAC', ['-legacy']],
    [
      'with RC2-128 and two-key 3DES',
      ['-legacy', '-keypbe', 'PBE-SHA1-RC2-128', '-certpbe', 'PBE-SHA1-2DES'],
    ],
    [
      'with AES-128 for the certificate, 3DES for the key',
      ['-keypbe', 'DES-EDE3-CBC', '-certpbe', 'AES-128-CBC'],
    ],
    ['with a SHA-512 MAC', ['-macalg', 'sha512']],
    ['with a SHA-384 MAC and one iteration', ['-macalg', 'sha384', '-nomaciter']],
    ['with an MD5 MAC', ['-macalg', 'md5']],
    ['without a MAC', ['-nomac']],
    ['unencrypted, with a MAC', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['with names and provider attributes', ['-name', 'Schlüssel', '-CSP', 'Microsoft', '-keysig']],
  ];
  for (const [title, options] of forms) {
    it(`opens a file ${title}`, async () => {
      const opened = openPkcs12(await exportPkcs12({ options }), passphrase);
      assert.equal(opened.privateKey.equals(rsa.privateKey), true);
      assert.deepEqual(
        opened.certificates.map(({ der }) => der),
        [rsa.certificate.der],
      );
    });

    it(`refuses a wrong passphrase for a file ${title}`, async () => {
      const file = await exportPkcs12({ options });
      for (const wrong of ['wrong', '', `${passphrase} `]) {
        assert.throws(() => openPkcs12(file, wrong), { code: 'pkcs12-passphrase' });
      }
    });
  }

  for (const [title, options] of [
    ["in today's way", []],
    ['in the old way', ['-legacy']],
  ] as const) {
    it(`opens a file with an EC key ${title}`, async () => {
      const pem = ec.privateKeyPem + ec.certificatePem;
      const opened = openPkcs12(await exportPkcs12({ pem, options }), passphrase);
      assert.equal(opened.privateKey.equals(ec.privateKey), true);
      assert.equal(opened.certificates[0]?.equals(ec.certificate), true);
    });

    it(`opens a file with an empty passphrase ${title}`, async () => {
      const file = await exportPkcs12({ secret: '', options });
      assert.equal(openPkcs12(file, '').privateKey.equals(rsa.privateKey), true);
      assert.throws(() => openPkcs12(file, 'needless'), { code: 'pkcs12-passphrase' });
    });
  }

  it('opens a file as base64, as it travels in JSON or an environment variable', async () => {
    const file = await exportPkcs12({});
    assert.equal(openPkcs12(Buffer.from(file.toString('base64')), passphrase).certificates.length, 1);
  });

  it("puts the key's own certificate first, then its issuers, then the rest", async () => {
    await withTempDirectory(async (directory) => {
      const authority = new OpensslAuthority(directory);
      const root = await authority.issueRoot('root');
      const middle = await authority.issue('middle', 'root');
      const leaf = await authority.issue('leaf', 'middle');
      const leafKey = await authority.privateKey('leaf');
      const others = root + ec.certificatePem + middle;
      const opened = openPkcs12(await exportPkcs12({ pem: leafKey + leaf, others }), passphrase);
      assert.deepEqual(
        opened.certificates.map(({ subject }) => subject),
        ['CN=leaf', 'CN=middle', 'CN=root', 'CN=read bob'],
      );
    });
  });

  it('takes the certificate that is valid longest where one key has several', async () => {
    await withTempDirectory(async (directory) => {
      const key = join(directory, 'key.pem');
      await writeFile(key, ec.privateKeyPem);
      const renewed = ['req', '-x509', '-key', key, '-subj', '/CN=renewed', '-days', '9999'];
      const others = (await openssl(renewed)).toString();
      const opened = openPkcs12(
        await exportPkcs12({ pem: ec.privateKeyPem + ec.certificatePem, others }),
        passphrase,
      );
      assert.deepEqual(
        opened.certificates.map(({ subject }) => subject),
        ['CN=renewed', 'CN=read bob'],
      );
    });
  });

  describe('says what is wrong, and what to do', () => {
    function expectCode(file: Buffer, code: string, message = /./): void {
      assert.throws(() => openPkcs12(file, passphrase), { name: 'As2Error', code, message });
    }

    it('no private key', async () => {
      expectCode(await exportPkcs12({ options: ['-nokeys'] }), 'pkcs12-no-private-key');
    });

    it('no certificate', async () => {
      expectCode(await exportPkcs12({ options: ['-nocerts'] }), 'pkcs12-no-certificate');
    });

    it('a certificate that belongs to no key in it', async () => {
      const withoutOwn = { pem: rsa.privateKeyPem, options: ['-nocerts'] };
      expectCode(await exportPkcs12({ ...withoutOwn, others: ec.certificatePem }), 'pkcs12-no-certificate');
    });

    it('several private keys', () => {
      const bag = (key: TestKeyPair['privateKey']): Buffer =>
        sequence(oid('1.2.840.113549.1.12.10.1.1'), context(0, key.export({ format: 'der', type: 'pkcs8' })));
      const file = clearPkcs12(sequence(bag(rsa.privateKey), bag(ec.privateKey)));
      expectCode(file, 'pkcs12-several-keys', /holds 2 private keys/);
    });

    it('no file', () => expectCode(Buffer.alloc(0), 'pkcs12-missing'));

    it('another kind of file', () => {
      expectCode(Buffer.from(rsa.certificatePem), 'pkcs12-unreadable');
      expectCode(Buffer.from(rsa.privateKeyPem), 'pkcs12-unreadable');
      expectCode(rsa.certificate.der, 'pkcs12-unreadable');
      expectCode(Buffer.from('PK\u0003\u0004'), 'pkcs12-unreadable');
    });

    it('a file that was cut off', async () => {
      const file = await exportPkcs12({});
      expectCode(file.subarray(0, -1), 'pkcs12-damaged');
      expectCode(file.subarray(0, 300), 'pkcs12-damaged');
    });

    it('an encryption that is not known here', async () => {
      const file = await exportPkcs12({
        options: ['-legacy', '-nomac', '-keypbe', 'PBE-SHA1-RC4-128', '-certpbe', 'NONE'],
      });
      expectCode(file, 'pkcs12-unsupported', /1\.2\.840\.113549\.1\.12\.1\.1.*openssl pkcs12/);
    });

    it('SEC-11: more iterations than anyone uses, without computing them', () => {
      for (const algorithm of protections(1_000_000_000)) {
        const file = clearPkcs12(sequence(shroudedBag(algorithm)));
        expectCode(file, 'pkcs12-unsupported', /more than 1000000 iterations in all/);
      }
    });

    it('SEC-11: many bags that ask for many iterations together, for the file as a whole', async () => {
      // Each of them opens: another program wrote them, one by one.
      const bag = await withTempDirectory(async (directory) => {
        const key = join(directory, 'key.der');
        await openssl(
          ['pkcs8', '-topk8', '-v2', 'aes256', '-iter', '240000', '-passout', `pass:${passphrase}`].concat([
            '-outform',
            'DER',
            '-out',
            key,
          ]),
          Buffer.from(ec.privateKeyPem),
        );
        return sequence(oid('1.2.840.113549.1.12.10.1.2'), context(0, await readFile(key)));
      });
      const bags = (count: number) => clearPkcs12(sequence(...Array.from({ length: count }, () => bag)));
      expectCode(bags(4), 'pkcs12-several-keys');
      expectCode(bags(5), 'pkcs12-unsupported', /more than 1000000 iterations in all/);
    });
  });

  it('meets damaged files with its own errors, never with anything else', async () => {
    const file = await exportPkcs12({ options: ['-iter', '1'] });
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (position, octet) => {
        const damaged = Buffer.from(file);
        damaged[position] = octet;
        try {
          openPkcs12(damaged, passphrase);
        } catch (error) {
          assert.ok(isAs2Error(error) && error.code.startsWith('pkcs12-'), String(error));
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** A PKCS#12 file without encryption and MAC around SafeContents. */
function clearPkcs12(safeContents: Buffer): Buffer {
  const data = (content: Buffer): Buffer =>
    sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(content)));
  return sequence(integer(3), data(sequence(data(safeContents))));
}

/** Both ways to protect with a passphrase, as the algorithm identifier says it. */
function protections(iterations: number): Buffer[] {
  const parameters = sequence(octetString(Buffer.alloc(8)), integer(iterations));
  const pbkdf2 = sequence(oid('1.2.840.113549.1.5.12'), parameters);
  const aes256 = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(Buffer.alloc(16)));
  return [
    sequence(oid('1.2.840.113549.1.12.1.3'), parameters),
    sequence(oid('1.2.840.113549.1.5.13'), sequence(pbkdf2, aes256)),
  ];
}

function shroudedBag(algorithm: Buffer): Buffer {
  const shrouded = sequence(algorithm, octetString(Buffer.alloc(16)));
  return sequence(oid('1.2.840.113549.1.12.10.1.2'), context(0, shrouded));
}
