import assert from 'node:assert/strict';
import { readAs2Headers } from '../../../src/as2';
import { bufferSource, spill } from '../../../src/bytes';
import type { ExchangeEvent, ReceiptDecision } from '../../../src/exchange';
import { arrivalOf, type IncomingFacts, type ReceiverContext } from '../../../src/exchange/receiving/arrival';
import { storeMessage } from '../../../src/exchange/receiving/open-message';
import { RareEvents } from '../../../src/exchange/receiving/rare-events';
import { RefusalRate } from '../../../src/exchange/receiving/refusal-rate';
import { Undecided } from '../../../src/exchange/receiving/undecided';
import { RETRY_DEFAULTS } from '../../../src/exchange/retry';
import { systemClock } from '../../../src/store';
import { type Party, relationshipOf } from '../../partner/parties';
import { withReceiptAddress } from '../../partner/receipt-address';
import { restarting } from '../../partner/restarting';
import type { OpenStation } from '../../partner/station';
import { composeWire, ORDER, type WireMessage } from '../../partner/wire-message';
import { until } from '../sending/outbox-bench';
import { damage } from '../../store/spools';
import { passing, SimulatedClock } from '../../support/simulated-clock';

const partner = { receiptHosts: ['127.0.0.1'] };
const MINUTE_MS = 60_000;

describe('exchange: asynchronous messages after a restart', () => {
  it('law 2: a message that was answered with 204 and not opened is taken up', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await restarting(async ({ alpha, beta, start }) => {
        const first = await start({ partner });
        const message = await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } });
        await storeOnly(first, { alpha, beta }, message);
        const second = await start({ partner });
        assert.equal(second.messages.length, 0, 'not before it is told to');
        await second.receiver.resume();
        assert.equal((await second.event('receipt-sent')).httpStatus, 200);
        assert.equal(second.messages.length, 1);
        assert.equal(second.messages[0]?.redelivered, false, 'no flow has seen it');
        assert.ok((await second.messages[0]?.payload.read())?.equals(ORDER));
        assert.match(received[0]?.receipt.dispositionText ?? '', /processed$/);
        assert.equal(received[0]?.receipt.signature?.status, 'verified');
      });
    });
  });

  it('a damaged row does not stop the others', async () => {
    await withReceiptAddress(200, async ({ address }) => {
      await restarting(async ({ alpha, beta, start }) => {
        const first = await start({ partner });
        const receipt = { signed: true, deliveryUrl: address };
        for (let n = 0; n < 3; n++) {
          await storeOnly(first, { alpha, beta }, await composeWire(alpha, beta, { receipt }));
        }
        const [, damaged] = await first.spool.list({ limit: 3 });
        damage(first.spool, damaged?.id ?? '');
        const second = await start({ partner });
        await second.receiver.resume();
        const sent = () => second.events.filter(({ type }) => type === 'receipt-sent').length;
        await until(() => sent() === 2, 'both receipts are there');
        assert.equal(second.messages.length, 2);
        assert.equal(await second.spool.nextDue('in'), undefined);
      });
    });
  });

  it('a message that was refused after the restart gets its error receipt', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await restarting(async ({ alpha, beta, start }) => {
        const receipt = { signed: true, deliveryUrl: address };
        const message = await composeWire(alpha, beta, { receipt, protection: 'none' });
        await storeOnly(await start({ partner }), { alpha, beta }, message);
        const { receiver, messages, event } = await start({ partner });
        await receiver.resume();
        await event('receipt-sent');
        assert.equal(messages.length, 0);
        assert.match(received[0]?.receipt.dispositionText ?? '', /insufficient-message-security/);
      });
    });
  });

  it('a message that the flow had and had not decided about is handed over again, and marked', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await restarting(async ({ alpha, beta, post, start }) => {
        const silent = (): Promise<ReceiptDecision> => new Promise(() => undefined);
        const first = await start({ partner, handOver: silent });
        const receipt = { signed: true, deliveryUrl: address };
        assert.equal((await post(await composeWire(alpha, beta, { receipt }))).status, 204);
        const { exchangeId } = await first.event('message-handed-over');
        const second = await start({ partner });
        await second.receiver.resume();
        await second.event('receipt-sent');
        assert.deepEqual(
          second.messages.map((message) => [
            message.exchangeId,
            message.redelivered,
            message.receipt.delivery,
          ]),
          [[exchangeId, true, 'async']],
        );
        assert.equal(received.length, 1);
        const third = await start({ partner });
        await third.receiver.resume();
        assert.equal(third.receiver.inWork, 0);
        assert.deepEqual(third.events, [], 'nothing is left');
      });
    });
  });

  it('REL-10: a synchronous message that was not decided waits for the repeat of its partner', async () => {
    await restarting(async ({ alpha, beta, post, start }) => {
      const first = await start({ handOver: () => new Promise<ReceiptDecision>(() => undefined) });
      const message = await composeWire(alpha, beta);
      const answer = post(message);
      await first.event('message-handed-over');
      const second = await start();
      assert.equal((await answer).status, 503);
      await second.receiver.resume();
      assert.equal(second.messages.length, 0);
      assert.equal((await post(message)).status, 200);
      assert.equal(second.messages[0]?.redelivered, true);
    });
  });

  it('takes up what belongs to its owner, and nothing of others', async () => {
    await withReceiptAddress(200, async ({ address }) => {
      await restarting(async ({ alpha, beta, start }) => {
        const message = await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } });
        await storeOnly(await start({ partner }), { alpha, beta }, message);
        const other = await start({ partner, owner: 'another node' });
        await other.receiver.resume();
        assert.deepEqual([other.receiver.inWork, other.events.length], [0, 0]);
        const owner = await start({ partner });
        await owner.receiver.resume();
        await owner.event('receipt-sent');
      });
    });
  });

  it('REL-08, MDN-13: the schedule of a receipt survives restarts; the same bytes and Message-ID every time', async () => {
    const clock = new SimulatedClock();
    const whenDue = async (before: ExchangeEvent, event: Promise<ExchangeEvent>): Promise<ExchangeEvent> => {
      await clock.pass(Date.parse(before.nextAttemptAt ?? '') - clock.now());
      return passing(clock, event, 1);
    };
    await withReceiptAddress(503, async (partnerSide) => {
      const { address, received } = partnerSide;
      await restarting(async ({ alpha, beta, post, start }) => {
        const receipt = { signed: true, deliveryUrl: address };
        const first = await start({ partner, clock });
        assert.equal((await post(await composeWire(alpha, beta, { receipt }))).status, 204);
        const retry = await first.event('receipt-retry');
        assert.equal(retry.attempt, 1);
        assert.equal(retry.error?.code, 'http-busy');
        const pause = Date.parse(retry.nextAttemptAt ?? '') - clock.now();
        assert.ok(pause >= 0.8 * MINUTE_MS && pause <= 1.2 * MINUTE_MS, `${pause} ms`);

        const second = await start({ partner, clock });
        await second.receiver.resume();
        assert.equal(received.length, 1, 'not before its time');
        const again = await whenDue(retry, second.event('receipt-retry'));
        assert.equal(again.attempt, 2);

        partnerSide.status = 202;
        const third = await start({ partner, clock });
        await third.receiver.resume();
        const sent = await whenDue(again, third.event('receipt-sent'));
        assert.deepEqual([sent.attempt, sent.httpStatus], [3, 202]);
        assert.equal(received.length, 3);
        for (const one of received) {
          assert.ok(one.body.equals(received[0]?.body ?? Buffer.alloc(0)));
          for (const name of ['Message-ID', 'Date']) {
            assert.equal(one.headers.get(name), received[0]?.headers.get(name), name);
          }
        }
        const history = await third.spool.history(sent.exchangeId ?? '');
        assert.deepEqual(
          history.map(({ state }) => state),
          ['received', 'taken', 'accepted', 'receipt-retry', 'receipt-retry', 'receipt-sent'],
        );
        assert.match(JSON.stringify(history[3]?.detail), /"attempt":1.*nextAttemptAt.*http-busy/);
        assert.deepEqual(history[5]?.detail, { attempt: 3, httpStatus: 202 });
        assert.equal(third.messages.length, 0, 'the flow had it long ago');
      });
    });
  });
});

