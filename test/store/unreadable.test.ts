import assert from 'node:assert/strict';
import type { As2Error } from '../../src/errors';
import type { Spool } from '../../src/store';
import { damage, hasCode, keyOf, opened, settled, withSpool } from './spools';

/** A spool with a damaged exchange between sound ones, and what was said about it. */
async function withDamaged(
  work: (o: { spool: Spool; id: string; said: As2Error[] }) => Promise<void>,
  step: Parameters<typeof settled>[2] = { direction: 'out', owner: 'node', dueAt: 1 },
): Promise<void> {
  const said: As2Error[] = [];
  await withSpool(
    async (spool) => {
      await settled(spool, 'one', step);
      const { id } = (await settled(spool, 'damaged', step)).record;
      await settled(spool, 'two', step);
      damage(spool, id);
      await work({ spool, id, said });
    },
    { onUnreadable: (error) => said.push(error) },
  );
}

const idsOf = (folders: readonly { record: { key: { messageId: string } } }[]): string[] =>
  folders.map(({ record }) => record.key.messageId);

describe('store: a damaged record', () => {
  it('does not stop what is due, is set aside for good, and is said once', async () => {
    await withDamaged(async ({ spool, id, said }) => {
      // It would fill the page alone.
      const due = { direction: 'out', until: 1, limit: 2 } as const;
      assert.deepEqual(idsOf(await spool.due(due)), ['one', 'two']);
      assert.deepEqual(idsOf(await spool.due(due)), ['one', 'two']);
      assert.deepEqual(
        said.map(({ code, facts }) => [code, facts.exchange]),
        [['exchange-unreadable', id]],
      );
      await (await spool.find('out', keyOf('one')))?.discard();
      await (await spool.find('out', keyOf('two')))?.discard();
      assert.equal(await spool.nextDue('out'), undefined, 'nobody looks at it again');
      const history = await spool.history(id);
      assert.equal(history.at(-1)?.state, 'unreadable');
      assert.match(JSON.stringify(history.at(-1)?.detail), /exchange-unreadable/);
    });
  });

  it('is said once, also when it is met by several at one time, and after a restart', async () => {
    await withDamaged(async ({ spool, id, said }) => {
      const ask = () => spool.due({ direction: 'out', until: 1, limit: 9 });
      await Promise.all([ask(), ask(), spool.list({ limit: 9 }), spool.get(id).catch(() => undefined)]);
      assert.equal(said.length, 1);
      await spool.close();
      await opened(spool.directory, async (again) => {
        await assert.rejects(again.get(id), hasCode('exchange-unreadable'));
        assert.deepEqual(idsOf(await again.due({ direction: 'out', until: 1, limit: 9 })), ['one', 'two']);
        assert.equal((await again.history(id)).filter(({ state }) => state === 'unreadable').length, 1);
      });
    });
  });

  it('is shown in lists as what it is', async () => {
    await withDamaged(async ({ spool, id }) => {
      const records = await spool.list({ direction: 'out', limit: 9 });
      assert.deepEqual(idsOf(records.map((record) => ({ record }))), ['two', 'damaged', 'one']);
      const [, damaged] = records;
      assert.equal(damaged?.id, id);
      assert.equal(damaged.state, 'unreadable');
      assert.equal(damaged.dueAt, undefined);
      assert.match(JSON.stringify(damaged.facts), /exchange-unreadable/);
    });
  });

  it('does not hide outcomes that were not told', async () => {
    await withDamaged(
      async ({ spool }) => {
        assert.deepEqual(idsOf(await spool.unreported('out', 'node', { limit: 2 })), ['one', 'two']);
      },
      { direction: 'out', owner: 'node', unreported: true },
    );
  });
});

describe('store: outcomes that were not told', () => {
  it('come page by page', async () => {
    await withSpool(async (spool) => {
      const names = Array.from({ length: 7 }, (_, n) => `m${n}`);
      for (const name of names)
        await settled(spool, name, { direction: 'out', owner: 'a', unreported: true });
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await spool.unreported('out', 'a', { after, limit: 3 });
        seen.push(...idsOf(page));
        if (page.length < 3) break;
        after = page.at(-1)?.record.id;
      }
      assert.deepEqual(seen.sort(), names);
    });
  });
});
