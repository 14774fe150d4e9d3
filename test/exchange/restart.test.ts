import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { bufferSource } from '../../src/bytes';
import { alphaAndBeta, relationshipOf } from '../partner/parties';
import { withSender } from '../partner/sender';
import { testKeyPair } from '../support/keys';
import { openCuttingProxy, randomCuts } from '../support/cutting-proxy';
import { collect } from '../support/chunks';
import { withHttpsStation } from './https-station';

const MIB = 1024 * 1024;

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('exchange: AS2 Restart between two of our stations', () => {
  for (const [how, mebibytes] of [
    ['with a length', 64],
    ['in chunks', 16],
  ] as const) {
    it(`RST-01 … RST-05: ${mebibytes} MiB ${how} over TLS arrive identical, however the line is cut`, async () => {
      const { alpha, beta } = await alphaAndBeta();
      const ca = (await testKeyPair('localhost')).certificatePem;
      const content = randomBytes(mebibytes * MIB);
      await withHttpsStation({ relationships: [relationshipOf(beta, alpha)] }, async (station) => {
        const cuts = randomCuts(5, content.length);
        const proxy = await openCuttingProxy(Number(new URL(station.url).port), cuts);
        try {
          await withSender(async (sender) => {
            const relationship = relationshipOf(alpha, beta, {
              url: `https://localhost:${proxy.port}/as2`,
              connection: { tls: { ca }, chunked: how === 'in chunks' },
              sending: { restart: { pausesMs: [50, 100, 200, 400, 800, 1600, 3200] } },
            });
            const payload = { content: bufferSource(content), contentType: 'application/octet-stream' };
            const outcome = await sender.send(relationship, { payload });
            assert.equal(outcome.error, undefined, `cuts at ${cuts.join(', ')}`);
            assert.equal(outcome.receipt?.micMatches, true);
            const held = sender.events
              .filter(({ type }) => type === 'send-resumed')
              .map((event) => event.heldBytes ?? 0);
            assert.ok(held.length >= 1, 'it went on');
            assert.deepEqual(
              held,
              held.toSorted((a, b) => a - b),
              'forward only',
            );
          });
          assert.equal(proxy.cuts, 5);
          assert.ok(
            proxy.sentBytes < 1.9 * content.length,
            `${proxy.sentBytes} octets for ${content.length}`,
          );
        } finally {
          await proxy.close();
        }
        const [message] = station.messages;
        assert.equal(station.messages.length, 1);
        assert.equal(digestOf(await collect(message!.payload.open())), digestOf(content));
      });
    });
  }
});
