import assert from 'node:assert/strict';
import { PendingReceipts, type ReceiptDecision } from '../../src/exchange';
import { receiving } from '../partner/receiving';
import type { StationOptions } from '../partner/station';
import { composeWire, receiptIn } from '../partner/wire-message';
import { patiently } from '../support/patiently';
import { beginUpload } from '../support/slow-upload';

const MODES = 'automatic-action/MDN-sent-automatically; ';

describe('exchange: receipts decided by the flow', () => {
  const cases: readonly (readonly [string, ReceiptDecision, string, RegExp])[] = [
    ['accepts', { accept: true }, 'processed', /The message was received/],
    [
      'accepts with a text',
      { accept: true, text: 'Order 4711 is in the system' },
      'processed',
      /Order 4711 is in/,
    ],
    ['rejects', { accept: false }, 'processed/error: unexpected-processing-error', /could not be processed/],
    [
      'rejects with a reason and a text',
      { accept: false, modifier: 'duplicate-filename', text: 'We have that file' },
      'processed/error: duplicate-filename',
      /We have that file/,
    ],
    [
      'SEC-08: cannot smuggle a field in',
      { accept: false, modifier: 'a\r\nReceived-content-MIC: x, sha1', text: 'b\r\n\r\n--boundary' },
      'processed/error: a Received-content-MIC: x, sha1',
      /--boundary/,
    ],
  ];
  for (const [title, decision, disposition, text] of cases) {
    it(title, async () => {
      await deciding(async ({ pending, decideNext, alpha, beta, post, station }) => {
        decideNext(decision);
        const receipt = await receiptIn(await post(await composeWire(alpha, beta)), beta.keyPair.certificate);
        assert.equal(receipt.dispositionText, MODES + disposition);
        assert.equal(receipt.signature?.status, 'verified');
        assert.match(receipt.text, text);
        assert.equal(
          receipt.mic?.value,
          station.messages[0]?.mic.split(',')[0],
          'MIC-12: also on a rejection',
        );
        const event = await station.event('message-decided');
        assert.equal(event.disposition, receipt.dispositionText);
        assert.equal(event.error, undefined);
        assert.equal(pending.size, 0);
      });
    });
  }

  it('waits for the flow', async () => {
    await deciding(async ({ pending, alpha, beta, post, station }) => {
      const answer = post(await composeWire(alpha, beta));
      const { exchangeId = '' } = await station.event('message-handed-over');
      const early = await Promise.race([
        answer,
        new Promise((resolve) => setTimeout(resolve, 40, 'waiting')),
      ]);
      assert.equal(early, 'waiting');
      assert.equal(pending.decide('somebody else', { accept: true }), undefined);
      const kept = pending.decide(exchangeId, { accept: true });
      assert.ok(kept);
      assert.equal(pending.decide(exchangeId, { accept: false }), undefined, 'only once');
      await kept;
      assert.equal((await station.spool.get(exchangeId))?.record.state, 'accepted', 'durable');
      const receipt = await receiptIn(await answer, beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed`);
    });
  });

  it('rejects when the flow is silent, tells our user, and is too late afterwards', async () => {
    await deciding(
      async ({ pending, alpha, beta, post, station }) => {
        const receipt = await receiptIn(await post(await composeWire(alpha, beta)), beta.keyPair.certificate);
        assert.equal(receipt.dispositionText, `${MODES}processed/error: unexpected-processing-error`);
        assert.match(receipt.text.replace(/\s+/g, ' '), /did not confirm it in time/);
        const { error, exchangeId = '' } = await station.event('message-decided');
        assert.equal(error?.code, 'receipt-decision-timeout');
        assert.match(error?.message ?? '', /from "alpha" within 0.04 seconds.*unexpected-processing-error/);
        assert.equal(pending.decide(exchangeId, { accept: true }), undefined);
      },
      { timeoutMs: 40 },
    );
  });

  it('accepts when the flow is silent, where that is configured', async () => {
    await deciding(
      async ({ alpha, beta, post, station }) => {
        const receipt = await receiptIn(await post(await composeWire(alpha, beta)), beta.keyPair.certificate);
        assert.equal(receipt.dispositionText, `${MODES}processed`);
        assert.equal((await station.event('message-decided')).error?.code, 'receipt-decision-timeout');
      },
      { timeoutMs: 40, onTimeout: { accept: true } },
    );
  });

  it('a flow that throws: 503 and no receipt; the repeat is handed over again, and marked', async () => {
    let works = false;
    const handOver: StationOptions['handOver'] = () => {
      if (!works) throw new Error('the database is down');
      return { accept: true };
    };
    await receiving({ handOver }, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const answer = await post(message);
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('Retry-After'), '60');
      const event = await station.event('message-postponed');
      assert.match(event.error?.message ?? '', /the database is down/);
      works = true;
      const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.deepEqual(
        station.messages.map(({ redelivered }) => redelivered),
        [false, true],
      );
      const [first, second] = station.messages;
      assert.equal(first?.exchangeId, second?.exchangeId);
    });
  });

  it('closed while a decision is due: 503 and no receipt, nothing is left in work', async () => {
    await deciding(async ({ pending, alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const answer = post(message);
      await station.event('message-handed-over');
      assert.equal(station.receiver.inWork, 1);
      pending.close();
      await station.receiver.close();
      assert.equal((await answer).status, 503);
      assert.equal((await station.event('message-postponed')).error?.code, 'station-closing');
      assert.equal(station.receiver.inWork, 0);
      assert.equal((await post(message)).status, 503, 'closed is closed');
      await assert.rejects(pending.wait({ exchangeId: 'late', messageId: '<late@b>', partner: 'Alpha' }), {
        code: 'station-closing',
      });
      assert.equal(pending.size, 0);
    });
  });

  it('closed while a message comes in: 503, the flow does not see it any more', async () => {
    await receiving({}, async ({ alpha, beta, station }) => {
      const upload = beginUpload(station.url, await composeWire(alpha, beta));
      while (station.receiver.inWork === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const closing = station.receiver.close(60_000);
      assert.equal(await upload.finish(), 503);
      await closing;
      assert.equal((await station.event('message-postponed')).error?.code, 'station-closing');
      assert.equal(station.messages.length, 0);
    });
  });

  it('closing waits for messages in work, but not for ever', () =>
    patiently(async (factor) => {
      const handOver: StationOptions['handOver'] = async ({ subject }) => {
        await new Promise((resolve) => setTimeout(resolve, subject === 'short' ? 60 : 100_000).unref());
        return { accept: true };
      };
      await receiving({ handOver }, async ({ alpha, beta, post, station }) => {
        const long = post(await composeWire(alpha, beta, { subject: 'long' }));
        const short = post(await composeWire(alpha, beta, { subject: 'short' }));
        await station.event('message-handed-over');
        await station.event('message-handed-over');
        await station.receiver.close(300 * factor);
        assert.equal((await short).status, 200);
        assert.equal((await long).status, 503);
      });
    }));
});

interface Deciding {
  readonly pending: PendingReceipts;
  /** The flow decides about the next message at once, while it is being handed over. */
  readonly decideNext: (decision: ReceiptDecision) => void;
}

type Work = (o: Deciding & Parameters<Parameters<typeof receiving>[1]>[0]) => Promise<void>;

async function deciding(
  work: Work,
  options: ConstructorParameters<typeof PendingReceipts>[0] = { timeoutMs: 60_000 },
): Promise<void> {
  const pending = new PendingReceipts(options);
  let next: ReceiptDecision | undefined;
  const handOver: StationOptions['handOver'] = async (message) => {
    const decision = pending.wait(message);
    if (next) assert.ok(pending.decide(message.exchangeId, next));
    return decision;
  };
  await receiving({ handOver }, (o) => work({ ...o, pending, decideNext: (decision) => (next = decision) }));
}
