import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { receiving } from '../../partner/receiving';
import { composeWire, ORDER } from '../../partner/wire-message';
import { openssl } from '../../support/openssl';
import { withTempDirectory } from '../../support/temp';
import type { TestKeyPair } from '../../support/keys';

describe('exchange: evidence', () => {
  it('RCV-09: what the spool keeps is verified by OpenSSL, without us', async () => {
    await receiving(
      { partner: { requires: { requireSigned: true } } },
      async ({ alpha, beta, post, station }) => {
        await post(await composeWire(alpha, beta, { protection: 'signed' }));
        const { exchangeId = '', messageId = '' } = await station.event('receipt-sent');
        const folder = await station.spool.get(exchangeId);
        assert.ok(folder);
        const headers = JSON.parse(String(await folder.read('request-headers.json'))) as [string, string][];
        const head = headers.map((field) => `${field.join(': ')}\r\n`).join('');
        const request = Buffer.concat([Buffer.from(`${head}\r\n`), await folder.read('request.raw')]);
        assert.ok((await verified(request, alpha.keyPair)).includes(ORDER), 'what ALPHA has signed');
        const said = String(await verified(await folder.read('receipt'), beta.keyPair));
        assert.ok(said.includes(`Original-Message-ID: ${messageId}`));
        assert.match(said, /Received-content-MIC: \S+, sha-?256/);
        await assert.rejects(verified(request, beta.keyPair), 'signed by somebody else');
      },
    );
  });
});

/** What the holder of that certificate has signed. */
async function verified(message: Buffer, { certificatePem }: TestKeyPair): Promise<Buffer> {
  return withTempDirectory(async (directory) => {
    const [file, certificate] = [join(directory, 'message'), join(directory, 'certificate.pem')];
    await writeFile(file, message);
    await writeFile(certificate, certificatePem);
    const options = ['-crlfeol', '-noverify', '-nointern', '-certfile', certificate];
    return openssl(['cms', '-verify', ...options, '-in', file]);
  });
}
