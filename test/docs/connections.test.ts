import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bufferSource } from '../../src/bytes';
import { createHttpClient } from '../../src/http';
import { Headers } from '../../src/mime';
import { withHttpsServer } from '../partner/servers';
import { testKeyPair } from '../support/keys';
import { packageRoot } from '../support/paths';
import { withTempDirectory } from '../support/temp';

const document = readFileSync(join(packageRoot, 'docs', 'connections.md'), 'utf8');

describe('docs/connections.md', () => {
  it('its commands print fingerprints that can be entered as they are', async function () {
    if (process.platform === 'win32') this.skip();
    const { certificatePem: cert, privateKeyPem: key } = await testKeyPair('localhost');
    const [, block = ''] = /```sh\n(.*?)```/s.exec(document) ?? [];
    const commands = block.trim().split('\n');
    assert.equal(commands.length, 2);
    await withTempDirectory(async (directory) => {
      await writeFile(join(directory, 'partner.pem'), cert);
      await withHttpsServer(
        { cert, key },
        (_request, response) => void response.end(),
        async (url) => {
          const { host } = new URL(url);
          for (const command of commands) {
            const here = command.replace('as2.partner.example:443', host);
            const { stdout } = await promisify(execFile)('sh', ['-c', here], { cwd: directory });
            const pin = stdout.trim().replace(/^SHA2-256\(stdin\)= /, '');
            const client = createHttpClient({ tls: { pins: [pin] } });
            const body = bufferSource(Buffer.from('x'));
            const { status } = await client.post({ url, headers: Headers.fromPairs([]), body });
            client.close();
            assert.equal(status, 200, stdout);
          }
        },
      );
    });
  });
});
