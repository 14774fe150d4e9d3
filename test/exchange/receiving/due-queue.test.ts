import assert from 'node:assert/strict';
import { DueQueue } from '../../../src/exchange/receiving/due-queue';
import { settled, withSpool } from '../../store/spools';
import { RestlessClock } from '../sending/restless-clock';
import { until } from '../sending/outbox-bench';

describe('exchange: the queue of what is due', () => {
  it('a timer that fires a moment too early costs a moment after a rest, not another minute', async () => {
    await withSpool(async (spool) => {
      const clock = new RestlessClock(20);
      const began = clock.now();
      await settled(spool, 'one', { owner: 'node', dueAt: 1 });
      let tries = 0;
      const queue = new DueQueue<object>({
        spool,
        owner: 'node',
        clock,
        states: ['received'],
        work: async (folder) => {
          if (++tries === 1) throw new Error('the disk is full');
          await folder.advance('taken', {}, { dueAt: null });
        },
      });
      await queue.resume();
      await until(() => tries === 1 && queue.inWork === 0, 'the first one failed');
      while (tries === 1 && clock.now() - began < 100_000) {
        clock.fire();
        await queue.resume();
      }
      assert.equal(tries, 2);
      const tookMs = clock.now() - began;
      assert.ok(tookMs < 70_000, `${tookMs} ms`);
      await queue.stop();
    });
  });
});
