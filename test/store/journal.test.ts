import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Spool } from '../../src/store';
import { SimulatedClock } from '../support/simulated-clock';
import { DAY_MS, type Facts, hasCode, HOUR_MS, keyOf, opened, settled, withSpool } from './spools';

describe('store: journal', () => {
  it('tells after a restart what it knew before', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one', { direction: 'out', owner: 'node-1', dueAt: 1_000 });
      await folder.advance(
        'retrying',
        { note: 'later' },
        { attempts: 2, dueAt: 2_000, detail: { status: 503 } },
      );
      await folder.advance('failed', {}, { dueAt: null, unreported: true });
      const { id } = folder.record;
      const before = folder.record;
      await spool.close();
      await opened(spool.directory, async (again) => {
        const found = await again.get<Facts>(id);
        assert.deepEqual(found?.record, before);
        assert.equal(found.record.dueAt, undefined);
        assert.equal(found.record.attempts, 2);
        assert.equal((await found.read('request.raw')).toString(), 'one');
        const history = await again.history(id);
        assert.deepEqual(
          history.map(({ state, detail }) => [state, detail]),
          [
            ['received', undefined],
            ['retrying', { status: 503 }],
            ['failed', undefined],
          ],
        );
      });
    });
  });

  it('REL-07: of many that want the same key at once, one gets it; the others can be discarded', async () => {
    await withSpool(async (spool) => {
      const rivals = await Promise.all(
        Array.from({ length: 20 }, () => spool.begin('in', keyOf('same'), 'received', {})),
      );
      const results = await Promise.allSettled(rivals.map(async (folder) => spool.settle(folder)));
      const losers = rivals.filter((_folder, index) => results[index]?.status === 'rejected');
      assert.equal(losers.length, 19);
      for (const result of results) {
        if (result.status === 'rejected') hasCode('exchange-taken')(result.reason);
      }
      for (const loser of losers) await loser.discard();
      assert.equal((await spool.list({ limit: 100 })).length, 1);
    });
  });

  it('a key is free until it is claimed; claiming writes the step and the facts with it, or nothing', async () => {
    await withSpool(async (spool) => {
      const [first, second] = [
        await settled(spool, 'same', { claim: false }),
        await settled(spool, 'same', { claim: false }),
      ];
      assert.equal(await spool.find('in', keyOf('same')), undefined);
      await spool.claim(first, { state: 'taken', facts: { note: 'first' }, dueAt: 5 });
      const holder = await spool.find<Facts>('in', keyOf('same'));
      assert.equal(holder?.record.id, first.record.id);
      assert.equal(holder.record.state, 'taken');
      assert.deepEqual(holder.record.facts, { note: 'first' });
      assert.equal(holder.record.claimed, true);

      const before = second.record;
      await assert.rejects(
        spool.claim(second, { state: 'taken', facts: { note: 'second' } }),
        hasCode('exchange-taken'),
      );
      assert.deepEqual(second.record, before);
      assert.deepEqual((await spool.get(second.record.id))?.record, before);
      assert.equal((await spool.history(second.record.id)).length, 1);

      await spool.settleRefused(first);
      assert.equal(await spool.find('in', keyOf('same')), undefined);
      await spool.claim(second);
      assert.equal((await spool.find('in', keyOf('same')))?.record.id, second.record.id);
    });
  });

  it('what was described and noted before there was a row is written with it', async () => {
    await withSpool(async (spool) => {
      const folder = await spool.begin<Facts>('in', keyOf('one'), 'received', {});
      folder.describe({ note: 'described' });
      await folder.advance('opened');
      await spool.settle(folder, { detail: { signed: true } });
      const found = await spool.get<Facts>(folder.record.id);
      assert.equal(found?.record.state, 'opened');
      assert.deepEqual(found.record.facts, { note: 'described' });
      const history = await spool.history(folder.record.id);
      assert.deepEqual(
        history.map(({ state, detail }) => [state, detail]),
        [
          ['received', undefined],
          ['opened', { signed: true }],
        ],
      );
    });
  });

  it('a step that changes neither the state nor says more leaves no line in the history', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one', { unreported: true });
      await folder.note('received', {}, { unreported: false });
      assert.equal((await spool.get(folder.record.id))?.record.unreported, false);
      assert.equal((await spool.history(folder.record.id)).length, 1);
    });
  });

  it('what one object does not know about an exchange, it leaves alone', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      const other = await spool.get<Facts>(folder.record.id);
      await folder.advance('accepted', { note: 'changed' }, { owner: 'node-2' });
      await other?.note('receipt-sent');
      const found = await spool.get<Facts>(folder.record.id);
      assert.equal(found?.record.state, 'receipt-sent');
      assert.deepEqual(found.record.facts, { note: 'changed' });
      assert.equal(found.record.owner, 'node-2');
    });
  });

  it('an exchange that goes on for ever keeps the beginning and the end of its history', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      for (let n = 2; n <= 1_100; n++) await folder.note('repeated', {}, { detail: { n } });
      await folder.advance('last');
      const history = await spool.history(folder.record.id);
      assert.ok(history.length <= 1_000, String(history.length));
      assert.equal(history[0]?.state, 'received');
      assert.deepEqual(history[49]?.detail, { n: 50 });
      assert.equal(history.at(-1)?.state, 'last');
      assert.deepEqual(history.at(-2)?.detail, { n: 1_100 });
    });
  });

  it('an exchange that is gone takes no more steps, and discarding leaves nothing', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      const other = await spool.get(folder.record.id);
      await folder.discard();
      assert.equal(await spool.get(folder.record.id), undefined);
      assert.deepEqual(await spool.history(folder.record.id), []);
      assert.ok(other);
      await assert.rejects(other.advance('accepted'), hasCode('exchange-unreadable'));
      await other.note('receipt-sent');
      const database = new DatabaseSync(join(spool.directory, 'journal.sqlite'));
      database.exec('PRAGMA busy_timeout = 10000');
      for (const table of ['exchanges', 'history', 'files']) {
        assert.equal(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n, 0, table);
      }
      database.close();
      await settled(spool, 'one');
    });
  });

  it('steps of one object happen in the order in which they were asked for', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      const states = Array.from({ length: 30 }, (_, n) => `state-${n}`);
      await Promise.all(states.map((state, n) => (n % 3 ? folder.note(state) : folder.advance(state))));
      const history = await spool.history(folder.record.id);
      assert.deepEqual(
        history.slice(1).map(({ state }) => state),
        states,
      );
    });
  });

  it('a note that does not reach the journal is made up for by the next step', async () => {
    await withSpool(async (spool) => {
      const folder = await settled(spool, 'one');
      const database = new DatabaseSync(join(spool.directory, 'journal.sqlite'));
      database.exec('PRAGMA busy_timeout = 10000');
      database.exec(`CREATE TRIGGER refuse BEFORE UPDATE ON exchanges BEGIN SELECT raise(ABORT, 'no'); END`);
      await folder.note('sending', { note: 'changed' }, { attempts: 3, owner: 'node-1', dueAt: 7 });
      await assert.rejects(folder.advance('sent', { note: 'lost' }), hasCode('store-unavailable'));
      assert.equal(folder.record.state, 'sending');
      assert.deepEqual(folder.record.facts, { note: 'changed' });
      database.exec('DROP TRIGGER refuse');
      database.close();
      await folder.advance('sent');
      const { record } = (await spool.get<Facts>(folder.record.id)) ?? assert.fail();
      assert.deepEqual(record, folder.record);
      assert.deepEqual([record.attempts, record.owner, record.dueAt], [3, 'node-1', 7]);
    });
  });

  it('one that fails leaves the others of the same transaction alone', async () => {
    await withSpool(async (spool) => {
      await settled(spool, 'taken');
      const results = await Promise.allSettled(
        ['a', 'taken', 'b', 'taken', 'c'].map(async (messageId) => settled(spool, messageId)),
      );
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
      );
      for (const messageId of ['a', 'b', 'c']) assert.ok(await spool.find('in', keyOf(messageId)));
    });
  });
});

