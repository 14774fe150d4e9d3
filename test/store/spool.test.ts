import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferSource, readAll, spill } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { type ExchangeKey, openSpool } from '../../src/store';
import { SimulatedClock } from '../support/simulated-clock';
import { withTempDirectory } from '../support/temp';
import { DAY_MS, hasCode, withSpool } from './spools';

const key: ExchangeKey = { from: 'ALPHA', to: 'BETA', messageId: '1@alpha' };

interface Facts {
  readonly note?: string;
}

describe('store: spool', () => {
  it('keeps the bytes of an exchange and its history, and finds them by sender, receiver and Message-ID', async () => {
    await withSpool(async (spool) => {
      const folder = await spool.begin<Facts>('in', key, 'received', { note: 'one' });
      await folder.add('request.raw', Buffer.from('raw'));
      await folder.add('payload', await spill(bufferSource(Buffer.from('payload')).open(), spool.spill));
      await spool.settle(folder);
      await folder.advance('decided', { note: 'two' });

      const found = await spool.find<Facts>('in', key);
      assert.ok(found);
      assert.equal(found.record.state, 'decided');
      assert.deepEqual(
        (await spool.history(found.record.id)).map(({ state }) => state),
        ['received', 'decided'],
      );
      assert.deepEqual(found.record.facts, { note: 'two' });
      assert.equal((await found.read('request.raw')).toString(), 'raw');
      const source = await found.source('payload');
      assert.equal(source.length, 7);
      assert.equal((await readAll(source.open(), 100, tooMuch)).toString(), 'payload');
      assert.equal(await spool.find('out', key), undefined);
      assert.equal(await spool.find('in', { ...key, messageId: '2@alpha' }), undefined);
    });
  });

  it('moves a large spilled file into the exchange instead of copying it', async () => {
    await withSpool(async (spool) => {
      const bytes = Buffer.alloc(65 * 1024, 7);
      const spilled = await spill(bufferSource(bytes).open(), { ...spool.spill, thresholdBytes: 1024 });
      assert.ok(spilled.path);
      const { ino } = await stat(spilled.path);
      const folder = await spool.begin('in', key, 'received', {});
      await folder.add('payload', spilled);
      await spool.settle(folder);
      assert.equal((await stat(await folder.file('payload'))).ino, ino);
      assert.ok((await folder.read('payload')).equals(bytes));
    });
  });

  it('takes a key once', async () => {
    await withSpool(async (spool) => {
      await spool.settle(await spool.begin('in', key, 'received', {}));
      const second = await spool.begin('in', key, 'received', {});
      await assert.rejects(spool.settle(second), hasCode('exchange-taken'));
      await second.discard();
      assert.deepEqual(await readdir(join(spool.directory, 'staging')), []);
    });
  });

  it('leaves the key of a refused message free', async () => {
    await withSpool(async (spool) => {
      await spool.settleRefused(await spool.begin('in', key, 'refused', {}));
      assert.equal(await spool.find('in', key), undefined);
      assert.deepEqual(
        (await spool.list({ direction: 'in', limit: 10 })).map(({ state, claimed }) => ({ state, claimed })),
        [{ state: 'refused', claimed: false }],
      );
      await spool.settle(await spool.begin('in', key, 'received', {}));
    });
  });

  it('SEC-10: names chosen by a partner never become paths, and keys do not run into each other', async () => {
    await withSpool(async (spool) => {
      const keys: ExchangeKey[] = [
        { from: '../../etc', to: '/', messageId: 'a\0b' },
        { from: 'A', to: 'BC', messageId: 'D' },
        { from: 'AB', to: 'C', messageId: 'D' },
        { from: 'A', to: 'B', messageId: 'CD' },
      ];
      for (const each of keys) await spool.settle(await spool.begin('in', each, 'received', { of: each.to }));
      for (const each of keys) {
        assert.deepEqual((await spool.find('in', each))?.record.facts, { of: each.to });
      }
      assert.deepEqual((await readdir(spool.directory)).sort(), [
        'in',
        'journal.begun',
        'journal.lock',
        'journal.sqlite',
        'journal.sqlite-shm',
        'journal.sqlite-wal',
        'out',
        'partial',
        'staging',
      ]);
    });
  });

  const onPosix = process.platform === 'win32' ? (): void => undefined : it;
  onPosix('is readable for its own user only', async () => {
    await withSpool(async (spool) => {
      const folder = await spool.begin('in', key, 'received', {});
      await folder.add('request.raw', Buffer.alloc(65 * 1024));
      await folder.add('request-headers.json', '{}');
      await spool.settle(folder);
      await folder.advance('decided');
      await folder.note('receipt-sent');
      await folder.file('request-headers.json');
      for (const directory of [folder.path, spool.directory]) {
        for (const entry of await readdir(directory, { withFileTypes: true })) {
          if (!entry.isFile()) continue;
          assert.equal((await stat(join(directory, entry.name))).mode & 0o777, 0o600, entry.name);
        }
      }
      for (const directory of [
        spool.directory,
        folder.path,
        join(folder.path, '..'),
        join(spool.directory, 'in'),
      ]) {
        assert.equal((await stat(directory)).mode & 0o777, 0o700, directory);
      }
    });
  });

  it('takes notes from several answers at the same time, and the record stays whole', async () => {
    await withSpool(async (spool) => {
      await spool.settle(await spool.begin('in', key, 'accepted', {}));
      const folders = await Promise.all(Array.from({ length: 20 }, () => spool.find('in', key)));
      await Promise.all(folders.map(async (folder) => folder?.note('receipt-sent')));
      const found = await spool.find('in', key);
      assert.equal(found?.record.state, 'receipt-sent');
      const states = (await spool.history(found.record.id)).map(({ state }) => state);
      assert.deepEqual(states, ['accepted', ...Array.from({ length: 20 }, () => 'receipt-sent')]);
    });
  });

  it('sweeps what is older than it has to be kept, and nothing else', async () => {
    await withTempDirectory(async (directory) => {
      const clock = new SimulatedClock();
      const spool = await openSpool({ directory, retentionMs: 30 * DAY_MS, clock });
      const settled = async (messageId: string): Promise<void> => {
        const folder = await spool.begin('in', { ...key, messageId }, 'received', {});
        await folder.add('request.raw', messageId);
        await spool.settle(folder);
      };
      await settled('old');
      await settled('touched');
      await clock.pass(2 * DAY_MS);
      await settled('kept');
      await (await spool.find('in', { ...key, messageId: 'touched' }))?.advance('decided');
      await clock.pass(29 * DAY_MS);
      await spool.sweep();
      assert.equal(await spool.find('in', { ...key, messageId: 'old' }), undefined);
      for (const messageId of ['touched', 'kept']) {
        const found = await spool.find('in', { ...key, messageId });
        assert.equal((await found?.read('request.raw'))?.toString(), messageId);
      }
      await spool.close();
    });
  });

  it('lets one after the other work on the same exchange, and others at the same time', async () => {
    await withSpool(async (spool) => {
      const steps: string[] = [];
      const work = (name: string) => async (): Promise<void> => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        steps.push(`${name} ends`);
        if (name === 'first') throw new Error('a failure does not block the next');
      };
      const results = await Promise.allSettled([
        spool.exclusively('in', key, work('first')),
        spool.exclusively('in', key, work('second')),
        spool.exclusively('out', key, work('other')),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['rejected', 'fulfilled', 'fulfilled'],
      );
      assert.ok(steps.indexOf('second begins') > steps.indexOf('first ends'));
      assert.ok(steps.indexOf('other begins') < steps.indexOf('first ends'));
    });
  });
});

function tooMuch(): As2Error {
  return new As2Error('truncated', { expected: 0 });
}
