import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { As2Error } from '../../src/errors';
import { openSpool, type Spool } from '../../src/store';
import { Journal } from '../../src/store/journal/journal';
import { canMount, withSmallDisk } from '../support/small-disk';
import { withTempDirectory } from '../support/temp';
import { hasCode, keyOf, opened, settled, withSpool } from './spools';

const PAGE_BYTES = 4096;

/** A closed spool with some exchanges in its journal. */
async function withClosedSpool(
  work: (directory: string, journal: string) => Promise<void>,
  exchanges = 50,
): Promise<void> {
  await withTempDirectory(async (temp) => {
    const directory = join(temp, 'spool');
    await opened(directory, async (spool) => {
      const all = Array.from({ length: exchanges }, async (_, n) => settled(spool, `m${n}`));
      await Promise.all(all);
    });
    await work(directory, join(directory, 'journal.sqlite'));
  });
}

async function overwrite(path: string, position: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

describe('store: a damaged journal', () => {
  const damages: readonly { title: string; damage: (path: string) => Promise<void> }[] = [
    { title: 'empty', damage: (path) => truncate(path, 0) },
    { title: 'cut off in the first page', damage: (path) => truncate(path, 100) },
    { title: 'cut off in the middle', damage: async (path) => truncate(path, (await stat(path)).size / 2) },
    {
      title: 'cut off by one page',
      damage: async (path) => truncate(path, (await stat(path)).size - PAGE_BYTES),
    },
    { title: 'another header', damage: (path) => overwrite(path, 0, Buffer.alloc(100, 'x')) },
    { title: 'a first page of zeros', damage: (path) => overwrite(path, 0, Buffer.alloc(PAGE_BYTES)) },
    {
      title: 'a page in the middle overwritten',
      damage: async (path) => {
        const pages = (await stat(path)).size / PAGE_BYTES;
        await overwrite(path, Math.floor(pages / 2) * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, 0xa5));
      },
    },
    { title: 'a text in its place', damage: (path) => writeFile(path, 'no journal at all\n'.repeat(1000)) },
    {
      title: 'a database of something else',
      damage: async (path) => {
        await rm(path);
        const other = new DatabaseSync(path);
        other.exec('CREATE TABLE other (a)');
        other.close();
      },
    },
    {
      title: 'without its version',
      damage: async (path) => {
        const database = new DatabaseSync(path);
        database.exec('DELETE FROM schema_version');
        database.close();
      },
    },
  ];
  for (const { title, damage } of damages) {
    it(`${title}: says so and what to do, and leaves everything as it is`, async () => {
      await withClosedSpool(async (directory, journal) => {
        await damage(journal);
        const before = await readFile(journal);
        for (let attempt = 0; attempt < 2; attempt++) {
          await assert.rejects(openSpool({ directory }), (error) => {
            assert.ok(error instanceof As2Error);
            assert.equal(error.code, 'journal-damaged', error.message);
            assert.ok(error.message.includes(journal));
            assert.match(error.message, /backup/);
            return true;
          });
        }
        assert.ok((await readFile(journal)).equals(before));
        assert.equal((await readdir(directory)).filter((name) => name.endsWith('.old')).length, 0);
      });
    });
  }

  it('gone: said so, at the start and in use, until it is back', async () => {
    await withTempDirectory(async (temp) => {
      const directory = join(temp, 'spool');
      const path = join(directory, 'journal.sqlite');
      const move = async (from: string, to: string): Promise<void> => {
        const names = (await readdir(directory)).filter((name) => name.startsWith('journal.sqlite'));
        for (const name of names.filter((each) => each.endsWith(from))) {
          await rename(
            join(directory, name),
            join(directory, `${name.slice(0, name.length - from.length)}${to}`),
          );
        }
      };
      await opened(directory, async (spool) => settled(spool, 'before'));
      await move('', '.away');
      await assert.rejects(openSpool({ directory }), (error) => {
        assert.ok(hasCode('journal-missing')(error));
        assert.match((error as Error).message, /Put it back.*move the whole directory/);
        return true;
      });
      assert.ok(!existsSync(path));
      await move('.away', '');
      await opened(directory, async (spool) => {
        await settled(spool, 'in use');
        await move('', '.away');
        await assert.rejects(settled(spool, 'lost'), hasCode('store-unavailable'));
        await assert.rejects(settled(spool, 'lost'), hasCode('journal-missing'));
        await move('.away', '');
        while (!(await spool.find('in', keyOf('before')).catch(() => undefined))) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assert.ok(await spool.find('in', keyOf('in use')));
        assert.equal(await spool.find('in', keyOf('lost')), undefined);
      });
    });
  });

  it('the whole directory moved away: a new one begins', async () => {
    await withTempDirectory(async (temp) => {
      const directory = join(temp, 'spool');
      await opened(directory, async (spool) => settled(spool, 'old'));
      await rename(directory, `${directory}.away`);
      await opened(directory, async (spool) => assert.equal(await spool.find('in', keyOf('old')), undefined));
    });
  });

  it('what is left of an old one is not read into a new one', async () => {
    await withTempDirectory(async (temp) => {
      const directory = join(temp, 'spool');
      const journal = join(directory, 'journal.sqlite');
      const spool = await openSpool({ directory });
      await settled(spool, 'old');
      // As a crash leaves it: the newest is beside the journal.
      await mkdir(join(temp, 'crashed'));
      for (const name of ['journal.sqlite', 'journal.sqlite-wal']) {
        await copyFile(join(directory, name), join(temp, 'crashed', name));
      }
      await spool.close();
      await rm(journal);
      await rm(join(directory, 'journal.begun'));
      await copyFile(join(temp, 'crashed', 'journal.sqlite-wal'), `${journal}-wal`);
      await opened(directory, async (again) => {
        assert.equal(await again.find('in', keyOf('old')), undefined);
        await settled(again, 'new');
      });
      await opened(directory, async (again) => assert.ok(await again.find('in', keyOf('new'))));
      const kept = (await readdir(directory)).filter((name) => /^journal\.sqlite-wal\..*\.old$/.test(name));
      assert.equal(kept.length, 1, 'nothing is deleted by itself');
    });
  });

  it('a restored copy knows what it knew', async () => {
    await withTempDirectory(async (temp) => {
      const directory = join(temp, 'spool');
      const backup = join(temp, 'backup.sqlite');
      await opened(directory, async (spool) => {
        await settled(spool, 'before');
        // While it is in use, as docs/journal.md says.
        const database = new DatabaseSync(join(directory, 'journal.sqlite'), { readOnly: true });
        database.exec(`VACUUM INTO '${backup}'`);
        database.close();
        await settled(spool, 'after');
      });
      await rename(backup, join(directory, 'journal.sqlite'));
      await opened(directory, async (spool) => {
        assert.equal(
          (await (await spool.find('in', keyOf('before')))?.read('request.raw'))?.toString(),
          'before',
        );
        assert.equal(await spool.find('in', keyOf('after')), undefined);
      });
    });
  });

  it('a large one is in use while it is looked through, until the damage is found', async () => {
    await withClosedSpool(async (_directory, path) => {
      const database = new DatabaseSync(path);
      const root = database
        .prepare(`SELECT rootpage FROM sqlite_master WHERE name = 'exchanges_message'`)
        .get();
      database.close();
      await overwrite(path, (Number(root?.rootpage) - 1) * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, 0xa5));
      const journal = await Journal.open(path, { checkedBytes: 0 });
      const found = async (): Promise<unknown> => {
        for (;;) {
          const failure = await journal.find('in', keyOf('m1')).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (failure) return failure;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      assert.ok(hasCode('journal-damaged')(await found()));
      await journal.close();
    });
  });

  it('a large one without damage stays in use', async () => {
    await withClosedSpool(async (_directory, path) => {
      const journal = await Journal.open(path, { checkedBytes: 0 });
      assert.ok(await journal.find('in', keyOf('m1')));
      await journal.close();
    });
  });
});

describe('store: versions of the journal', () => {
  it('a newer one is left alone', async () => {
    await withClosedSpool(async (directory, path) => {
      const database = new DatabaseSync(path);
      database.exec('UPDATE schema_version SET version = 99');
      database.close();
      const before = await readFile(path);
      await assert.rejects(openSpool({ directory }), hasCode('journal-newer'));
      assert.ok((await readFile(path)).equals(before));
    });
  });

  it('an older one is brought up to date, step by step, with all that is in it', async () => {
    await withTempDirectory(async (temp) => {
      const path = join(temp, 'journal.sqlite');
      const first = [
        'CREATE TABLE schema_version (version INTEGER)',
        'INSERT INTO schema_version VALUES (0)',
      ];
      const versions = [
        [...first, 'CREATE TABLE notes (name TEXT PRIMARY KEY)', `INSERT INTO notes VALUES ('kept')`],
        [`ALTER TABLE notes ADD COLUMN value TEXT NOT NULL DEFAULT 'from the second'`],
        [`UPDATE notes SET value = value || ' and the third'`],
      ];
      await (await Journal.open(path, { migrations: versions.slice(0, 1) })).close();
      const journal = await Journal.open(path, { migrations: versions });
      assert.equal(await journal.readNote('kept'), 'from the second and the third');
      await journal.close();
      const again = await Journal.open(path, { migrations: versions });
      assert.equal(await again.readNote('kept'), 'from the second and the third');
      await again.close();
    });
  });

  it('a step to the next version that fails is taken back whole', async () => {
    await withTempDirectory(async (temp) => {
      const path = join(temp, 'journal.sqlite');
      const first = [
        'CREATE TABLE schema_version (version INTEGER)',
        'INSERT INTO schema_version VALUES (0)',
        'CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT)',
      ];
      const broken = ['ALTER TABLE notes ADD COLUMN more TEXT', 'UPDATE nothing SET a = 1'];
      await (await Journal.open(path, { migrations: [first] })).close();
      await assert.rejects(Journal.open(path, { migrations: [first, broken] }), hasCode('store-unavailable'));
      const database = new DatabaseSync(path);
      assert.equal(database.prepare('SELECT version FROM schema_version').get()?.version, 1);
      assert.equal(database.prepare(`SELECT count(*) AS n FROM pragma_table_info('notes')`).get()?.n, 2);
      database.close();
    });
  });
});

describe('store: a disk that does not take it', () => {
  const onSmallDisk = canMount ? it : it.skip;
  onSmallDisk('full: nothing is half written, and it goes on when there is room', async () => {
    await withSmallDisk(4 * 1024 * 1024, async ({ directory }) => {
      const ballast = join(directory, 'ballast');
      await writeFile(ballast, Buffer.alloc(1024 * 1024));
      const spool = await openSpool({ directory: join(directory, 'spool') });
      const taken: string[] = [];
      const fill = async (n: number): Promise<void> => {
        const folder = await spool.begin('in', keyOf(`m${n}`), 'received', {});
        await folder.add('payload', Buffer.alloc(60_000, n));
        await spool.settle(folder);
        taken.push(`m${n}`);
      };
      const until = async (): Promise<unknown> => {
        for (let n = 0; ; n++) {
          const error = await fill(n).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error) return error;
        }
      };
      assert.ok(hasCode('store-full')(await until()));
      assert.ok(taken.length > 3);
      for (const messageId of taken) assert.ok(await spool.find('in', keyOf(messageId)), messageId);
      assert.equal(await spool.find('in', keyOf(`m${taken.length}`)), undefined);

      const large = await spool.begin('in', keyOf('large'), 'received', {});
      await assert.rejects(large.add('payload', Buffer.alloc(5_000_000)), hasCode('store-full'));
      await large.discard();

      await rm(ballast);
      const [first] = taken;
      await (await spool.find('in', keyOf(first ?? '')))?.advance('accepted');
      await settled(spool, 'again');
      await spool.close();
      await opened(spool.directory, async (reopened) => {
        assert.ok(await reopened.find('in', keyOf('again')));
        assert.equal((await reopened.find('in', keyOf(first ?? '')))?.record.state, 'accepted');
      });
    });
  });

  onSmallDisk('read-only: refused in words; it goes on when it can be written again', async () => {
    await withSmallDisk(4 * 1024 * 1024, async (disk) => {
      const directory = join(disk.directory, 'spool');
      await opened(directory, async (spool) => settled(spool, 'before'));
      await disk.makeReadOnly();
      await assert.rejects(openSpool({ directory }), hasCode('store-unavailable'));
      await disk.makeWritable();
      await opened(directory, async (spool) => assert.ok(await spool.find('in', keyOf('before'))));
    });
  });

  it('a journal that was exchanged while it was in use takes nothing more; then the new one is used', async () => {
    await withTempDirectory(async (temp) => {
      const backup = join(temp, 'backup.sqlite');
      const directory = join(temp, 'spool');
      await opened(directory, async (spool) => settled(spool, 'in both'));
      const path = join(directory, 'journal.sqlite');
      await copyFile(path, backup);
      await opened(directory, async (spool) => {
        await settled(spool, 'before');
        for (const suffix of ['', '-wal', '-shm']) await rename(`${path}${suffix}`, `${path}${suffix}.away`);
        await rename(backup, path);
        await assert.rejects(settled(spool, 'lost'), hasCode('store-unavailable'));
        await settled(spool, 'after');
        assert.equal(await spool.find('in', keyOf('before')), undefined);
        assert.ok(await spool.find('in', keyOf('in both')));
        assert.ok(await spool.find('in', keyOf('after')));
      });
    });
  });
});

