import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferSource, concatFlows, fileSource, flowOf, readAll, tap, withLength } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { collect, inPieces } from '../support/chunks';
import { withTempDirectory } from '../support/temp';
import { withTurns } from '../support/turns';

const tooLong = () => new As2Error('truncated', { expected: 0 });

describe('bytes: sources and flows', () => {
  it('a source can be read again and again', async () => {
    const source = bufferSource(Buffer.from('UNA:+.? '));
    assert.equal((await collect(source.open())).toString(), 'UNA:+.? ');
    assert.equal((await collect(source.open())).toString(), 'UNA:+.? ');
    assert.equal(source.length, 8);
  });

  it('law 8: large bytes at hand come in pieces, and others have their turn between them', async () => {
    const bytes = Buffer.alloc(5_000_000, 'abcdefghijk');
    const { turns, result } = await withTurns(async () => {
      const pieces: Buffer[] = [];
      for await (const piece of bufferSource(bytes).open()) pieces.push(piece);
      return pieces;
    });
    assert.ok(Buffer.concat(result).equals(bytes));
    assert.ok(result.every(({ length }) => length <= 256 * 1024));
    assert.ok(turns >= result.length - 1, `${turns} turns for ${result.length} pieces`);
  });

  it('a file source reads the range it was given, larger than one chunk', async () => {
    await withTempDirectory(async (directory) => {
      const path = join(directory, 'file');
      const bytes = Buffer.alloc(700_001, 'abcdefghijk');
      await writeFile(path, bytes);
      const whole = await fileSource(path);
      assert.equal(whole.length, bytes.length);
      assert.ok((await collect(whole.open())).equals(bytes));
      const range = await fileSource(path, { start: 3, end: 600_000 });
      assert.equal(range.length, 599_997);
      assert.ok((await collect(range.open())).equals(bytes.subarray(3, 600_000)));
    });
  });

  it('a file that is left before its end is closed, while a read is on its way', async () => {
    await withTempDirectory(async (directory) => {
      const path = join(directory, 'file');
      await writeFile(path, Buffer.alloc(2_000_000));
      const before = openFiles();
      for (let turn = 0; turn < 20; turn++) {
        for await (const chunk of (await fileSource(path)).open()) if (chunk.length > 0) break;
      }
      assert.equal(openFiles(), before);
    });
  });

  it('flows in a row have the sum of the lengths, unless one is unknown', async () => {
    const known = concatFlows(Buffer.from('ab'), flowOf(bufferSource(Buffer.from('cde'))));
    assert.equal(known.length, 5);
    assert.equal((await collect(known.chunks)).toString(), 'abcde');
    assert.equal(concatFlows(Buffer.from('ab'), { chunks: inPieces(Buffer.from('x')) }).length, undefined);
  });

  it('tap sees every byte that passes', async () => {
    let seen = 0;
    const chunks = tap(inPieces(Buffer.alloc(1000), 7), (chunk) => (seen += chunk.length));
    assert.equal((await collect(chunks)).length, 1000);
    assert.equal(seen, 1000);
  });

  it('readAll refuses more than its limit', async () => {
    assert.equal((await readAll(inPieces(Buffer.alloc(10), 3), 10, tooLong)).length, 10);
    await assert.rejects(readAll(inPieces(Buffer.alloc(11), 3), 10, tooLong), { code: 'truncated' });
  });

  it('a flow without a known length says so by having none', () => {
    assert.equal('length' in withLength(inPieces(Buffer.alloc(1)), undefined), false);
  });
});

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
