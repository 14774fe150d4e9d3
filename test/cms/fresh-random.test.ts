import assert from 'node:assert/strict';
import { freshRandom } from '../../src/cms/content-encryption/fresh-random';

describe('random octets for keys', () => {
  it('have the length that was asked for, and none is given out twice', () => {
    const seen = new Set<string>();
    let taken = 0;
    for (let turn = 0; turn < 1000; turn++) {
      for (const bytes of [16, 32, 48, 8]) {
        const random = freshRandom(bytes);
        assert.equal(random.length, bytes);
        // Eight octets that are the same again would be a wonder.
        for (let at = 0; at < bytes; at += 8) seen.add(random.toString('hex', at, at + 8));
        taken += bytes / 8;
      }
    }
    assert.equal(seen.size, taken);
  });

  it('are independent memory: what was taken does not change afterwards', () => {
    const first = freshRandom(32);
    const copy = Buffer.from(first);
    for (let turn = 0; turn < 1000; turn++) freshRandom(32);
    assert.deepEqual(first, copy);
    assert.notDeepEqual(first, Buffer.alloc(32));
  });

  it('come in any length', () => {
    assert.equal(freshRandom(0).length, 0);
    assert.equal(freshRandom(10_000).length, 10_000);
  });
});
