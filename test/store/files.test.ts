import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferSource, readAll, spill } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { asStoreError, type ExchangeFolder, type Spool } from '../../src/store';
import { idTime, newExchangeId, timeOfId } from '../../src/store/exchange-id';
import { hasCode, keyOf, opened, settled, withSpool } from './spools';

const SMALL = Buffer.from('a business document');
const LARGE = Buffer.alloc(200_000, 'large ');

async function begun(spool: Spool): Promise<ExchangeFolder<object>> {
  return spool.begin('in', keyOf('one'), 'received', {});
}

async function content(folder: ExchangeFolder<object> | undefined): Promise<Buffer> {
  const source = await folder?.source('payload');
  assert.ok(source);
  const bytes = await readAll(source.open(), 1e6, () => new As2Error('truncated', { expected: 0 }));
  assert.equal(source.length, bytes.length);
  assert.ok((await folder?.read('payload'))?.equals(bytes));
  return bytes;
}

describe('store: files of an exchange', () => {
  for (const [title, bytes] of [
    ['a small one', SMALL],
    ['an empty one', Buffer.alloc(0)],
    ['a large one', LARGE],
  ] as const) {
    it(`${title} is read back before it is settled, afterwards, and after a restart`, async () => {
      await withSpool(async (spool) => {
        const folder = await begun(spool);
        assert.equal(await folder.has('payload'), false);
        await folder.add('payload', await spill(bufferSource(bytes).open(), spool.spill));
        assert.equal(await folder.has('payload'), true);
        assert.ok((await content(folder)).equals(bytes));
        await spool.settle(folder);
        assert.ok((await content(folder)).equals(bytes));
        await spool.close();
        await opened(spool.directory, async (again) => {
          const found = await again.find('in', keyOf('one'));
          assert.ok((await content(found)).equals(bytes));
          assert.equal(await found?.has('receipt'), false);
          assert.ok((await readFile((await found?.file('payload')) ?? '')).equals(bytes));
        });
      });
    });
  }

  it('small ones need no folder', async () => {
    await withSpool(async (spool) => {
      const folder = await begun(spool);
      await folder.add('payload', SMALL);
      await spool.settle(folder);
      await folder.add('receipt', 'a receipt');
      await folder.advance('accepted');
      for (const place of ['in', 'staging']) {
        assert.deepEqual(await readdir(join(spool.directory, place)), []);
      }
    });
  });

  it('one that was added later is there with the step after it, and not before', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      await folder.add('receipt', 'a receipt');
      assert.equal(await (await spool.find('in', keyOf('one')))?.has('receipt'), false);
      assert.equal((await folder.read('receipt')).toString(), 'a receipt');
      // Also a step that is only noted carries it.
      await folder.note('accepted');
      assert.equal((await (await spool.find('in', keyOf('one')))?.read('receipt'))?.toString(), 'a receipt');
    });
  });

  it('one that replaces another, small or large, is the only one', async () => {
    const contents = [SMALL, LARGE, Buffer.from('another small one'), Buffer.alloc(100_000, 'x'), SMALL];
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      for (const [step, bytes] of contents.entries()) {
        await folder.add('payload', bytes);
        assert.ok((await content(folder)).equals(bytes));
        await folder.advance(`step-${step}`);
        assert.ok((await content(folder)).equals(bytes));
        assert.ok((await content(await spool.find('in', keyOf('one')))).equals(bytes));
        assert.ok((await readFile(await folder.file('payload'))).equals(bytes));
      }
    });
  });

  it('what is done to bytes that were given or taken does not change what is kept', async () => {
    await withSpool(async (spool) => {
      const folder = await begun(spool);
      const given = Buffer.from(SMALL);
      await folder.add('payload', given);
      given.fill(0);
      await spool.settle(folder);
      (await folder.read('payload')).fill(1);
      for await (const chunk of (await folder.source('payload')).open()) chunk.fill(2);
      const path = await folder.file('payload');
      await writeFile(path, 'somebody wrote into the copy');
      assert.ok((await content(folder)).equals(SMALL));
      assert.equal(await folder.file('payload'), path);
      assert.ok((await readFile(path)).equals(SMALL));
    });
  });

  it('a copy asked for by many at once is whole', async () => {
    await withSpool(async (spool) => {
      const folder = await begun(spool);
      await folder.add('payload', SMALL);
      await spool.settle(folder);
      const copies = await Promise.all(Array.from({ length: 10 }, async () => folder.file('payload')));
      for (const path of copies) assert.ok((await readFile(path)).equals(SMALL));
      assert.deepEqual(await readdir(folder.path), ['payload']);
    });
  });

  it('a source that was taken before the exchange was settled is read where it is then', async () => {
    await withSpool(async (spool) => {
      const folder = await begun(spool);
      await folder.add('payload', LARGE);
      const source = await folder.source('payload');
      await spool.settle(folder);
      const bytes = await readAll(source.open(), 1e6, () => new As2Error('truncated', { expected: 0 }));
      assert.ok(bytes.equals(LARGE));
    });
  });

  it('discarding takes everything along, settled or not', async () => {
    await withSpool(async (spool) => {
      for (const isSettled of [true, false]) {
        const folder = await begun(spool);
        await folder.add('payload', LARGE);
        await folder.add('receipt', SMALL);
        if (isSettled) await spool.settle(folder);
        await folder.file('receipt');
        const { path } = folder;
        assert.ok((await stat(path)).isDirectory());
        await folder.discard();
        assert.ok(!existsSync(path));
        assert.deepEqual(await readdir(join(spool.directory, 'staging')), []);
      }
    });
  });

  it('a folder that is gone is a failure of the store, not of the message', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      await assert.rejects(folder.read('payload'), hasCode('store-unavailable'));
      const error = await folder.source('payload').then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.equal(asStoreError(error, '')?.code, 'store-unavailable');
    });
  });

  it('a folder that cannot be moved to its place: no row, and it can be discarded', async () => {
    await withSpool(async (spool) => {
      await writeFile(join(spool.directory, 'in', idTime(Date.now()).slice(0, 8)), 'in the way');
      const folder = await begun(spool);
      await folder.add('payload', LARGE);
      await assert.rejects(spool.settle(folder), hasCode('store-unavailable'));
      assert.deepEqual(await spool.list({ limit: 1 }), []);
      await folder.discard();
      assert.deepEqual(await readdir(join(spool.directory, 'staging')), []);
    });
  });
});

describe('store: names of exchanges', () => {
  it('sort by time, and are names that every file system takes', () => {
    const times = [0, 1, 999, Date.UTC(2026, 10, 22, 5, 15, 1, 123), Date.UTC(9999, 11, 31)];
    const names = times.map(newExchangeId);
    assert.deepEqual(names.toSorted(), names);
    for (const [index, name] of names.entries()) {
      assert.match(name, /^[0-9TZa-f-]{28}$/);
      assert.equal(timeOfId(name), times[index]);
    }
  });

  it('sort in the order in which they were made, also within a millisecond', () => {
    const names = Array.from({ length: 10_000 }, () => newExchangeId(999));
    assert.deepEqual(names.toSorted(), names);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.every((name) => timeOfId(name) === 999));
  });

  it('what is none is none', () => {
    for (const name of [
      '',
      'a',
      '20261122',
      '20261122T051501123Z',
      '20261122T051501123Z-1f3a9c0e.part',
      '..',
    ]) {
      assert.equal(timeOfId(name), undefined, name);
    }
  });
});
