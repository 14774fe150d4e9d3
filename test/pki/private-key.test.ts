import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { makeKeyPair, readPrivateKey } from '../../src/pki';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';

const passphrase = 'Überraschung 7€';

describe('readPrivateKey', () => {
  let rsa: TestKeyPair;
  let ec: TestKeyPair;

  before(async () => {
    [rsa, ec] = await Promise.all([
      testKeyPair('certificate'),
      testKeyPair('read bob', { keyType: 'ec-p256' }),
    ]);
  });

  function assertReads(input: string | Buffer, expected: KeyObject, secret?: string): void {
    assert.equal(readPrivateKey(input, secret).equals(expected), true);
  }

  it('reads PKCS#8, PKCS#1 and SEC1, as PEM, DER and bare base64', () => {
    const forms = [
      [rsa.privateKey, 'pkcs8'],
      [rsa.privateKey, 'pkcs1'],
      [ec.privateKey, 'pkcs8'],
      [ec.privateKey, 'sec1'],
    ] as const;
    for (const [key, type] of forms) {
      const der = key.export({ format: 'der', type });
      const pem = key.export({ format: 'pem', type }).toString();
      for (const input of [der, pem, Buffer.from(pem), der.toString('base64')]) assertReads(input, key);
      for (const lineEnd of ['\r\n', '\\n', ' ']) assertReads(pem.replaceAll('\n', lineEnd), key);
    }
  });

  it('finds the key beside a certificate, and behind EC PARAMETERS', async () => {
    assertReads(rsa.certificatePem + rsa.privateKeyPem, rsa.privateKey);
    const parameters = await openssl(['ecparam', '-name', 'prime256v1']);
    assert.match(parameters.toString(), /BEGIN EC PARAMETERS/);
    assertReads(parameters.toString() + ec.privateKeyPem, ec.privateKey);
  });

  it('takes no notice of a passphrase for a key in the clear', () => {
    assertReads(rsa.privateKeyPem, rsa.privateKey, 'needless');
  });

  describe('opens what openssl encrypted', () => {
    const forms: readonly (readonly [string, readonly string[]])[] = [
      ['PKCS#8 with AES-256', ['pkcs8', '-topk8', '-v2', 'aes256']],
      ['PKCS#8 with AES-256 as DER', ['pkcs8', '-topk8', '-v2', 'aes256', '-outform', 'DER']],
      ['PKCS#8 with 3DES', ['pkcs8', '-topk8', '-v2', 'des3']],
      ['PKCS#8 in the way of PKCS#12', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES']],
      ['PKCS#8 with scrypt', ['pkcs8', '-topk8', '-scrypt']],
      ["OpenSSL's old way (DEK-Info)", ['rsa', '-traditional', '-aes256']],
    ];
    for (const [title, [command = '', ...options]] of forms) {
      it(title, async () => {
        const encrypted = await openssl(
          [command, ...options, '-passout', `pass:${passphrase}`],
          Buffer.from(rsa.privateKeyPem),
        );
        assertReads(encrypted, rsa.privateKey, passphrase);
        assert.throws(() => readPrivateKey(encrypted, 'wrong'), { code: 'private-key-passphrase' });
        assert.throws(() => readPrivateKey(encrypted), { code: 'private-key-passphrase-missing' });
        assert.throws(() => readPrivateKey(encrypted, ''), { code: 'private-key-passphrase-missing' });
      });
    }
  });

  it('opens a key with Windows line ends that is encrypted in the old way', () => {
    const pem = ec.privateKey
      .export({ format: 'pem', type: 'sec1', cipher: 'aes-128-cbc', passphrase })
      .toString();
    assertReads(pem.replaceAll('\n', '\r\n'), ec.privateKey, passphrase);
  });

  it('opens a key that is encrypted with the empty passphrase', () => {
    const der = ec.privateKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: '' });
    assertReads(der, ec.privateKey, '');
    assertReads(der, ec.privateKey);
  });

  it('tells a wrong passphrase from an unknown encryption, even where the garbage has valid padding', () => {
    const pem = ec.privateKey
      .export({ format: 'pem', type: 'sec1', cipher: 'aes-128-cbc', passphrase })
      .toString();
    // One wrong passphrase in 256 leaves valid padding: with this many, some surely do.
    for (let i = 0; i < 2000; i++) {
      assert.throws(() => readPrivateKey(pem, `wrong ${i}`), { code: 'private-key-passphrase' });
    }
  });

  it('says how to convert a key whose encryption OpenSSL 3 no longer has', async () => {
    const legacy = ['-provider', 'legacy', '-provider', 'default'];
    const options = ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-RC2-40', ...legacy, '-passout', 'pass:x'];
    const encrypted = await openssl(options, Buffer.from(rsa.privateKeyPem));
    assert.throws(() => readPrivateKey(encrypted, 'x'), {
      code: 'private-key-encryption-unsupported',
      message: /openssl pkcs8/,
    });
  });

  it('SEC-11: refuses an encryption that would keep us counting, before it counts', async () => {
    const many = Buffer.from('02037fffff', 'hex');
    for (const options of [
      ['-v2', 'aes256'],
      ['-v1', 'PBE-SHA1-3DES'],
    ]) {
      // 65537 is written in as many octets as the number that takes its place.
      const how = ['pkcs8', '-topk8', ...options, '-iter', '65537', '-outform', 'DER', '-passout', 'pass:x'];
      const der = await openssl(how, Buffer.from(rsa.privateKeyPem));
      const at = der.indexOf(Buffer.from('0203010001', 'hex'));
      assert.ok(at > 0);
      many.copy(der, at);
      assert.throws(() => readPrivateKey(der, 'x'), { code: 'private-key-encryption-unsupported' });
    }
  });

  it('says what it found instead, and what to do', () => {
    const openSsh =
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----';
    const publicKey = rsa.certificate.publicKey.export({ format: 'pem', type: 'spki' });
    const cases: readonly (readonly [string | Buffer, string])[] = [
      ['', 'private-key-missing'],
      ['geheim', 'private-key-unreadable'],
      [rsa.certificatePem, 'private-key-is-certificate'],
      [rsa.certificate.der, 'private-key-is-certificate'],
      [publicKey, 'private-key-is-public-key'],
      [openSsh, 'private-key-is-ssh-key'],
      [Buffer.from('feedfeed00000002', 'hex'), 'private-key-is-java-keystore'],
      [rsa.privateKeyPem.slice(0, 900), 'private-key-damaged'],
      [rsa.privateKeyPem.slice(0, -20), 'private-key-damaged'],
      [Buffer.from(rsa.privateKeyPem, 'utf8').subarray(0, 1000), 'private-key-damaged'],
      // A PKCS#8 whose algorithm nobody knows.
      [
        Buffer.from('3081150201003006060429030405040830060304000102030000'.padEnd(48, '0'), 'hex'),
        'private-key-unreadable',
      ],
    ];
    for (const [input, code] of cases) assert.throws(() => readPrivateKey(input), { code }, code);
  });
});

describe('makeKeyPair', () => {
  it('joins a certificate with its own key', async () => {
    const pairs = [await testKeyPair('certificate'), await testKeyPair('read bob', { keyType: 'ec-p256' })];
    for (const { certificate, privateKeyPem } of pairs) {
      const privateKey = createPrivateKey(privateKeyPem);
      assert.deepEqual(makeKeyPair(certificate, privateKey), { certificate, privateKey });
    }
  });

  it('refuses any other key and names both kinds', async () => {
    const { certificate } = await testKeyPair('read bob', { keyType: 'ec-p256' });
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
    ];
    for (const { privateKey } of [...others, await testKeyPair('certificate')]) {
      assert.throws(() => makeKeyPair(certificate, privateKey), {
        code: 'key-certificate-mismatch',
        message: /CN=read bob \(EC P-256\)/,
      });
    }
  });
});
