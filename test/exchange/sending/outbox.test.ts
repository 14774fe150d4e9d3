import assert from 'node:assert/strict';
import { CONTENT, OutboxBench, OWNER } from './outbox-bench';

describe('exchange: outbox', () => {
  it('takes a message, sends it, and tells its owner with what was to be remembered', async () => {
    await OutboxBench.run({}, async (bench) => {
      const exchangeId = await bench.submit({ context: { msg: { _msgid: 'abc' } } });
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.error, undefined);
      assert.equal(outcome.ok, true);
      assert.equal(outcome.attempts, 1);
      assert.equal(outcome.receipt?.micMatches, true);
      await bench.idle();
      const [told] = bench.told;
      assert.deepEqual(told?.info.context, { msg: { _msgid: 'abc' } });
      assert.equal(told?.info.redelivered, false);
      assert.deepEqual(await (await told?.info.payload())?.read(), CONTENT);
      assert.deepEqual(await bench.states(exchangeId), ['queued', 'sending', 'completed']);
      const folder = await bench.spool.get(exchangeId);
      assert.equal(folder?.record.unreported, false);
      assert.equal(folder?.record.dueAt, undefined);
      assert.equal(folder?.record.owner, OWNER);
      assert.equal(bench.partner.arrived.length, 1);
    });
  });

  it('HDR-01, HDR-04, MA-02, REL-09: announces its features with everything it sends', async () => {
    await OutboxBench.run({}, async (bench) => {
      await bench.send();
      const [message] = bench.partner.arrived;
      assert.equal(message?.headers.get('EDIINT-Features'), 'multiple-attachments, AS2-Reliability');
      assert.equal(message?.headers.get('AS2-Version'), '1.2');
    });
  });

  it('several at once', async () => {
    await OutboxBench.run({}, async (bench) => {
      const ids = await Promise.all(Array.from({ length: 30 }, () => bench.submit()));
      for (const id of ids) assert.equal((await bench.outcome(id)).ok, true);
      await bench.idle();
      assert.equal(bench.partner.arrived.length, 30);
      assert.equal(bench.told.length, 30);
    });
  });
});