describe('store: who works with the journal', () => {
  it('one at a time: the second is told, and gets it when the first is done', async () => {
    await withTempDirectory(async (temp) => {
      const path = join(temp, 'journal.sqlite');
      const first = await Journal.open(path);
      await assert.rejects(Journal.open(path, { patienceMs: 50 }), hasCode('store-in-use'));
      const second = Journal.open(path);
      await first.writeNote('who', 'first');
      await first.close();
      assert.equal(await (await second).readNote('who'), 'first');
      await (await second).close();
    });
  });

  it('another process that holds it, and is killed, leaves it free', async () => {
    await withTempDirectory(async (temp) => {
      const script = `
        require(${JSON.stringify(require.resolve('../../src/store'))}).openSpool({ directory: process.argv[1] })
          .then(() => { console.log('open'); setInterval(() => undefined, 1000); });`;
      const other = spawn(process.execPath, ['-e', script, temp], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await once(other.stdout, 'data');
        await assert.rejects(
          Journal.open(join(temp, 'journal.sqlite'), { patienceMs: 50 }),
          hasCode('store-in-use'),
        );
      } finally {
        other.kill('SIGKILL');
        await once(other, 'exit');
      }
      await opened(temp, async (spool) => settled(spool, 'one'));
    });
  });

  it('an administrator may read while it is in use', async () => {
    await withSpool(async (spool) => {
      await settled(spool, 'one');
      const reader = new DatabaseSync(join(spool.directory, 'journal.sqlite'), { readOnly: true });
      assert.equal(reader.prepare('SELECT message_id FROM exchanges').get()?.message_id, 'one');
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM exchanges').get();
      await settled(spool, 'two');
      reader.close();
    });
  });

  it('an open spool keeps no process alive, warns of nothing, and what is being written is finished', async () => {
    await withTempDirectory(async (temp) => {
      const script = `
        const { openSpool } = require(${JSON.stringify(require.resolve('../../src/store'))});
        openSpool({ directory: process.argv[1] }).then(async (spool) => {
          const folder = await spool.begin('in', { from: 'A', to: 'B', messageId: 'm' }, 'received', {});
          await spool.settle(folder);
          await folder.note('noted');
          console.log('nothing left to do');
        });`;
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', script, temp]);
      assert.equal(stdout, 'nothing left to do\n');
      assert.equal(stderr, '');
      await opened(temp, async (spool) => {
        assert.equal((await spool.find('in', keyOf('m', 'A', 'B')))?.record.state, 'noted');
      });
    });
  });

  it('after closing, calls are refused, and what was asked for before is durable', async () => {
    await withTempDirectory(async (directory) => {
      const spool = await openSpool({ directory });
      const folder = await settled(spool, 'one');
      await folder.note('noted');
      const advancing = spool.find('in', keyOf('one'));
      await spool.close();
      assert.equal((await advancing)?.record.state, 'noted');
      await assert.rejects(spool.list({ limit: 1 }), hasCode('store-unavailable'));
      assert.deepEqual(
        (await readdir(directory)).filter((name) => /-(?:wal|shm|journal)$/.test(name)),
        [],
      );
      await opened(directory, async (again) => {
        assert.equal((await again.find('in', keyOf('one')))?.record.state, 'noted');
      });
    });
  });

  it('its thread dies: what was in work fails, the next call works', async () => {
    await withSpool(async (spool) => {
      await settled(spool, 'before');
      const results = Promise.allSettled(
        Array.from({ length: 20 }, async (_, n) => settled(spool, `during-${n}`)),
      );
      await terminateJournalThread(spool);
      const outcomes = await results;
      await settled(spool, 'after');
      for (const [n, { status }] of outcomes.entries()) {
        const found = await spool.find('in', keyOf(`during-${n}`));
        assert.equal(found !== undefined, status === 'fulfilled', `during-${n} ${status}`);
      }
      assert.ok(await spool.find('in', keyOf('before')));
      assert.ok(await spool.find('in', keyOf('after')));
    });
  });
});

/** Ends the thread as a failure inside it would. */
async function terminateJournalThread(spool: Spool): Promise<void> {
  const { journal } = spool as unknown as {
    journal: { connection: { worker?: { terminate(): Promise<unknown> } } };
  };
  await journal.connection.worker?.terminate();
}
