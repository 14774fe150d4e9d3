import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SYNC_BYTES } from '../../../src/store/partial-files';
import { alphaAndBeta } from '../../partner/parties';
import { composeWire } from '../../partner/wire-message';
import { withTempDirectory } from '../../support/temp';
import type { ReceiverMessage } from './receiver-process';
import { RestartingSender } from './restarting-sender';

const MIB = 1024 * 1024;

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
}

async function start(directory: string): Promise<Running> {
  const child = fork(join(__dirname, 'receiver-process.js'), [directory]);
  const [message] = (await once(child, 'message')) as [ReceiverMessage];
  assert.ok('url' in message);
  return { url: message.url, child };
}

async function end({ child }: Running, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** Octets of bodies that broke off, in the files of a spool. */
async function keptBytes(directory: string): Promise<number> {
  const partial = join(directory, 'partial');
  const [name] = await readdir(partial);
  return name === undefined ? 0 : (await stat(join(partial, name))).size;
}

describe('exchange: AS2 Restart of a receiver that is killed', () => {
  it('RST-02, RST-03: what was on the disk when it was killed is there, and the rest completes it', async () => {
    const { alpha, beta } = await alphaAndBeta();
    const payload = randomBytes(60 * MIB);
    const wire = await composeWire(alpha, beta, { payload, protection: 'none', receipt: { signed: false } });
    await withTempDirectory(async (temp) => {
      const directory = join(temp, 'spool');
      const first = await start(directory);
      try {
        const hanging = await new RestartingSender(first.url, wire).hang(0, 50 * MIB);
        while ((await keptBytes(directory)) < 40 * MIB)
          await new Promise((resolve) => setTimeout(resolve, 10));
        await end(first, 'SIGKILL');
        hanging.destroy();
      } finally {
        await end(first, 'SIGKILL');
      }
      const second = await start(directory);
      try {
        const sender = new RestartingSender(second.url, wire);
        const held = await sender.held();
        assert.ok(held >= SYNC_BYTES && held <= 50 * MIB, `${held} octets are there`);
        const handedOver = once(second.child, 'message');
        assert.equal((await sender.post(held)).status, 200);
        const [message] = (await handedOver) as [ReceiverMessage];
        assert.deepEqual(message, { digest: createHash('sha256').update(payload).digest('hex') });
      } finally {
        await end(second, 'SIGTERM');
      }
    });
  });
});
