import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSpool, type Spool, type SpoolSettings } from '../../src/store';
import { SimulatedClock } from '../support/simulated-clock';
import { withTempDirectory } from '../support/temp';
import { DAY_MS, HOUR_MS, keyOf, settled, withSpool } from './spools';

/** A spool that runs long enough to believe its clock. */
async function withSwept(
  work: (spool: Spool, clock: SimulatedClock) => Promise<void>,
  settings: Partial<SpoolSettings> = {},
): Promise<void> {
  const clock = new SimulatedClock();
  await withSpool(
    async (spool) => {
      await clock.pass(DAY_MS + HOUR_MS);
      await spool.sweep();
      await work(spool, clock);
    },
    { clock, ...settings },
  );
}

/** An exchange with a file that is too large for the journal. */
async function large(spool: Spool, messageId: string): Promise<string> {
  const folder = await spool.begin('in', keyOf(messageId), 'received', {});
  await folder.add('payload', Buffer.alloc(70_000));
  await spool.settle(folder);
  return folder.path;
}

async function ids(spool: Spool): Promise<string[]> {
  const records = await spool.list({ limit: 100 });
  return records.map(({ key }) => key.messageId).sort();
}

describe('store: what is removed', () => {
  it('exchanges go with their files and their history when the retention time is over', async () => {
    await withSwept(
      async (spool, clock) => {
        const path = await large(spool, 'old');
        await large(spool, 'touched');
        await clock.pass(5 * DAY_MS);
        await (await spool.find('in', keyOf('touched')))?.advance('decided');
        await settled(spool, 'young');
        await clock.pass(5 * DAY_MS + HOUR_MS);
        await spool.sweep();
        assert.deepEqual(await ids(spool), ['touched', 'young']);
        assert.deepEqual(await readdir(spool.spill.directory), []);
        assert.ok(!(await readdir(join(path, '..'))).includes(basename(path)));
        const database = new DatabaseSync(join(spool.directory, 'journal.sqlite'), { readOnly: true });
        const lost = database
          .prepare(`SELECT exchange_id FROM history UNION SELECT exchange_id FROM files`)
          .all()
          .filter(
            ({ exchange_id: id }) =>
              !database.prepare('SELECT 1 FROM exchanges WHERE id = ?').get(String(id)),
          );
        assert.deepEqual(lost, []);
        database.close();
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('not what is put off for longer than the retention time; what nobody has taken up since goes', async () => {
    await withSwept(
      async (spool, clock) => {
        const now = clock.now();
        await settled(spool, 'waits', { direction: 'out', dueAt: now + 3 * DAY_MS });
        await settled(spool, 'abandoned', { dueAt: now + HOUR_MS });
        await clock.pass(2 * DAY_MS);
        await spool.sweep();
        assert.deepEqual(await ids(spool), ['waits']);
        await (await spool.find('out', keyOf('waits')))?.advance('completed', {}, { dueAt: null });
        await clock.pass(DAY_MS + HOUR_MS);
        await spool.sweep();
        assert.deepEqual(await ids(spool), []);
      },
      { retentionMs: DAY_MS },
    );
  });

  it('many at once, and the journal gives their room back', async () => {
    await withSwept(
      async (spool, clock) => {
        const document = Buffer.alloc(40_000, 'x');
        const all = Array.from({ length: 350 }, async (_, n) => {
          const folder = await spool.begin('in', keyOf(`m${n}`), 'received', {});
          await folder.add('payload', document);
          await spool.settle(folder);
        });
        await Promise.all(all);
        await clock.pass(10 * DAY_MS + HOUR_MS);
        const pages = (): number => {
          const database = new DatabaseSync(join(spool.directory, 'journal.sqlite'), { readOnly: true });
          const { page_count: count } = database.prepare('PRAGMA page_count').get() ?? {};
          database.close();
          return Number(count);
        };
        const before = pages();
        await spool.sweep();
        assert.ok(pages() < before / 2, `${before} pages before, ${pages()} after`);
        assert.deepEqual(await ids(spool), []);
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('it happens by itself, every hour', async () => {
    await withSwept(
      async (spool, clock) => {
        await settled(spool, 'old');
        await clock.pass(10 * DAY_MS + 2 * HOUR_MS);
        while ((await ids(spool)).length > 0) await clock.pass(HOUR_MS);
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('folders that the journal does not know go after the retention time, what is none of ours stays', async () => {
    await withSwept(
      async (spool, clock) => {
        const kept = await large(spool, 'kept');
        const day = join(kept, '..');
        const orphan = join(day, `${basename(kept).slice(0, -8)}deadbeef`);
        assert.notEqual(orphan, kept);
        for (const path of [orphan, join(day, 'notes of the administrator')]) {
          await mkdir(path);
          await writeFile(join(path, 'payload'), 'x');
        }
        const removedDay = join(spool.directory, 'out', '20200101');
        await mkdir(join(removedDay, '20200101T000000000Z-deadbeef'), { recursive: true });
        assert.equal(await spool.sweep(), 1, 'only the one of 2020');
        assert.deepEqual(await readdir(join(spool.directory, 'out')), []);
        await clock.pass(9 * DAY_MS);
        await (await spool.find('in', keyOf('kept')))?.advance('decided');
        await clock.pass(2 * DAY_MS);
        await spool.sweep();
        assert.deepEqual((await readdir(day)).sort(), [basename(kept), 'notes of the administrator'].sort());
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('what was left aside goes after a day', async () => {
    await withSwept(async (spool, clock) => {
      await writeFile(join(spool.spill.directory, 'left.part'), 'x');
      const building = await spool.begin('in', keyOf('building'), 'received', {});
      await building.add('payload', Buffer.alloc(70_000));
      // Its time stamps are those of the real clock.
      clock.jump(Date.now() - clock.now());
      await clock.pass(DAY_MS + HOUR_MS);
      await spool.sweep();
      assert.deepEqual(await readdir(spool.spill.directory), []);
    });
  });

  it('an exchange whose folder is gone or cannot be moved is removed all the same', async () => {
    await withSwept(
      async (spool, clock) => {
        await large(spool, 'one');
        const folder = await spool.find('in', keyOf('one'));
        await folder?.file('payload');
        await writeFile(join(spool.spill.directory, folder?.record.id ?? ''), 'in the way');
        await clock.pass(11 * DAY_MS);
        await spool.sweep();
        assert.deepEqual(await ids(spool), []);
        await clock.pass(DAY_MS);
        await spool.sweep();
        assert.deepEqual(await readdir(spool.spill.directory), []);
        assert.deepEqual(await readdir(join(spool.directory, 'in')), []);
      },
      { retentionMs: 10 * DAY_MS },
    );
  });
});

describe('store: what refused messages may take', () => {
  async function refuse(spool: Spool, messageId: string, bytes: number): Promise<void> {
    const folder = await spool.begin('in', keyOf(messageId), 'refused', {});
    await folder.add('request.raw', Buffer.alloc(bytes));
    await spool.settleRefused(folder);
  }

  async function untilOnly(spool: Spool, expected: readonly string[]): Promise<void> {
    while ((await ids(spool)).join() !== expected.join())
      await new Promise((resolve) => setTimeout(resolve, 2));
  }

  it('a number: the oldest go first, and others are not touched', async () => {
    await withSpool(
      async (spool) => {
        await settled(spool, 'accepted');
        for (const n of [1, 2, 3, 4, 5]) {
          await refuse(spool, `refused-${n}`, 10);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        await untilOnly(spool, ['accepted', 'refused-3', 'refused-4', 'refused-5']);
      },
      { refusedCount: 3 },
    );
  });

  it('an amount of octets, in the journal and in folders, also after a restart', async () => {
    await withTempDirectory(async (directory) => {
      const settings = { directory, refusedBytes: 250_000 };
      const before = await openSpool(settings);
      await refuse(before, 'refused-1', 100_000);
      await new Promise((resolve) => setTimeout(resolve, 2));
      await refuse(before, 'refused-2', 60_000);
      await before.close();
      const spool = await openSpool(settings);
      await new Promise((resolve) => setTimeout(resolve, 2));
      await refuse(spool, 'refused-3', 100_000);
      await untilOnly(spool, ['refused-2', 'refused-3']);
      await spool.close();
    });
  });

  it('a week, where exchanges are kept longer', async () => {
    await withSwept(async (spool, clock) => {
      await refuse(spool, 'refused', 10);
      const received = await settled(spool, 'late', { claim: false });
      await clock.pass(6 * DAY_MS);
      await spool.settleRefused(received);
      await clock.pass(1 * DAY_MS + HOUR_MS);
      await spool.sweep();
      assert.deepEqual(await ids(spool), ['late']);
    });
  });
});

describe('store: a clock that cannot be believed', () => {
  it('set ahead: nothing is removed for a day of running; set right again, nothing was lost', async () => {
    await withSwept(
      async (spool, clock) => {
        await settled(spool, 'one');
        clock.jump(100 * DAY_MS);
        assert.equal(await spool.sweep(), 0);
        await clock.pass(23 * HOUR_MS);
        assert.equal(await spool.sweep(), 0);
        clock.jump(-100 * DAY_MS);
        await clock.pass(2 * DAY_MS);
        assert.equal(await spool.sweep(), 0);
        assert.deepEqual(await ids(spool), ['one']);
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('ahead for longer than a day is the time it is', async () => {
    await withSwept(
      async (spool, clock) => {
        await settled(spool, 'one');
        clock.jump(100 * DAY_MS);
        await clock.pass(DAY_MS + 2 * HOUR_MS);
        await spool.sweep();
        assert.deepEqual(await ids(spool), []);
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('set back: nothing is removed', async () => {
    await withSwept(
      async (spool, clock) => {
        await settled(spool, 'one');
        clock.jump(-100 * DAY_MS);
        await clock.pass(3 * DAY_MS);
        await spool.sweep();
        assert.deepEqual(await ids(spool), ['one']);
      },
      { retentionMs: 10 * DAY_MS },
    );
  });

  it('a start long after the last time: first a day of running, which may be several runs', async () => {
    await withTempDirectory(async (directory) => {
      const clock = new SimulatedClock();
      const settings = { directory, clock, retentionMs: 10 * DAY_MS };
      const first = await openSpool(settings);
      await settled(first, 'one');
      await clock.pass(DAY_MS + HOUR_MS);
      await first.sweep();
      await first.close();
      clock.jump(60 * DAY_MS);
      for (let run = 0; run < 3; run++) {
        const spool = await openSpool(settings);
        for (let hour = 0; hour < 10; hour++) {
          await clock.pass(HOUR_MS);
          await spool.sweep();
        }
        assert.deepEqual(await ids(spool), run < 2 ? ['one'] : [], `run ${run}`);
        await spool.close();
      }
    });
  });
});
