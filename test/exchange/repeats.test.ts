import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { newMessageId } from '../../src/as2';
import { relationshipOf } from '../partner/parties';
import { receiving } from '../partner/receiving';
import type { Station, StationOptions } from '../partner/station';
import { composeWire, ORDER, receiptIn, withHeaders } from '../partner/wire-message';
import { testKeyPair } from '../support/keys';

const MODES = 'automatic-action/MDN-sent-automatically; ';

describe('exchange: repeated messages', () => {
  it('REL-04, MDN-12: the flow sees it once, and the very same receipt is sent again', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const [first, second] = [await post(message), await post(message)];
      assert.ok(first.body.equals(second.body));
      for (const name of ['Message-ID', 'Date', 'Content-Type', 'AS2-From']) {
        assert.equal(second.headers.get(name), first.headers.get(name), name);
      }
      assert.equal(station.messages.length, 1);
      const repeated = await station.event('message-repeated');
      assert.equal(repeated.exchangeId, station.messages[0]?.exchangeId);
      assert.equal(repeated.error, undefined);
      await assertOnlyOneStored(station);
    });
  });

  it('a rejection is repeated as well', async () => {
    const handOver: StationOptions['handOver'] = () => ({ accept: false, text: 'no' });
    await receiving({ handOver }, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const [first, second] = [await post(message), await post(message)];
      assert.ok(first.body.equals(second.body));
      assert.equal(station.messages.length, 1);
    });
  });

  it('the same id without brackets, and built anew with other random bytes, is the same message', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const messageId = newMessageId('alpha.example');
      const first = await post(await composeWire(alpha, beta, { messageId }));
      const anew = await composeWire(alpha, beta, { messageId });
      const second = await post(withHeaders(anew, { 'Message-ID': messageId.slice(1, -1) }));
      assert.ok(first.body.equals(second.body));
      assert.equal(station.messages.length, 1);
      await assertOnlyOneStored(station);
    });
  });

  it('REL-06: the same id with other content is refused, and the first one keeps its receipt', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const messageId = newMessageId('alpha.example');
      const original = await composeWire(alpha, beta, { messageId });
      const first = await post(original);
      const other = await composeWire(alpha, beta, { messageId, payload: Buffer.from('another order') });
      const receipt = await receiptIn(await post(other), beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed/error: unexpected-processing-error`);
      assert.match(receipt.text, /Message-ID was used before/);
      assert.ok(receipt.mic);
      const { error } = await station.event('message-rejected');
      assert.equal(error?.code, 'message-id-reused');
      assert.ok((await post(original)).body.equals(first.body));
      assert.equal(station.messages.length, 1);
    });
  });

  it('REL-05: the same id from another partner is another message', async () => {
    const gamma = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const messageId = newMessageId('alpha.example');
      const relationships = [relationshipOf(beta, alpha), relationshipOf(beta, gamma)];
      await receiving({ relationships }, async (second) => {
        for (const from of [alpha, gamma]) {
          await second.post(await composeWire(from, beta, { messageId }));
        }
        assert.equal(second.station.messages.length, 2);
      });
      await post(await composeWire(alpha, beta, { messageId }));
      assert.equal(station.messages.length, 1);
    });
  });

  it('REL-07: a repeat that comes while the first one is in work waits for the same receipt', async () => {
    const handOver: StationOptions['handOver'] = async () => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      return { accept: true };
    };
    await receiving({ handOver }, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const [first, second, third] = await Promise.all([post(message), post(message), post(message)]);
      assert.equal(first.status, 200);
      assert.ok(first.body.equals(second.body) && first.body.equals(third.body));
      assert.equal(station.messages.length, 1);
    });
  });

  it('a message that was refused does not use up its id: the repeat is looked at again', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const messageId = newMessageId('alpha.example');
      // Somebody who knows the id sends rubbish under it first.
      const forged = await composeWire(alpha, beta, { messageId, protection: 'none' });
      await post(forged);
      const receipt = await receiptIn(
        await post(await composeWire(alpha, beta, { messageId })),
        beta.keyPair.certificate,
      );
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.ok((await station.messages[0]?.payload.read())?.equals(ORDER));
    });
  });

  it('a repeat that asks for a receipt gets one, although the first one did not ask', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const silent = withHeaders(message, { 'Disposition-Notification-To': undefined });
      assert.equal((await post(silent)).body.length, 0);
      const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.equal(receipt.mic?.value, station.messages[0]?.mic.split(',')[0]);
      assert.equal(station.messages.length, 1);
    });
  });

  it('a sender that is gone before the receipt gets it with the repeat', async () => {
    const handOver: StationOptions['handOver'] = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return { accept: true };
    };
    await receiving({ handOver }, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const headers = Object.fromEntries(message.headers.entries());
      const gone = request(station.url, { method: 'POST', headers, agent: false }).on(
        'error',
        () => undefined,
      );
      gone.end(message.body);
      await station.event('message-handed-over');
      gone.destroy();
      const lost = await station.event('receipt-not-sent');
      assert.equal(lost.error?.code, 'receipt-not-sent');
      const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.equal(station.messages.length, 1);
    });
  });
});

async function assertOnlyOneStored(station: Station): Promise<void> {
  await station.event('receipt-sent');
  const { spool } = station;
  assert.deepEqual(await readdir(join(spool.directory, 'staging')), []);
  assert.equal((await spool.list({ direction: 'in', limit: 10 })).length, 1);
}
