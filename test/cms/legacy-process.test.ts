import assert from 'node:assert/strict';
import { cipherAlgorithm } from '../../src/cms';
import { throughLegacyProcess } from '../../src/cms/content-encryption/legacy';
import { collect } from '../support/chunks';

/** A process that is started from here on dies before it has read anything. */
async function whereProcessesDie(work: () => Promise<void>): Promise<void> {
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = '--require /there/is/no/such/module.js';
  try {
    await work();
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  }
}

async function* zeros(bytes: number): AsyncGenerator<Buffer, void> {
  const chunk = Buffer.alloc(65_536);
  for (let left = bytes; left > 0; left -= chunk.length)
    yield chunk.subarray(0, Math.min(left, chunk.length));
}

describe('CMS: the process for legacy ciphers', () => {
  const algorithm = cipherAlgorithm('cast5-cbc');
  const died = new Error('the process failed');

  for (const direction of ['encrypt', 'decrypt'] as const) {
    for (const bytes of [0, 8, 65_536, 8 * 1024 * 1024]) {
      it(`law 8: it dies at once, with ${bytes} bytes to ${direction}: the message fails, and nothing else`, async () => {
        const strayed: unknown[] = [];
        const stray = (error: unknown): void => void strayed.push(error);
        process.prependListener('uncaughtExceptionMonitor', stray);
        process.prependListener('unhandledRejection', stray);
        try {
          await whereProcessesDie(async () => {
            const cipher = { algorithm, iv: Buffer.alloc(8) };
            const output = throughLegacyProcess(
              zeros(bytes),
              direction,
              cipher,
              Buffer.alloc(16),
              () => died,
            );
            await assert.rejects(collect(output), died);
          });
          // What the pipe still has to say comes in the next turns.
          for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
          assert.deepEqual(strayed, []);
        } finally {
          process.removeListener('uncaughtExceptionMonitor', stray);
          process.removeListener('unhandledRejection', stray);
        }
      });
    }
  }
});
