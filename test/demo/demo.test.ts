import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../support/paths';

const run = promisify(execFile);
const demo = join(packageRoot, 'scripts', 'demo.mts');

describe('npm run demo', function () {
  this.timeout(180_000);

  it('with --once ends after the verified receipt and leaves nothing behind', async () => {
    const { stdout } = await run(process.execPath, [demo, '--once'], { env: { ...process.env, PORT: '0' } });
    assert.match(stdout, /^ *disposition processed/m);
    assert.match(stdout, /^ *MIC matches [A-Za-z0-9+/]{43}=, sha-256/m);
    const sent = /^ *sent +SHA-256 ([0-9a-f]{64})$/m.exec(stdout);
    const received = /^ *received +SHA-256 ([0-9a-f]{64})$/m.exec(stdout);
    assert.ok(sent?.[1]);
    assert.equal(received?.[1], sent[1]);
    assert.match(stdout, /^ *identical$/m);
    const directory = /files are in (\S+)/.exec(stdout)?.[1];
    assert.ok(directory);
    assert.equal(existsSync(directory), false);
  });

  it('stays up until it is told to end, and then ends cleanly', async () => {
    const child = spawn(process.execPath, [demo], { env: { ...process.env, PORT: '0' } });
    let transcript = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (transcript += text));
    while (!transcript.includes('The editor shows this flow') && child.exitCode === null) {
      await once(child.stdout, 'data');
    }
    const url = /this flow: (\S+)/.exec(transcript)?.[1] ?? '';
    assert.equal((await fetch(`${url}settings`)).status, 200);
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
    await assert.rejects(fetch(`${url}settings`));
    assert.equal(existsSync(/files are in (\S+)/.exec(transcript)?.[1] ?? ''), false);
  });

  it('says clearly that the chosen port is in use, and fails', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    try {
      await assert.rejects(
        run(process.execPath, [demo, '--once'], { env: { ...process.env, PORT: String(port) } }),
        { code: 1, stderr: /port \d+ \(from PORT\) is in use/ },
      );
    } finally {
      other.close();
    }
  });
});
