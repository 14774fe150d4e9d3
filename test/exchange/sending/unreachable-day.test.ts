import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bufferSource } from '../../../src/bytes';
import { Outbox, stationDirectory } from '../../../src/exchange';
import { openSpool } from '../../../src/store';
import { alphaAndBeta, relationshipOf } from '../../partner/parties';
import { withTradingPartner } from '../../partner/trading-partner';
import { SimulatedClock } from '../../support/simulated-clock';
import { withTempDirectory } from '../../support/temp';
import { MINUTE_MS, OWNER, until } from './outbox-bench';

const MESSAGES = Number(process.env.AS2_TEST_UNREACHABLE_MESSAGES ?? 100);
const HOURS = 24;
/** As the default schedule, and on with an hour each. */
const PAUSES_MS = [1, 5, 10, 20, 40, 60].map((minutes) => minutes * MINUTE_MS);

describe('exchange: outbox, a partner that cannot be reached for 24 hours', () => {
  it('REL-08: is tried as the schedule says, never too often at one time, and gets everything when it is back', async () => {
    const { alpha, beta } = await alphaAndBeta();
    await withTradingPartner(beta, alpha, undefined, async (partner) => {
      await withTempDirectory(async (temp) => {
        const refusing = await closedPort();
        const clock = new SimulatedClock();
        const spool = await openSpool({ directory: join(temp, 'spool'), clock });
        const retry = { attempts: 40, pausesMs: PAUSES_MS };
        const sending = { encrypt: 'none' } as const;
        let relationship = relationshipOf(alpha, beta, { url: refusing, retry, sending });
        let trying = 0;
        let most = 0;
        const outbox = Outbox.open({
          spool,
          directory: {
            find: (names) => {
              most = Math.max(most, outbox.inWork);
              return stationDirectory([relationship]).find(names);
            },
          },
          clock,
        });
        const attempts = new Map<string, number>();
        let completed = 0;
        outbox.attach(OWNER, {
          outcome: ({ ok }) => void (completed += ok ? 1 : 0),
          waiting: ({ exchangeId, attempt, error }) => {
            trying++;
            assert.equal(error?.code, 'http-connection-refused');
            attempts.set(exchangeId, attempt);
          },
        });
        const idle = () => until(() => outbox.inWork === 0, 'the outbox is idle');
        for (let count = 0; count < MESSAGES; count++) {
          const content = bufferSource(Buffer.from(`order ${count}`));
          await outbox.submit({
            ...relationship,
            payload: { content, contentType: 'text/plain' },
            owner: OWNER,
          });
        }
        await idle();
        const memory = await usedMemory();
        const end = clock.now() + HOURS * 60 * MINUTE_MS;
        while (clock.now() < end) {
          await clock.pass(Math.min(end - clock.now(), 5 * MINUTE_MS));
          await idle();
        }
        const grown = (await usedMemory()) - memory;

        // 136 minutes for the first seven, then one an hour; each pause 20 % longer or shorter, and found within 5 minutes.
        const counts = [...attempts.values()];
        assert.equal(counts.length, MESSAGES);
        assert.ok(
          Math.min(...counts) >= 22 && Math.max(...counts) <= 34,
          `${Math.min(...counts)} to ${Math.max(...counts)}`,
        );
        assert.equal(
          trying,
          counts.reduce((sum, count) => sum + count),
        );
        assert.ok(most <= 4 + 1, `${most} at one time`);
        assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes more`);
        assert.equal(completed, 0);

        relationship = relationshipOf(alpha, beta, { url: partner.url, retry, sending });
        while (completed < MESSAGES) {
          await clock.pass(5 * MINUTE_MS);
          await idle();
          assert.ok(clock.now() < end + 80 * MINUTE_MS, 'within the next pause');
        }
        assert.equal(new Set(partner.arrived.map(({ request }) => request.messageId)).size, MESSAGES);
        assert.equal(partner.arrived.length, MESSAGES);
        assert.equal(await spool.nextDue('out'), undefined);
        await outbox.close();
        await spool.close();
      });
    });
  }).timeout(600_000);
});

/** The address of a port at which nobody listens any more. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/as2`;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function usedMemory(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
