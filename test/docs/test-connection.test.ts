import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HELP } from '../../src/cli/help';
import { errorTexts } from '../../src/errors';
import { runProgram } from '../cli/command';
import { relationshipOf } from '../partner/parties';
import { withHttpsServer } from '../partner/servers';
import { openStation } from '../partner/station';
import { testKeyPair } from '../support/keys';
import { packageRoot } from '../support/paths';
import { withTempDirectory } from '../support/temp';

const document = readFileSync(join(packageRoot, 'docs', 'test-connection.md'), 'utf8');
const PROGRAM = 'npx node-red-contrib-as2 ';

describe('docs/test-connection.md', function () {
  this.timeout(180_000);

  it('its command does what the document shows', async () => {
    const [, command = '', shown = ''] = /```sh\n(.*?)```\n.*?```text\n(.*?)```/s.exec(document) ?? [];
    const acorn = { as2Name: 'ACORN', keyPair: await testKeyPair('Acorn Retail') };
    const birch = { as2Name: 'BIRCH', keyPair: await testKeyPair('Birch Foods') };
    const web = await testKeyPair('localhost');
    await withTempDirectory(async (directory) => {
      await writeFile(join(directory, 'birch.cer'), birch.keyPair.certificatePem);
      await writeFile(join(directory, 'birch-web.cer'), web.certificatePem);
      await writeFile(join(directory, 'acorn.key'), acorn.keyPair.privateKeyPem);
      await writeFile(join(directory, 'acorn.cer'), acorn.keyPair.certificatePem);
      const station = await openStation(join(directory, 'spool'), {
        relationships: [relationshipOf(birch, acorn)],
      });
      const tls = { cert: web.certificatePem, key: web.privateKeyPem };
      try {
        await withHttpsServer(
          tls,
          (request, response) => station.receiver.handle(request, response),
          async (url) => {
            const words = command.replaceAll('\\\n', ' ').trim().split(/\s+/).join(' ');
            assert.ok(words.startsWith(`${PROGRAM}test `));
            const args = words.slice(PROGRAM.length).replace('https://as2.birch.example', url).split(' ');
            const { exitCode, stdout, stderr } = await runProgram(args, { cwd: directory });
            assert.equal(stderr, '');
            assert.equal(alike(stdout), alike(shown));
            assert.equal(exitCode, 0);
          },
        );
      } finally {
        await station.close();
      }
    });
  });

  it('shows the help of the program, and names only errors that there are', () => {
    assert.ok(document.includes(`\`\`\`text\n${HELP}\`\`\``));
    const codes = [...document.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => code);
    const others = new Set([
      'as2-partner',
      'failed-before',
      'not-asked',
      'not-needed',
      'node-red-contrib-as2',
    ]);
    assert.deepEqual(
      codes.filter((code) => !(code in errorTexts) && !others.has(code)),
      [],
    );
  });
});

/** Without what is different in each run: addresses, times, fingerprints, ids; and how our own station answers a GET. */
function alike(text: string): string {
  return text
    .replaceAll(/https:\/\/localhost:\d+/g, 'https://as2.birch.example')
    .replaceAll('localhost', 'as2.birch.example')
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b|::1/g, 'ADDRESS')
    .replaceAll(/ADDRESS(?:, ADDRESS)+/g, 'ADDRESS')
    .replaceAll(/port \d+/g, 'port N')
    .replaceAll(/status \d+ \([^)]*\)/g, 'status N (TYPE)')
    .replaceAll(/\d+ (ms|bytes)/g, 'N $1')
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY')
    .replaceAll(/SHA-256 [0-9A-F:…]+/g, 'SHA-256 FINGERPRINT')
    .replaceAll(/<[^>]+@/g, '<ID@');
}
