import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionTest } from '../../src/exchange';
import { PRODUCT } from '../../src/exchange';
import { alphaAndBeta, relationshipOf } from '../partner/parties';
import { withHttpServer, withHttpsServer } from '../partner/servers';
import { withStation } from '../partner/station';
import { testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { withTempDirectory } from '../support/temp';
import { runProgram } from './command';

describe('the command "test"', function () {
  this.timeout(180_000);

  it('sends a test message with the keys of files, and ends with 0', async () => {
    const { alpha, beta } = await alphaAndBeta();
    await withStation({ relationships: [relationshipOf(beta, alpha)] }, async ({ url, messages }) => {
      await withTempDirectory(async (directory) => {
        await writeFile(join(directory, 'partner.pem'), beta.keyPair.certificatePem);
        await writeFile(join(directory, 'own.crt'), alpha.keyPair.certificate.der);
        const encrypt = ['pkcs8', '-topk8', '-v2', 'aes256', '-passout', 'pass:open sesame'];
        await writeFile(join(directory, 'own.key'), await openssl(encrypt, pem(alpha.keyPair.privateKeyPem)));
        const temp = join(directory, 'temp');
        await mkdir(temp);
        const files = ['--certificate', 'partner.pem', '--key', 'own.key', '--own-certificate', 'own.crt'];
        const names = ['--own-name', alpha.as2Name, '--partner-name', beta.as2Name];
        const args = ['test', '--url', url, ...names, ...files, '--message'];
        const options = { cwd: directory, env: { AS2_PASSPHRASE: 'open sesame', TMPDIR: temp, TEMP: temp } };
        const { exitCode, stdout, stderr } = await runProgram(args, options);
        assert.equal(exitCode, 0, stdout + stderr);
        assert.match(stdout, /^ok {6}Test message .*\(signed, encrypted,/m);
        assert.match(stdout, /processed \(signed, content confirmed\)$/m);
        assert.match(stdout, /The test of “Beta Corp” passed, with a warning: messages arrive\.\n$/);
        assert.equal(stderr, '');
        assert.equal(messages.length, 1);
        // The spool of the message is gone with the program.
        assert.deepEqual(await readdir(temp), []);

        const locked = await runProgram(args, { cwd: directory, env: { AS2_PASSPHRASE: 'other' } });
        assert.equal(locked.exitCode, 1);
        assert.match(locked.stdout, /^FAILED {2}Settings[^]*error: The passphrase does not open/m);
        assert.ok(!locked.stdout.includes('sesame'));
      });
    });
  });

  it('reads key and certificate from a PKCS#12 file', async () => {
    const { alpha, beta } = await alphaAndBeta();
    await withStation({ relationships: [relationshipOf(beta, alpha)] }, async ({ url }) => {
      await withTempDirectory(async (directory) => {
        await writeFile(join(directory, 'partner.pem'), beta.keyPair.certificatePem);
        const both = pem(alpha.keyPair.privateKeyPem + alpha.keyPair.certificatePem);
        const make = ['pkcs12', '-export', '-passout', 'pass:open sesame'];
        await writeFile(join(directory, 'own.p12'), await openssl(make, both));
        const names = ['--own-name', alpha.as2Name, '--partner-name', beta.as2Name];
        const files = ['--certificate', 'partner.pem', '--pkcs12', 'own.p12'];
        const args = ['test', '--url', url, ...names, ...files, '--message', '--json'];
        const options = { cwd: directory, env: { AS2_PASSPHRASE: 'open sesame' } };
        const { exitCode, stdout, stderr } = await runProgram(args, options);
        assert.equal(exitCode, 0, stdout + stderr);
        const test = JSON.parse(stdout) as ConnectionTest;
        assert.deepEqual(
          test.steps.map(({ step, state }) => `${step} ${state}`),
          ['settings passed', 'dns passed', 'tcp passed', 'tls skipped', 'http passed', 'message passed'],
        );
      });
    });
  });

  it('trusts a web server by --ca or --pin only, and logs in with the password of the environment', async () => {
    const server = await testKeyPair('localhost');
    const logins: (string | undefined)[] = [];
    await withHttpsServer(
      { cert: server.certificatePem, key: server.privateKeyPem },
      (request, response) => {
        logins.push(request.headers.authorization);
        response.end();
      },
      async (url) => {
        await withTempDirectory(async (directory) => {
          await writeFile(join(directory, 'ca.pem'), server.certificatePem);
          const test = ['test', '--url', `${url}/as2`];
          const run = (args: readonly string[]) =>
            runProgram([...test, ...args], { cwd: directory, env: { AS2_PASSWORD: 'sesame' } });
          const unknown = await run([]);
          assert.equal(unknown.exitCode, 1);
          assert.match(
            unknown.stdout,
            /^FAILED {2}TLS[^]*error: The TLS certificate of localhost is not trusted/m,
          );
          const known = await run(['--ca', 'ca.pem', '--user', 'guest']);
          assert.equal(known.exitCode, 0, known.stdout);
          const pinned = await run(['--pin', server.certificate.fingerprintSha256]);
          assert.equal(pinned.exitCode, 0, pinned.stdout);
          assert.match(pinned.stdout, /trusted because of its fingerprint/);
        });
      },
    );
    const guest = `Basic ${Buffer.from('guest:sesame').toString('base64')}`;
    assert.deepEqual(logins, [guest, undefined]);
  });

  it('ends with 1 and the step that failed', async () => {
    const url = await withHttpServer(
      () => undefined,
      async (open) => open,
    );
    const { exitCode, stdout } = await runProgram(['test', '--url', url]);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^FAILED {2}Connection[^]*failed at the step “Connection”\.\n$/m);
    const both = await runProgram(['test', '--url', url, '--url', `${url}/standby`]);
    assert.equal(both.stdout.match(/^FAILED {2}Connection/gm)?.length, 2, both.stdout);
    assert.ok(both.stdout.endsWith(`failed at the step “Connection” of ${url}/.\n`), both.stdout);
    const missing = await runProgram(['test', '--url', url, '--certificate', 'nowhere.pem']);
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stdout, /error: The file nowhere\.pem of --certificate cannot be read: ENOENT/);
  });

  it('ends with 2 and a sentence for a command line that cannot be used', async () => {
    for (const [args, sentence] of [
      [['send'], /there is no command "send"/],
      [['test'], /--url is missing/],
      [['test', '--url'], /--url/],
      [['test', '--url', 'http://x', '--passphrase', 'y'], /Unknown option '--passphrase'/],
      [['test', '--url', 'http://x', '--key', 'y'], /--key and --own-certificate belong together/],
      [['test', '--url', 'http://x', '--message'], /--message needs --own-name/],
      [['test', '--url', 'http://x', '--encrypt', 'rot13'], /--encrypt cannot be "rot13"; there are aes-/],
      [['test', '--url', 'http://x', '--timeout', '0'], /--timeout needs seconds/],
    ] as const) {
      const { exitCode, stdout, stderr } = await runProgram(args);
      assert.equal(exitCode, 2, args.join(' '));
      assert.match(stderr, sentence);
      assert.equal(stdout, '');
    }
  });

  it('shows its help and its version', async () => {
    for (const args of [[], ['--help'], ['help'], ['test', '--help']]) {
      const { exitCode, stdout } = await runProgram(args);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^Usage: node-red-contrib-as2 test --url URL/);
    }
    const { stdout } = await runProgram(['--version']);
    assert.equal(stdout, `${PRODUCT.replace('/', ' ')}\n`);
  });
});

function pem(text: string): Buffer {
  return Buffer.from(text);
}
