import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { digestThread, startThread } from '../../src/cms/digesting/digest-thread';
import { RunningDigests } from '../../src/cms/digesting/running-digests';
import { withTempDirectory } from '../support/temp';

const run = promisify(execFile);
const rooms = join(__dirname, '..', '..', 'src', 'cms', 'digesting');
const worker = join(rooms, 'digest-worker.js');
const MIB = 1024 * 1024;

/** Beyond one piece, beyond all the pieces that a message may have under way, and not a multiple of them. */
const large = randomBytes(5 * MIB + 4711);

describe('digests beside the cipher', () => {
  for (const [where, threadFromBytes] of [
    ['in the thread', 0],
    ['begun here, continued in the thread', MIB],
    ['here', Number.POSITIVE_INFINITY],
  ] as const) {
    for (const pieceBytes of [1000, 256 * 1024, 3 * MIB]) {
      it(`are the same ${where}, in pieces of ${pieceBytes} bytes`, async () => {
        const digests = new RunningDigests(['sha-256', 'md5', 'sha-256'], threadFromBytes);
        for (const piece of pieces(large, pieceBytes)) await digests.update(piece);
        await digests.finish();
        assert.deepEqual([...digests.digests().keys()], ['sha-256', 'md5']);
        assert.equal(digests.digests().get('sha-256')?.toString('hex'), sha256(large));
        assert.equal(
          digests.digests().get('md5')?.toString('hex'),
          createHash('md5').update(large).digest('hex'),
        );
      });
    }
  }

  it('are the same for the lengths around a piece', async () => {
    for (const length of [0, 1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1]) {
      const bytes = large.subarray(0, length);
      const digests = new RunningDigests(['sha-256'], 0);
      await digests.update(bytes);
      await digests.finish();
      assert.equal(digests.digests().get('sha-256')?.toString('hex'), sha256(bytes), `${length} bytes`);
    }
  });

  it('of several messages at once do not mix', async () => {
    const messages = Array.from({ length: 8 }, (_none, index) => large.subarray(index * 1000));
    const found = await Promise.all(
      messages.map(async (bytes) => {
        const digests = new RunningDigests(['sha-256'], 0);
        for (const piece of pieces(bytes, 300_000)) await digests.update(piece);
        await digests.finish();
        return digests.digests().get('sha-256')?.toString('hex');
      }),
    );
    assert.deepEqual(found, messages.map(sha256));
  });

  it('that are not wanted any more leave the thread free for others', async () => {
    const unwanted = new RunningDigests(['sha-256'], 0);
    await unwanted.update(large);
    unwanted.abandon();
    const digests = new RunningDigests(['sha-256'], 0);
    await digests.update(large);
    await digests.finish();
    assert.equal(digests.digests().get('sha-256')?.toString('hex'), sha256(large));
  });

  it('of much are there only after they were waited for', async () => {
    const digests = new RunningDigests(['sha-256'], 0);
    await digests.update(large);
    assert.throws(() => digests.digests(), RangeError);
    digests.abandon();
  });

  it('of all messages are taken by one thread', async () => {
    const [one, other] = await Promise.all([digestThread(), digestThread()]);
    assert.ok(one);
    assert.equal(one, other);
  });

  it('let the process end, also when a message was left in the middle', async () => {
    const { stdout } = await run(process.execPath, [
      '-e',
      `const { RunningDigests } = require(${JSON.stringify(join(rooms, 'running-digests.js'))});
       (async () => {
         const left = new RunningDigests(['sha-256'], 0);
         await left.update(Buffer.alloc(${MIB}));
         const digests = new RunningDigests(['sha-256'], 0);
         await digests.update(Buffer.alloc(${5 * MIB}));
         await digests.finish();
         console.log(digests.digests().get('sha-256').toString('hex'));
       })();`,
    ]);
    assert.equal(stdout.trim(), sha256(Buffer.alloc(5 * MIB)));
  });

  it('are taken here where no thread is allowed', async () => {
    const { stdout } = await run(process.execPath, [
      '--permission',
      '--allow-fs-read=*',
      '-e',
      `const { digestThread } = require(${JSON.stringify(join(rooms, 'digest-thread.js'))});
       const { RunningDigests } = require(${JSON.stringify(join(rooms, 'running-digests.js'))});
       (async () => {
         const digests = new RunningDigests(['sha-256'], 0);
         await digests.update(Buffer.alloc(${2 * MIB}));
         await digests.finish();
         console.log(await digestThread(), digests.digests().get('sha-256').toString('hex'));
       })();`,
    ]);
    assert.equal(stdout.trim(), `undefined ${sha256(Buffer.alloc(2 * MIB))}`);
  });

  it('are taken here when the thread cannot start', async () => {
    let ended = 0;
    assert.equal(await startThread(join(rooms, 'no-such-file.js'), () => ended++), undefined);
    await withTempDirectory(async (directory) => {
      const program = join(directory, 'ends-at-once.js');
      await writeFile(program, '');
      assert.equal(await startThread(program, () => ended++), undefined);
    });
    assert.equal(ended, 2);
  });

  it('fail with their message when the thread ends in the middle, and the process lives', async () => {
    await withTempDirectory(async (directory) => {
      const program = join(directory, 'ends-with-the-order.js');
      await writeFile(
        program,
        `const { parentPort } = require('node:worker_threads');
         parentPort.on('message', () => process.exit(3));
         parentPort.postMessage('ready');`,
      );
      const thread = await startThread(program, () => undefined);
      const message = thread?.begin(['sha-256']);
      await assert.rejects(
        async () => {
          for (const piece of pieces(large, 100_000)) await message?.update(piece);
          await message?.finish();
        },
        { code: 'digests-lost' },
      );
      message?.abandon();
    });
  });

  it('of an unknown algorithm fail alone', async () => {
    const thread = await startThread(worker, () => undefined);
    assert.ok(thread);
    const unknown = thread.begin(['no-such-digest' as 'md5']);
    const known = thread.begin(['sha-256']);
    await assert.rejects(unknown.finish());
    await known.update(large);
    assert.equal((await known.finish()).get('sha-256')?.toString('hex'), sha256(large));
  });
});

function* pieces(bytes: Buffer, longest: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += longest) yield bytes.subarray(at, at + longest);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