describe('store: what has to be done', () => {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 1));

  it('what is due, the longest overdue first, of all or of one owner, partner or state', async () => {
    await withSpool(
      async (spool) => {
        const now = clock.now();
        await settled(spool, 'later', { direction: 'out', dueAt: now + 10 });
        await settled(spool, 'second', { direction: 'out', dueAt: now - 5, owner: 'a' });
        await settled(spool, 'first', { direction: 'out', dueAt: now - 10, owner: 'b' });
        await settled(spool, 'gamma', {
          direction: 'out',
          dueAt: now,
          key: keyOf('gamma', 'ALPHA', 'GAMMA'),
        });
        await settled(spool, 'done', { direction: 'out' });
        await settled(spool, 'received', { direction: 'in', dueAt: now - 20 });
        const due = async (filter: Partial<Parameters<Spool['due']>[0]> = {}): Promise<string[]> => {
          const folders = await spool.due({ direction: 'out', until: now, limit: 10, ...filter });
          return folders.map(({ record }) => record.key.messageId);
        };
        assert.deepEqual(await due(), ['first', 'second', 'gamma']);
        assert.deepEqual(await due({ limit: 1 }), ['first']);
        assert.deepEqual(await due({ owner: 'a' }), ['second']);
        assert.deepEqual(await due({ exceptPartners: ['BETA'] }), ['gamma']);
        assert.deepEqual(await due({ partner: 'GAMMA' }), ['gamma']);
        assert.deepEqual(await due({ states: ['queued'] }), []);
        assert.deepEqual(await due({ direction: 'in' }), ['received']);
        assert.equal(await spool.nextDue('out'), now - 10);
        assert.equal(await spool.nextDue('out', { after: now }), now + 10);
        assert.equal(await spool.nextDue('out', { owner: 'a' }), now - 5);
        assert.equal(await spool.nextDue('out', { owner: 'nobody' }), undefined);
        assert.equal(await spool.nextDue('out', { exceptPartners: ['BETA'], after: now }), undefined);
      },
      { clock },
    );
  });

  it('the clock was set back: what lies further ahead than anything is ever put off is due now', async () => {
    await withSpool(
      async (spool) => {
        const started = clock.now();
        await settled(spool, 'near', { direction: 'out', dueAt: started + HOUR_MS });
        clock.jump(-30 * DAY_MS);
        const now = clock.now();
        await settled(spool, 'regular', { direction: 'out', dueAt: now + 6 * DAY_MS });
        const [due, ...others] = await spool.due({ direction: 'out', until: now, limit: 10 });
        assert.equal(due?.record.key.messageId, 'near');
        assert.deepEqual(others, []);
        assert.equal(await spool.nextDue('out'), now);
        await due.advance('sent', {}, { dueAt: null });
        assert.equal(await spool.nextDue('out'), now + 6 * DAY_MS);
      },
      { clock },
    );
  });

  it('the clock was set ahead: everything is due', async () => {
    await withSpool(
      async (spool) => {
        await settled(spool, 'one', { direction: 'out', dueAt: clock.now() + 6 * DAY_MS });
        clock.jump(400 * DAY_MS);
        assert.equal((await spool.due({ direction: 'out', until: clock.now(), limit: 10 })).length, 1);
      },
      { clock },
    );
  });

  it('outcomes that their owner was not told', async () => {
    await withSpool(async (spool) => {
      await settled(spool, 'a1', { direction: 'out', owner: 'a', unreported: true });
      const told = await settled(spool, 'a2', { direction: 'out', owner: 'a', unreported: true });
      await settled(spool, 'b1', { direction: 'out', owner: 'b', unreported: true });
      await told.advance('received', {}, { unreported: false });
      const left = await spool.unreported('out', 'a');
      assert.deepEqual(
        left.map(({ record }) => record.key.messageId),
        ['a1'],
      );
      assert.deepEqual(await spool.unreported('in', 'a'), []);
    });
  });
});

