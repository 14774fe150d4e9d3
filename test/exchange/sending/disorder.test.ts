import assert from 'node:assert/strict';
import { join } from 'node:path';
import { bufferSource } from '../../../src/bytes';
import { isAs2Error } from '../../../src/errors';
import { Outbox, type Relationship, type SendOutcome, stationDirectory } from '../../../src/exchange';
import { Headers } from '../../../src/mime';
import { asStoreError, openSpool, type Spool } from '../../../src/store';
import { alphaAndBeta, relationshipOf } from '../../partner/parties';
import {
  type Arrived,
  type Script,
  type TradingPartner,
  withTradingPartner,
} from '../../partner/trading-partner';
import { withTempDirectory } from '../../support/temp';
import { OWNER, until } from './outbox-bench';

const MESSAGES = 60;
const STEPS = 400;
const RESTARTS = 4;
const UNFINISHED = ['queued', 'sending', 'retrying', 'awaiting-receipt'];

/** The same numbers every time, so that what fails can be looked at again. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Station {
  readonly spool: Spool;
  readonly outbox: Outbox;
}

describe('exchange: outbox, disorder', () => {
  it('a partner out of its mind, an impatient user, restarts: every message ends once, and its owner knows how', async () => {
    const random = dice(4711);
    const { alpha, beta } = await alphaAndBeta();
    let station: Station | undefined;
    let relationship: Relationship | undefined;
    let isWild = true;

    let receiptsUnderWay = 0;

    async function sendReceipt(arrived: Arrived, partner: TradingPartner): Promise<void> {
      receiptsUnderWay++;
      await receiptFor(arrived, partner).finally(() => receiptsUnderWay--);
    }

    async function receiptFor(arrived: Arrived, partner: TradingPartner): Promise<void> {
      await pause(60 * random());
      const { headers, body } = await partner.receipt(arrived);
      const receipt = { headers: Headers.fromPairs(headers), body: bufferSource(Buffer.from(body)) };
      while (station && relationship) {
        const isTaken = await station.outbox.receiptArrived(receipt, relationship).then(
          () => true,
          () => false,
        );
        if (isTaken) return;
        await pause(20);
      }
    }

    const script: Script = async (arrived, partner) => {
      if (isWild) {
        await pause(20 * random());
        const mood = random();
        if (mood < 0.2) return 'reset';
        if (mood < 0.45) return { status: mood < 0.4 ? 503 : 404, headers: [], body: '' };
      }
      if (arrived.request.receipt?.deliveryUrl === undefined) return partner.receipt(arrived);
      if (!isWild || random() < 0.7) void sendReceipt(arrived, partner);
      if (random() < 0.3) void sendReceipt(arrived, partner);
      if (random() < 0.3) await pause(60);
      return { status: 204, headers: [], body: '' };
    };

    await withTradingPartner(beta, alpha, script, async ({ url }) => {
      await withTempDirectory(async (temp) => {
        const sync = relationshipOf(alpha, beta, {
          url,
          retry: { attempts: 6, pausesMs: [20, 60] },
          sending: { receiptTimeoutMs: 150, receiptOverdue: 'resend', receiptUrl: 'http://alpha.example/' },
        });
        const sending = { ...sync.partner.sending, receiptDelivery: 'async' } as const;
        const async = { ...sync, partner: { ...sync.partner, sending } };
        relationship = sync;
        const told = new Map<string, SendOutcome>();
        const ids: string[] = [];
        const failures: unknown[] = [];
        const work = (promise: Promise<unknown>): void => {
          // The spool may be closed for a restart just now.
          void promise.catch((error: unknown) => {
            if (!isAs2Error(error) || asStoreError(error, '') === undefined) failures.push(error);
          });
        };

        const open = async (): Promise<Station> => {
          const spool = await openSpool({ directory: join(temp, 'spool') });
          const outbox = Outbox.open({ spool, parallel: 6, directory: stationDirectory([sync]) });
          outbox.attach(OWNER, {
            outcome: (outcome, { exchangeId }) => {
              if (isWild && random() < 0.05) throw new Error('the flow has a mistake');
              told.set(exchangeId, outcome);
              if (isWild && !outcome.ok && random() < 0.4) work(outbox.resend(exchangeId));
            },
          });
          return { spool, outbox };
        };
        const submit = async ({ outbox }: Station): Promise<void> => {
          const content = bufferSource(Buffer.alloc(random() < 0.1 ? 100_000 : 50, 'x'));
          const payload = { content, contentType: 'text/plain' };
          const taken = await outbox.submit({ ...(random() < 0.5 ? sync : async), payload, owner: OWNER });
          ids.push(taken.exchangeId);
        };
        const anyId = () => ids[Math.floor(random() * ids.length)] ?? 'none';

        station = await open();
        for (let step = 0; step < STEPS; step++) {
          const what = random();
          if (step % (STEPS / RESTARTS) === 99) {
            await station.outbox.close(random() < 0.5 ? 0 : 200);
            await station.spool.close();
            station = await open();
          } else if (what < 0.4 && ids.length < MESSAGES) await submit(station);
          else if (what < 0.6) work(station.outbox.cancel(anyId()));
          else if (what < 0.8) work(station.outbox.resend(anyId()));
          await pause(4 * random());
        }
        isWild = false;
        const { spool, outbox } = station;
        let unfinished = Number.POSITIVE_INFINITY;
        await until(() => {
          void spool.list({ direction: 'out', states: UNFINISHED, limit: MESSAGES }).then(
            (records) => (unfinished = records.length),
            () => undefined,
          );
          return unfinished === 0 && outbox.inWork === 0 && receiptsUnderWay === 0;
        }, 'everything has its end');
        // What a flow with a mistake was told is told once more.
        outbox.attach(OWNER, {
          outcome: (outcome, { exchangeId }) => void told.set(exchangeId, outcome),
        });
        await until(() => outbox.inWork === 0, 'everything is told');

        assert.deepEqual(failures, []);
        const records = await spool.list({ direction: 'out', limit: 2 * MESSAGES });
        assert.equal(records.length, ids.length);
        assert.ok(records.some(({ state }) => state === 'completed'));
        for (const { id, state, unreported, dueAt } of records) {
          assert.equal(told.get(id)?.ok, state === 'completed', `${id} is ${state}`);
          assert.equal(unreported, false);
          assert.equal(dueAt, undefined);
        }
        station = undefined;
        await outbox.close();
        await spool.close();
      });
    });
  }).timeout(300_000);
});
