import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { context, integer, nullValue, octetString, oid, sequence } from '../../src/asn1';

describe('loading src/pki', () => {
  it('does not load node-forge until a PKCS#12 file needs it: Node-RED should start quickly', () => {
    const pki = join(__dirname, '..', '..', 'src', 'pki', 'index.js');
    const script = `
      const { openPkcs12 } = require(${JSON.stringify(pki)});
      const forgeIsLoaded = () => Object.keys(require.cache).some((file) => file.includes('node-forge'));
      const before = forgeIsLoaded();
      const file = Buffer.from(process.argv[1], 'base64');
      try { openPkcs12(file, 'x'); } catch (error) { process.stdout.write(error.code + ' '); }
      process.stdout.write(JSON.stringify([before, forgeIsLoaded()]));
    `;
    const output = execFileSync(process.execPath, ['-e', script, withMac().toString('base64')]);
    assert.equal(output.toString(), 'pkcs12-passphrase [false,true]');
  });
});

/** An empty PKCS#12 file with a MAC that no passphrase fits. */
function withMac(): Buffer {
  const data = sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(sequence())));
  const digestInfo = sequence(sequence(oid('1.3.14.3.2.26'), nullValue()), octetString(Buffer.alloc(20)));
  return sequence(integer(3), data, sequence(digestInfo, octetString(Buffer.alloc(8)), integer(1)));
}
