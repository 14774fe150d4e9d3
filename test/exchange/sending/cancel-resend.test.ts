import assert from 'node:assert/strict';
import { processedError } from '../../../src/as2';
import type { Script } from '../../partner/trading-partner';
import { MINUTE_MS, OutboxBench, until } from './outbox-bench';

const BUSY: Script = () => ({ status: 503, headers: [], body: '' });
const ACCEPTED: Script = () => ({ status: 202, headers: [], body: '' });
const asynchronous = {
  sending: { receiptDelivery: 'async', receiptUrl: 'http://alpha.example/' },
} as const;

describe('exchange: outbox, cancel and resend', () => {
  it('cancels a message that waits for its next attempt', async () => {
    await OutboxBench.run({ script: BUSY }, async (bench) => {
      const exchangeId = await bench.submit({ context: { a: 1 } });
      await bench.idle();
      assert.equal(await bench.outbox.cancel(exchangeId), true);
      const { error } = await bench.outcome(exchangeId);
      assert.equal(error?.code, 'send-cancelled');
      assert.deepEqual(bench.told[0]?.info.context, { a: 1 });
      await bench.pass(24 * 60 * MINUTE_MS);
      assert.equal(bench.partner.arrived.length, 1);
      assert.equal(await bench.outbox.cancel(exchangeId), false, 'only once');
      assert.equal(await bench.state(exchangeId), 'cancelled');
    });
  });

  it('cancels in the middle of an attempt', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const script: Script = async (arrived, partner) => held.then(() => partner.receipt(arrived));
    await OutboxBench.run({ script }, async (bench) => {
      const exchangeId = await bench.submit();
      await until(() => bench.partner.arrived.length === 1, 'it is on its way');
      assert.equal(await bench.outbox.cancel(exchangeId), true);
      assert.equal(await bench.state(exchangeId), 'cancelled');
      assert.equal((await bench.outcome(exchangeId)).error?.code, 'send-cancelled');
      release();
      await bench.idle();
      assert.equal(bench.told.length, 1);
    });
  });

  it('a receipt that arrived meanwhile wins', async () => {
    await OutboxBench.run({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.outcome(exchangeId);
      assert.equal(await bench.outbox.cancel(exchangeId), false);
      assert.equal(await bench.state(exchangeId), 'completed');
    });
  });

  it('cancels a message whose receipt is awaited', async () => {
    await OutboxBench.run({ script: ACCEPTED, partner: asynchronous }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      assert.equal(await bench.outbox.cancel(exchangeId), true);
      await bench.pass(60 * MINUTE_MS);
      assert.equal(await bench.state(exchangeId), 'cancelled');
      assert.equal(bench.told.length, 1);
    });
  });

  it('what there is not cannot be cancelled or sent again', async () => {
    await OutboxBench.run({}, async (bench) => {
      assert.equal(await bench.outbox.cancel('20260101T000000000Z-00000000'), false);
      assert.equal(await bench.outbox.resend('../../etc/passwd'), false);
    });
  });

  it('REL-02: sends a failed message again, to the letter, with a new schedule', async () => {
    let answers = 0;
    const partner = { retry: { attempts: 2 } };
    const script: Script = (arrived, mock) =>
      ++answers <= 3 ? { status: 503, headers: [], body: '' } : mock.receipt(arrived);
    await OutboxBench.run({ partner, script }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.passUntilArrived(2);
      assert.equal((await bench.outcome(exchangeId)).error?.code, 'http-busy');
      await bench.idle();
      assert.equal(await bench.outbox.resend(exchangeId), true);
      await bench.idle();
      assert.equal(bench.partner.arrived.length, 3, 'at once');
      assert.equal(bench.waited.at(-1)?.attempt, 1);
      await bench.passUntilArrived(4);
      await bench.idle();
      assert.equal(bench.told.length, 2);
      assert.equal(bench.told[1]?.outcome.ok, true);
      assert.equal(bench.told[1]?.outcome.attempts, 4);
      assert.equal(new Set(bench.partner.arrived.map(({ headers }) => headers.get('Message-ID'))).size, 1);
      assert.equal(new Set(bench.partner.arrived.map(({ headers }) => headers.get('Date'))).size, 1);
      assert.ok(bench.partner.arrived.every(({ body }) => body.equals(bench.partner.arrived[0]!.body)));
    });
  });

  it('sends one that waits now, and a cancelled or refused one again', async () => {
    let isWilling = false;
    const script: Script = (arrived, mock) =>
      isWilling ? mock.receipt(arrived) : { status: 503, headers: [], body: '' };
    await OutboxBench.run({ script }, async (bench) => {
      const [waiting, cancelled] = [await bench.submit(), await bench.submit()];
      await bench.idle();
      await bench.outbox.cancel(cancelled);
      isWilling = true;
      assert.equal(await bench.outbox.resend(waiting), true);
      assert.equal(await bench.outbox.resend(cancelled), true);
      await until(() => bench.told.filter(({ outcome }) => outcome.ok).length === 2, 'both are there');
    });
    let isAngry = true;
    const rejecting: Script = (arrived, mock) =>
      mock.receipt(arrived, isAngry ? { disposition: processedError('decryption-failed') } : {});
    await OutboxBench.run({ script: rejecting }, async (bench) => {
      const exchangeId = await bench.submit();
      assert.equal((await bench.outcome(exchangeId)).error?.code, 'receipt-negative');
      await bench.idle();
      isAngry = false;
      assert.equal(await bench.outbox.resend(exchangeId), true);
      await until(() => bench.told.length === 2, 'it is told again');
      assert.equal(bench.told[1]?.outcome.ok, true);
    });
  });

  it('not when a receipt has proved that the partner has it; without a receipt it is our user who knows', async () => {
    await OutboxBench.run({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.outcome(exchangeId);
      assert.equal(await bench.outbox.resend(exchangeId), false);
    });
    await OutboxBench.run({ partner: { sending: { receipt: 'none' } }, script: ACCEPTED }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.outcome(exchangeId);
      await bench.idle();
      assert.equal(await bench.outbox.resend(exchangeId), true);
      await until(() => bench.partner.arrived.length === 2, 'it is there again');
    });
  });

  it('an owner may ask for it while it is told', async () => {
    let answers = 0;
    const script: Script = (arrived, mock) =>
      ++answers === 1 ? { status: 404, headers: [], body: '' } : mock.receipt(arrived);
    await OutboxBench.run({ script, listener: 'nobody' }, async (bench) => {
      const exchangeId = await bench.submit();
      bench.attach({
        outcome: async ({ ok }, info) => {
          if (!ok) assert.equal(await bench.outbox.resend(info.exchangeId), true);
        },
      });
      await until(() => bench.told.length === 2, 'it is told again');
      await bench.idle();
      assert.equal(await bench.state(exchangeId), 'completed');
      assert.equal((await bench.spool.get(exchangeId))?.record.unreported, false);
    });
  });

  it('one whose outcome the owner has not taken yet', async () => {
    let answers = 0;
    const script: Script = (arrived, mock) =>
      ++answers === 1 ? { status: 404, headers: [], body: '' } : mock.receipt(arrived);
    let calls = 0;
    let release = (): void => undefined;
    const listener = {
      outcome: async () => {
        if (++calls === 1) await new Promise<void>((resolve) => (release = resolve));
      },
    };
    await OutboxBench.run({ script, listener }, async (bench) => {
      const exchangeId = await bench.submit();
      await until(() => calls === 1, 'it is being told');
      assert.equal(await bench.outbox.resend(exchangeId), true);
      await until(() => bench.eventsOf('send-completed').length === 1, 'it is sent again all the same');
      release();
      await until(() => bench.told.length === 2, 'the second outcome is told');
      assert.deepEqual(
        bench.told.map(({ outcome }) => outcome.ok),
        [false, true],
      );
    });
  });

  it('a message that cannot be read any more fails once, with a reason', async () => {
    await OutboxBench.run({ script: BUSY }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const folder = await bench.spool.get(exchangeId);
      await folder!.add('request-headers.json', 'no JSON');
      await folder!.advance('retrying');
      await bench.restart();
      await bench.pass(10 * MINUTE_MS);
      assert.equal((await bench.outcome(exchangeId)).error?.code, 'unexpected');
      assert.equal(bench.partner.arrived.length, 1);
    });
  });
});