/** What is on the disk when the process ends right after the answer 204. */
async function storeOnly(
  { spool, receiver: _receiver }: OpenStation,
  { alpha, beta }: { alpha: Party; beta: Party },
  { headers, body }: WireMessage,
): Promise<void> {
  const relationship = relationshipOf(beta, alpha, partner);
  const { signal } = new AbortController();
  const receiver: ReceiverContext = {
    options: { directory: { find: () => relationship }, spool, handOver: () => ({ accept: true }) },
    owner: 'node',
    clock: systemClock,
    retry: RETRY_DEFAULTS,
    undecided: Undecided.of(spool),
    spill: () => spool.spill,
    refusals: new RefusalRate(600, () => 0),
    repeats: new RareEvents(() => 0),
    stopping: signal,
    closing: signal,
  };
  const request = readAs2Headers(headers);
  const arrival = arrivalOf({ receiver, relationship, headers, request, remoteAddress: '127.0.0.1' });
  const { folder } = await storeMessage(arrival, await spill(bufferSource(body).open(), spool.spill));
  await spool.settle(folder, { claim: false, owner: 'node', dueAt: Date.now() });
  const stored = await spool.get<IncomingFacts>(folder.record.id);
  assert.deepEqual([stored?.record.state, stored?.record.claimed], ['received', false]);
}