describe('store: lists', () => {
  it('newest first, by direction, partner, state, owner, time and Message-ID, page by page', async () => {
    const clock = new SimulatedClock(Date.UTC(2026, 0, 1));
    await withSpool(
      async (spool) => {
        const began = clock.now();
        for (let n = 0; n < 12; n++) {
          const direction = n % 2 ? 'in' : 'out';
          const other = n % 3 ? 'BETA' : 'GAMMA';
          const key = direction === 'out' ? keyOf(`m${n}`, 'US', other) : keyOf(`m${n}`, other, 'US');
          const folder = await settled(spool, `m${n}`, { direction, key, owner: `node-${n % 4}` });
          if (n >= 8) await folder.advance(n === 9 ? 'failed' : 'completed');
          await clock.pass(HOUR_MS);
        }
        const list = async (filter: Partial<Parameters<Spool['list']>[0]>): Promise<string> => {
          const records = await spool.list({ limit: 100, ...filter });
          return records.map(({ key }) => key.messageId.slice(1)).join(' ');
        };
        assert.equal(await list({}), '11 10 9 8 7 6 5 4 3 2 1 0');
        assert.equal(await list({ limit: 3 }), '11 10 9');
        assert.equal(await list({ direction: 'in' }), '11 9 7 5 3 1');
        assert.equal(await list({ partner: 'GAMMA' }), '9 6 3 0');
        assert.equal(await list({ direction: 'in', partner: 'GAMMA' }), '9 3');
        assert.equal(await list({ states: ['completed', 'failed'] }), '11 10 9 8');
        assert.equal(await list({ states: ['completed', 'failed'], limit: 2 }), '11 10');
        assert.equal(await list({ states: [] }), '');
        assert.equal(await list({ partner: 'GAMMA', states: ['failed'] }), '9');
        assert.equal(await list({ owner: 'node-1' }), '9 5 1');
        assert.equal(await list({ messageId: 'm7' }), '7');
        assert.equal(await list({ from: began + 3 * HOUR_MS, to: began + 6 * HOUR_MS }), '5 4 3');
        const pages: string[] = [];
        for (let before: string | undefined; ;) {
          const page = await spool.list({ limit: 5, ...(before === undefined ? {} : { before }) });
          if (page.length === 0) break;
          pages.push(page.map(({ key }) => key.messageId.slice(1)).join(' '));
          before = page.at(-1)?.id;
        }
        assert.deepEqual(pages, ['11 10 9 8 7', '6 5 4 3 2', '1 0']);
      },
      { clock },
    );
  });
});
