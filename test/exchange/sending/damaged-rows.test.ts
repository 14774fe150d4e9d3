import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { bufferSource } from '../../../src/bytes';
import { damage } from '../../store/spools';
import type { Script } from '../../partner/trading-partner';
import { MINUTE_MS, OutboxBench, until } from './outbox-bench';

const busyAtFirst = (count: number): Script => {
  let answers = 0;
  return (arrived, partner) =>
    ++answers <= count ? { status: 503, headers: [], body: '' } : partner.receipt(arrived);
};

describe('exchange: outbox, damaged rows', () => {
  it('one of them stops neither its partner’s queue nor the others', async () => {
    await OutboxBench.run({ script: busyAtFirst(3) }, async (bench) => {
      const [one, damaged, two] = [await bench.submit(), await bench.submit(), await bench.submit()];
      await bench.idle();
      assert.equal(bench.partner.arrived.length, 3);
      damage(bench.spool, damaged);
      await bench.restart();
      await bench.pass(2 * MINUTE_MS);
      for (const id of [one, two]) assert.equal((await bench.outcome(id)).ok, true);
      assert.equal(bench.partner.arrived.length, 5);
      assert.equal(await bench.spool.nextDue('out'), undefined, 'it is not looked at any more');
      assert.equal((await bench.states(damaged)).at(-1), 'unreadable');
    });
  });

  it('one that was being sent does not keep the others from being taken up', async () => {
    await OutboxBench.run({ script: busyAtFirst(2) }, async (bench) => {
      const [damaged, other] = [await bench.submit(), await bench.submit()];
      await bench.idle();
      await bench.outbox.close();
      // As they lie there after a crash in the middle of an attempt.
      for (const id of [damaged, other]) {
        await (await bench.spool.get(id))!.advance('sending', {}, { dueAt: null });
      }
      damage(bench.spool, damaged);
      await bench.restart();
      assert.equal((await bench.outcome(other)).ok, true);
    });
  });

  it('one whose outcome was not told does not hide the others', async () => {
    await OutboxBench.run({ listener: 'nobody' }, async (bench) => {
      const [one, damaged, two] = [await bench.submit(), await bench.submit(), await bench.submit()];
      await bench.idle();
      damage(bench.spool, damaged);
      bench.attach();
      await until(() => bench.told.length === 2, 'both are told');
      assert.deepEqual(bench.told.map(({ info }) => info.exchangeId).sort(), [one, two].sort());
    });
  });

  it('what was kept for the flow is damaged: the outcome is told all the same, and the history shown', async () => {
    await OutboxBench.run({ listener: 'nobody' }, async (bench) => {
      const id = await bench.submit({ context: { order: 1 } });
      await bench.idle();
      await bench.close();
      const database = new DatabaseSync(join(bench.directory, 'journal.sqlite'));
      database.exec(`UPDATE files SET content = '{"order' WHERE name = 'message.json'`);
      database.exec(`UPDATE history SET detail = '{"attempt' WHERE detail IS NOT NULL`);
      database.close();
      await bench.open();
      bench.attach();
      assert.equal((await bench.outcome(id)).ok, true);
      assert.equal(bench.told[0]?.info.context, undefined);
      const last = (await bench.spool.history(id)).at(-1);
      assert.deepEqual([last?.state, last?.detail], ['completed', { unreadable: '{"attempt' }]);
    });
  });

  it('more outcomes than a page has are all told, once', async () => {
    await OutboxBench.run({ listener: 'nobody' }, async (bench) => {
      const ids = await Promise.all(Array.from({ length: 120 }, () => bench.submit()));
      await bench.idle();
      bench.attach();
      await until(() => bench.told.length >= 120, 'all are told');
      await bench.idle();
      assert.deepEqual(bench.told.map(({ info }) => info.exchangeId).sort(), ids.sort());
    });
  });

  it('a row that was removed while its message travelled gives its place back', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const script: Script = async (arrived, partner) => {
      await answered;
      return partner.receipt(arrived);
    };
    await OutboxBench.run({ script }, async (bench) => {
      const id = await bench.submit();
      await until(() => bench.partner.arrived.length === 1, 'it has arrived');
      await (await bench.spool.get(id))!.discard();
      answer();
      await bench.idle();
      assert.equal(bench.eventsOf('send-failed')[0]?.error?.code, 'exchange-unreadable');
    });
  });

  it('a message whose bytes are gone fails by itself; the others go on', async () => {
    const partner = { retry: { attempts: 2, pausesMs: [MINUTE_MS] } };
    await OutboxBench.run({ partner, script: busyAtFirst(2), thresholdBytes: 100 }, async (bench) => {
      const content = bufferSource(Buffer.alloc(200_000, 'x'));
      const payload = { content, contentType: 'text/plain' };
      const [lost, other] = [await bench.submit({ payload }), await bench.submit()];
      await bench.idle();
      await rm((await bench.spool.get(lost))!.path, { recursive: true });
      await bench.restart();
      await bench.pass(5 * MINUTE_MS);
      assert.equal((await bench.outcome(other)).ok, true);
      assert.equal((await bench.outcome(lost)).error?.code, 'store-unavailable');
    });
  });
});
