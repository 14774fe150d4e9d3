import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteReader } from '../../src/bytes';
import { collect, inPieces } from '../support/chunks';

describe('bytes: reader', () => {
  it('gives the same bytes however they arrive in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 8 }),
        async (data, pieces, reads) => {
          const bytes = Buffer.from(data);
          const reader = new ByteReader(inPieces(bytes, ...pieces));
          let position = 0;
          for (const count of reads) {
            if (position + count > bytes.length) break;
            assert.ok((await reader.peek(count)).equals(bytes.subarray(position, position + count)));
            assert.ok((await reader.read(count)).equals(bytes.subarray(position, position + count)));
            position += count;
            assert.equal(reader.position, position);
          }
          assert.ok((await collect(reader.rest())).equals(bytes.subarray(position)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('peek at the end gives what is left; readByte gives -1', async () => {
    const reader = new ByteReader(inPieces(Buffer.from('abc'), 1));
    assert.equal((await reader.peek(10)).toString(), 'abc');
    await reader.read(3);
    assert.equal(await reader.readByte(), -1);
    assert.equal(await reader.atEnd(), true);
  });

  it('reading past the end is an error that tells how much is missing', async () => {
    await assert.rejects(new ByteReader(inPieces(Buffer.from('abc'), 1)).read(5), {
      code: 'truncated',
      facts: { expected: 2 },
    });
    await assert.rejects(collect(new ByteReader(inPieces(Buffer.from('abc'), 1)).take(5)), {
      code: 'truncated',
    });
  });

  it('unread puts bytes back', async () => {
    const reader = new ByteReader(inPieces(Buffer.from('abcdef'), 2));
    reader.unread(await reader.read(3));
    assert.equal(reader.position, 0);
    assert.equal((await collect(reader.rest())).toString(), 'abcdef');
  });

  it('close releases the source below, also before its end', async () => {
    let released = false;
    async function* source(): AsyncGenerator<Buffer, void> {
      try {
        yield Buffer.from('abc');
        yield Buffer.from('def');
      } finally {
        released = true;
      }
    }
    const reader = new ByteReader(source());
    await reader.read(2);
    await reader.close();
    assert.ok(released);
  });
});
