import assert from 'node:assert/strict';
import { bufferSource } from '../../../src/bytes';
import type { Script } from '../../partner/trading-partner';
import { CLOSING_MS } from '../../../nodes/shared/closing-times';
import { CONTENT, MINUTE_MS, OutboxBench, OWNER, until } from './outbox-bench';

const busyFirst = (times: number): Script => {
  let answers = 0;
  return (arrived, partner) =>
    ++answers <= times ? { status: 503, headers: [], body: '' } : partner.receipt(arrived);
};

describe('exchange: outbox, restart', () => {
  it('REL-08: the schedule survives it', async () => {
    const partner = { retry: { pausesMs: [60 * MINUTE_MS] } };
    await OutboxBench.run({ partner, script: busyFirst(2) }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const { dueAt } = (await bench.spool.get(exchangeId))!.record;
      await bench.restart();
      await bench.pass(30 * MINUTE_MS);
      assert.equal(bench.partner.arrived.length, 1, 'not before its time');
      assert.equal((await bench.spool.get(exchangeId))!.record.dueAt, dueAt);
      await bench.pass(45 * MINUTE_MS);
      assert.equal(bench.partner.arrived.length, 2);
      await bench.restart();
      await bench.passUntilArrived(3);
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.ok, true);
      assert.equal(outcome.attempts, 3);
    });
  });

  it('REL-01: what was on its way is sent again at once, and an attempt that we ended does not count', async () => {
    let answers = 0;
    const script: Script = async (arrived, partner) => {
      if (++answers === 1) await new Promise(() => undefined);
      return partner.receipt(arrived);
    };
    await OutboxBench.run({ script }, async (bench) => {
      const exchangeId = await bench.submit({ context: { n: 1 } });
      await until(() => bench.partner.arrived.length === 1, 'it is on its way');
      await bench.restart();
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.ok, true);
      assert.equal(outcome.attempts, 1);
      const [one, two] = bench.partner.arrived;
      assert.ok(two?.body.equals(one!.body));
      assert.equal(two?.headers.get('Message-ID'), one?.headers.get('Message-ID'));
      assert.deepEqual(bench.told[0]?.info.context, { n: 1 });
      assert.deepEqual(await (await bench.told[0]?.info.payload())?.read(), CONTENT);
    });
  });

  it('closing ends in time, also when an attempt and a listener hang', async () => {
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const script: Script = async (arrived, partner) =>
      arrived.headers.get('Subject') === 'hangs' ? new Promise(() => undefined) : partner.receipt(arrived);
    const asked = { yet: false };
    const outcome = async (): Promise<void> => {
      asked.yet = true;
      await told;
    };
    await OutboxBench.run({ script, listener: { outcome } }, async (bench) => {
      const { clock } = bench;
      await bench.submit({ subject: 'hangs' });
      await bench.submit();
      await until(() => asked.yet && bench.partner.arrived.length === 2, 'both hang');
      const closed = bench.outbox.close(CLOSING_MS.sending);
      await clock.pass(CLOSING_MS.sending);
      await until(() => bench.outbox.inWork === 1, 'the attempt has ended');
      await until(() => (clock.untilNext ?? Infinity) < MINUTE_MS / 2, 'what is left for the listener');
      const tookMs = CLOSING_MS.receiving + CLOSING_MS.sending + (clock.untilNext ?? 0);
      await clock.pass(2_000);
      await closed;
      tell();
      assert.ok(tookMs <= 12_000, `${tookMs} ms`);
    });
  });

  it('what a crash left as being sent is sent again', async () => {
    await OutboxBench.run({ script: busyFirst(1) }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      await bench.outbox.close();
      // As it lies there after a crash in the middle of an attempt.
      const folder = await bench.spool.get(exchangeId);
      await folder!.advance('sending', {}, { dueAt: null });
      await bench.spool.close();
      await bench.open();
      assert.equal((await bench.outcome(exchangeId)).ok, true);
    });
  });

  it('closing waits for attempts as long as it may', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const script: Script = async (arrived, partner) => held.then(() => partner.receipt(arrived));
    await OutboxBench.run({ script }, async (bench) => {
      const exchangeId = await bench.submit();
      await until(() => bench.partner.arrived.length === 1, 'it is on its way');
      const closed = bench.outbox.close(MINUTE_MS);
      await assert.rejects(bench.submit(), { code: 'outbox-closed' });
      release();
      await closed;
      assert.equal(await bench.state(exchangeId), 'completed');
      assert.equal(bench.told.length, 1);
    });
  });

  it('a clock that is set, forward or back, holds nothing up', async () => {
    const partner = { retry: { pausesMs: [60 * MINUTE_MS] } };
    const day = 24 * 60 * MINUTE_MS;
    for (const jump of [2 * 60 * MINUTE_MS, -30 * day]) {
      await OutboxBench.run({ partner, script: busyFirst(1) }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.idle();
        bench.clock.jump(jump);
        await bench.pass(6 * MINUTE_MS);
        assert.equal((await bench.outcome(exchangeId)).ok, true);
        assert.equal(bench.partner.arrived.length, 2);
      });
    }
  });

  describe('outcomes', () => {
    it('wait until somebody listens, also over a restart', async () => {
      await OutboxBench.run({ listener: 'nobody' }, async (bench) => {
        const ids = [await bench.submit({ context: { n: 0 } }), await bench.submit({ context: { n: 1 } })];
        await until(() => bench.eventsOf('send-completed').length === 2, 'both are there');
        bench.attach();
        await until(() => bench.told.length === 2, 'they are told');
        await bench.idle();
        assert.deepEqual(
          bench.told.map(({ info }) => info.redelivered),
          [false, false],
        );
        await bench.restart();
        bench.attach();
        await bench.idle();
        assert.equal(bench.told.length, 2, 'once');

        await bench.submit({ context: { n: 2 } });
        bench.attach({}, 'another owner');
        await bench.idle();
        assert.equal(ids.length, 2);
      });
    });

    it('are told again, and marked so, until the owner has taken them', async () => {
      const attempts: boolean[] = [];
      let isWilling = false;
      const listener = {
        outcome: async (_outcome: unknown, { redelivered }: { readonly redelivered: boolean }) => {
          attempts.push(redelivered);
          if (!isWilling) throw new Error('the flow is not there');
        },
      };
      await OutboxBench.run({ listener }, async (bench) => {
        await bench.submit({ context: { order: 1 } });
        await until(() => attempts.length === 1, 'it is told');
        await bench.idle();
        bench.attach(listener);
        await bench.idle();
        isWilling = true;
        await bench.restart();
        await bench.idle();
        assert.deepEqual(attempts, [false, true, true]);
        assert.deepEqual(bench.told[0]?.info.context, { order: 1 });
        await bench.restart();
        await bench.idle();
        assert.equal(attempts.length, 3);
      });
    });

    it('go to the listener that takes the place of one that ends while it is told', async () => {
      let fail = (_error: Error): void => undefined;
      const listener = { outcome: () => new Promise<void>((_resolve, reject) => (fail = reject)) };
      await OutboxBench.run({ listener }, async (bench) => {
        const exchangeId = await bench.submit();
        await until(() => bench.eventsOf('send-completed').length === 1, 'it is there');
        await until(() => bench.outbox.inWork === 1, 'it is being told');
        bench.attach();
        await until(() => bench.outbox.inWork === 1, 'the new one was asked for');
        assert.equal(bench.told.length, 0);
        fail(new Error('the node is closed'));
        await bench.idle();
        assert.deepEqual(
          bench.told.map(({ info }) => [info.exchangeId, info.redelivered]),
          [[exchangeId, true]],
        );
        assert.equal((await bench.spool.get(exchangeId))?.record.unreported, false);
      });
    });

    it('go to their owner only', async () => {
      await OutboxBench.run({}, async (bench) => {
        const owners: string[] = [];
        bench.outbox.attach('other', { outcome: ({ exchangeId }) => void owners.push(exchangeId ?? '') });
        const mine = await bench.submit();
        const others = await bench.submit({ owner: 'other' });
        await until(() => owners.length === 1 && bench.told.length === 1, 'both are told');
        assert.deepEqual(owners, [others]);
        assert.equal(bench.told[0]?.info.exchangeId, mine);
        assert.notEqual(OWNER, 'other');
      });
    });

    it('what a listener throws changes nothing', async () => {
      const listener = {
        outcome: () => {
          throw new Error('a mistake in a flow');
        },
        waiting: () => {
          throw new Error('another one');
        },
        progress: () => {
          throw new Error('and another one');
        },
      };
      await OutboxBench.run({ listener, script: busyFirst(1) }, async (bench) => {
        const content = bufferSource(Buffer.alloc(3 * 1024 * 1024, 'x'));
        const exchangeId = await bench.submit({ payload: { content, contentType: 'text/plain' } });
        await bench.passUntilArrived(2);
        await bench.idle();
        assert.equal(await bench.state(exchangeId), 'completed');
      });
    });
  });
});
