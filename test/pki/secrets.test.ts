import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type As2Error, isAs2Error } from '../../src/errors';
import { openPkcs12, readCertificates, readPrivateKey } from '../../src/pki';
import { testKeyPair } from '../support/keys';

const passphrase = 'canary-passphrase-4711';

function errorOf(work: () => unknown): As2Error {
  try {
    work();
  } catch (error) {
    assert.ok(isAs2Error(error), String(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('errors about keys', () => {
  it('SEC-13: hold nothing of the key nor of the passphrase, not even in their causes', async () => {
    const { privateKey, privateKeyPem } = await testKeyPair('certificate');
    const options = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc' } as const;
    const encrypted = privateKey.export({ ...options, passphrase: 'another' }).toString();
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const damaged = Buffer.from(der);
    damaged.fill(0, 30, 60);
    const errors = [
      errorOf(() => readCertificates(privateKeyPem)),
      errorOf(() => readCertificates(der)),
      errorOf(() => readPrivateKey(privateKeyPem.slice(0, -30), passphrase)),
      errorOf(() => readPrivateKey(damaged, passphrase)),
      errorOf(() => readPrivateKey(der.toString('base64').slice(1), passphrase)),
      errorOf(() => readPrivateKey(encrypted, passphrase)),
      errorOf(() =>
        readPrivateKey(`${encrypted.slice(0, 200)}\n-----END ENCRYPTED PRIVATE KEY-----`, passphrase),
      ),
      errorOf(() => openPkcs12(der, passphrase)),
      errorOf(() => openPkcs12(Buffer.from(privateKeyPem), passphrase)),
    ];
    const lines = privateKeyPem.split('\n').filter((line) => !line.startsWith('-----') && line !== '');
    for (const error of errors) {
      const all = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
      assert.equal(all.includes(passphrase), false, error.code);
      for (const line of lines) assert.equal(all.includes(line.slice(0, 16)), false, error.code);
      assert.equal(all.includes(der.subarray(100, 110).toString('hex')), false, error.code);
    }
  });
});
