import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spill } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { collect, inPieces } from '../support/chunks';
import { withTempDirectory } from '../support/temp';

describe('bytes: spill', () => {
  it('keeps few bytes in memory and writes no file', () =>
    withTempDirectory(async (directory) => {
      const kept = await spill(inPieces(Buffer.from('abcdef'), 4), { directory, thresholdBytes: 6 });
      assert.equal(kept.path, undefined);
      assert.equal(kept.buffer?.toString(), 'abcdef');
      assert.deepEqual(await readdir(directory), []);
    }));

  it('writes more than the threshold to a private file that dispose removes', () =>
    withTempDirectory(async (directory) => {
      const bytes = Buffer.alloc(100_000, 'payload');
      const kept = await spill(inPieces(bytes, 7000), { directory, thresholdBytes: 10_000 });
      assert.equal(kept.length, bytes.length);
      assert.equal(kept.buffer, undefined);
      assert.ok(kept.path);
      if (process.platform !== 'win32') assert.equal((await stat(kept.path)).mode & 0o777, 0o600);
      assert.ok((await collect(kept.open())).equals(bytes));
      await kept.dispose();
      assert.deepEqual(await readdir(directory), []);
    }));

  it('gathers thousands of tiny pieces and keeps their order', () =>
    withTempDirectory(async (directory) => {
      const bytes = Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * 31) & 0xff));
      const kept = await spill(inPieces(bytes, 1, 2, 300), { directory, thresholdBytes: 100 });
      assert.ok((await collect(kept.open())).equals(bytes));
      await kept.dispose();
    }));

  for (const thresholdBytes of [10, 100_000]) {
    it(`persist makes a file at its place, from ${thresholdBytes > 100 ? 'memory' : 'a temporary file'}`, () =>
      withTempDirectory(async (directory) => {
        const kept = await spill(inPieces(Buffer.alloc(500, 'x'), 100), { directory, thresholdBytes });
        const lasting = await kept.persist(join(directory, 'payload'));
        assert.deepEqual(await readdir(directory), ['payload']);
        assert.equal((await readFile(join(directory, 'payload'))).length, 500);
        assert.equal((await collect(lasting.open())).length, 500);
      }));
  }

  it('removes what it wrote when the source breaks or the limit is passed', () =>
    withTempDirectory(async (directory) => {
      async function* breaking(): AsyncGenerator<Buffer, void> {
        yield Buffer.alloc(100);
        throw new Error('the line is dead');
      }
      await assert.rejects(spill(breaking(), { directory, thresholdBytes: 10 }), /line is dead/);
      await assert.rejects(
        spill(inPieces(Buffer.alloc(100), 10), {
          directory,
          thresholdBytes: 10,
          limitBytes: 50,
          limitError: (limit) => new As2Error('truncated', { expected: limit }),
        }),
        { code: 'truncated', facts: { expected: 50 } },
      );
      assert.deepEqual(await readdir(directory), []);
    }));

  it('says which directory cannot be written', () =>
    withTempDirectory(async (directory) => {
      const file = join(directory, 'not-a-directory');
      await writeFile(file, '');
      await assert.rejects(
        spill(inPieces(Buffer.alloc(100), 10), { directory: file, thresholdBytes: 10 }),
        (error) => {
          assert.ok(error instanceof As2Error);
          assert.equal(error.code, 'spill-failed');
          assert.equal(error.facts.directory, file);
          return true;
        },
      );
    }));
});
