import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createReceiver, type ReceivedMessage, stationDirectory } from '../../src/exchange';
import { Headers } from '../../src/mime';
import { openSpool } from '../../src/store';
import { alphaAndBeta, relationshipOf } from '../partner/parties';
import { withHttpServer } from '../partner/servers';
import { composeWire, postWire, receiptIn, type WireAnswer, type WireMessage } from '../partner/wire-message';
import { SimulatedClock } from '../support/simulated-clock';
import { withTempDirectory } from '../support/temp';

/*
 * A signed and encrypted message stays genuine for ever: whoever has seen it go by can post it once more, at any time
 * and from anywhere.
 */

const DAY_MS = 24 * 3_600_000;

describe('edge: a captured message', () => {
  /** Posts a message to a station that is started for it and stopped after it. */
  async function postLater(
    directory: string,
    clock: SimulatedClock,
    message: WireMessage,
    delivered: ReceivedMessage[],
  ): Promise<WireAnswer> {
    const { alpha, beta } = await alphaAndBeta();
    const spool = await openSpool({ directory, clock });
    const receiver = createReceiver({
      directory: stationDirectory([relationshipOf(beta, alpha)]),
      spool,
      clock,
      handOver: (received) => {
        delivered.push(received);
        return { accept: true };
      },
    });
    try {
      return await withHttpServer(
        (request, response) => receiver.handle(request, response),
        async (url) => {
          const answer = await postWire(`${url}/as2`, message);
          // Whatever is old is swept away at this time of the day.
          await clock.pass(DAY_MS);
          await spool.sweep();
          return answer;
        },
      );
    } finally {
      await receiver.close(0);
      await spool.close();
    }
  }

  it('SEC-07: posted again days later, after restarts, is not delivered again and gets the same receipt', async () => {
    await withTempDirectory(async (temp) => {
      const { alpha, beta } = await alphaAndBeta();
      const directory = join(temp, 'spool');
      const clock = new SimulatedClock();
      const delivered: ReceivedMessage[] = [];
      const captured = await composeWire(alpha, beta);
      const first = await postLater(directory, clock, captured, delivered);
      assert.equal(delivered.length, 1);
      for (const days of [0, 1, 7, 14]) {
        await clock.pass(days * DAY_MS);
        const again = await postLater(directory, clock, captured, delivered);
        assert.ok(again.body.equals(first.body), `the same receipt after ${days} more days`);
        assert.equal(again.headers.get('Message-ID'), first.headers.get('Message-ID'));
      }
      assert.equal(delivered.length, 1);
      assert.equal((await receiptIn(first, beta.keyPair.certificate)).disposition.type, 'processed');
    });
  });

  it('SEC-07: with another sender or receiver on the envelope it is nobody’s message', async () => {
    await withTempDirectory(async (temp) => {
      const { alpha, beta } = await alphaAndBeta();
      const delivered: ReceivedMessage[] = [];
      const captured = await composeWire(alpha, beta);
      for (const [name, value] of [
        ['AS2-From', 'MALLORY'],
        ['AS2-To', 'GAMMA'],
      ] as const) {
        const headers = captured.headers
          .entries()
          .map(([field, old]) => [field, field.toLowerCase() === name.toLowerCase() ? value : old] as const);
        const readdressed = { ...captured, headers: Headers.fromPairs(headers) };
        await postLater(join(temp, name), new SimulatedClock(), readdressed, delivered);
      }
      assert.equal(delivered.length, 0);
    });
  });
});
