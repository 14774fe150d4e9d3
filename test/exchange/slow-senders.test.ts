import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { HttpListener } from '../../src/http';
import { alphaAndBeta, type Party, relationshipOf } from '../partner/parties';
import { openStation } from '../partner/station';
import { composeWire, postWire, receiptIn } from '../partner/wire-message';
import { testKeyPair } from '../support/keys';
import { SimulatedClock } from '../support/simulated-clock';
import { beginSlowSenders, HALF_A_HEAD, headOf } from '../support/slow-senders';
import { withTempDirectory } from '../support/temp';

describe('exchange: slow senders', function () {
  this.timeout(180_000);

  it('SEC-11: 500 of one byte a second, most of them in the name of a partner: all of 50 normal messages are served', async () => {
    const { alpha, beta } = await alphaAndBeta();
    const gamma: Party = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
    const clock = new SimulatedClock();
    await withTempDirectory(async (temp) => {
      const relationships = [alpha, gamma].map((other) => relationshipOf(beta, other));
      const station = await openStation(join(temp, 'spool'), { relationships, clock });
      const listener = await HttpListener.open({
        port: 0,
        host: '127.0.0.1',
        route: () => (request, response) => station.receiver.handle(request, response),
      });
      const { port } = listener;
      const slow = await beginSlowSenders({
        port,
        count: 500,
        beginnings: [
          headOf('ALPHA', '"Beta Corp"'),
          headOf('GAMMA', '"Beta Corp"'),
          headOf('ALPHA', '"Beta Corp"'),
          HALF_A_HEAD,
          headOf('STRANGER', '"Beta Corp"'),
        ],
      });
      try {
        // 100 have a place, 100 began a head; the others were told to come again, or that nobody knows them.
        while (slow.answered() < 300) await new Promise((resolve) => setTimeout(resolve, 10));
        await clock.pass(10_000);
        const normal = Array.from({ length: 50 }, async (_, index) => {
          const from = index % 2 === 0 ? alpha : gamma;
          const answer = await postWire(`http://127.0.0.1:${port}/as2`, await composeWire(from, beta));
          assert.equal(answer.status, 200);
          return (await receiptIn(answer, beta.keyPair.certificate)).signed;
        });
        assert.deepEqual(await Promise.all(normal), Array(50).fill(true));
        assert.equal(station.messages.length, 50);
        const ended = station.events.filter(({ error }) => error?.code === 'request-made-room');
        assert.ok(ended.length > 0, 'some of the slow ones had places that were needed');
      } finally {
        slow.stop();
        await listener.close(0);
        await station.close();
      }
    });
  });

  it('SEC-11: one that has just begun, and one that is fast, keeps its place', async () => {
    const { alpha, beta } = await alphaAndBeta();
    const clock = new SimulatedClock();
    await withTempDirectory(async (temp) => {
      const relationships = [relationshipOf(beta, alpha)];
      const station = await openStation(join(temp, 'spool'), { relationships, clock, parallelPerPartner: 1 });
      let received: Socket | undefined;
      const listener = await HttpListener.open({
        port: 0,
        host: '127.0.0.1',
        route: () => (request, response) => {
          received ??= request.socket;
          return station.receiver.handle(request, response);
        },
      });
      const { port } = listener;
      const slow = await beginSlowSenders({ port, count: 1, beginnings: [headOf('ALPHA', '"Beta Corp"')] });
      try {
        while (station.receiver.inWork < 1) await new Promise((resolve) => setTimeout(resolve, 10));
        const url = `http://127.0.0.1:${port}/as2`;
        const statusOfAnother = async (): Promise<number> =>
          (await postWire(url, await composeWire(alpha, beta))).status;
        assert.equal(await statusOfAnother(), 503, 'it has just begun');
        slow.sockets[0]?.write(Buffer.alloc(100_000));
        while ((received?.bytesRead ?? 0) < 100_000) await new Promise((resolve) => setTimeout(resolve, 10));
        await clock.pass(10_000);
        assert.equal(await statusOfAnother(), 503, 'it is fast enough');
        await clock.pass(90_000);
        assert.equal(await statusOfAnother(), 200, 'it stands still');
      } finally {
        slow.stop();
        await listener.close(0);
        await station.close();
      }
    });
  });
});
