import assert from 'node:assert/strict';
import { failedFailure, processedError } from '../../../src/as2';
import { bufferSource } from '../../../src/bytes';
import { Headers } from '../../../src/mime';
import { relationshipOf } from '../../partner/parties';
import { testKeyPair } from '../../support/keys';
import type { Answer, Arrived, ReceiptChanges, Script } from '../../partner/trading-partner';
import { MINUTE_MS, OutboxBench, type OutboxSetup, until } from './outbox-bench';

const ACCEPTED: Answer = { status: 204, headers: [], body: '' };
const RECEIPT_URL = 'https://as2.alpha.example/as2?mdn=1';

/** The partner takes every message and sends its receipts when the test says so. */
async function asynchronously(
  { partner, ...setup }: OutboxSetup,
  work: (bench: OutboxBench) => Promise<void>,
): Promise<void> {
  const sending = { receiptDelivery: 'async', receiptUrl: RECEIPT_URL, ...partner?.sending } as const;
  await OutboxBench.run({ script: () => ACCEPTED, ...setup, partner: { ...partner, sending } }, work);
}

/** The receipt for a message arrives at one of our endpoints. */
async function receiptArrives(
  bench: OutboxBench,
  arrived: Arrived | undefined,
  changes?: ReceiptChanges,
  relationship = bench.relationship,
) {
  assert.ok(arrived, 'the message has arrived');
  const { headers, body } = await bench.partner.receipt(arrived, changes);
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const receipt = { headers: Headers.fromPairs(headers), body: bufferSource(bytes) };
  return bench.outbox.receiptArrived(receipt, relationship);
}

describe('exchange: outbox, asynchronous receipts', () => {
  it('REQ-09, MDN-14: asks for one, waits, and is told when it is there', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const [message] = bench.partner.arrived;
      assert.equal(message?.headers.get('Receipt-Delivery-Option'), RECEIPT_URL);
      assert.equal(await bench.state(exchangeId), 'awaiting-receipt');
      const [waits] = bench.waited;
      assert.equal(waits?.awaitingReceipt, true);
      assert.equal(Date.parse(waits.nextAttemptAt ?? '') - bench.clock.now(), 30 * MINUTE_MS);
      assert.equal(bench.told.length, 0);

      assert.equal(await receiptArrives(bench, message), 'matched');
      assert.equal(await bench.state(exchangeId), 'completed', 'durable before it is answered');
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.ok, true);
      assert.equal(outcome.receipt?.micMatches, true);
      assert.equal(outcome.receipt?.signed, true);
      const folder = await bench.spool.get(exchangeId);
      assert.match((await folder!.read('receipt')).toString('latin1'), /disposition-notification/i);
      await bench.pass(60 * MINUTE_MS);
      assert.equal(bench.partner.arrived.length, 1);
      assert.equal(bench.told.length, 1);
    });
  });

  it('SEC-13: a login in our own address goes to the partner, and into no text', async () => {
    const receiptUrl = RECEIPT_URL.replace('//', '//beta:geheim@');
    const partner = { sending: { receiptUrl } };
    await asynchronously({ partner }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      assert.equal(bench.partner.arrived[0]?.headers.get('Receipt-Delivery-Option'), receiptUrl);
      await bench.pass(31 * MINUTE_MS);
      const { error } = await bench.outcome(exchangeId);
      assert.equal(error?.code, 'receipt-overdue');
      assert.ok(error.message.includes(RECEIPT_URL));
      const { record } = (await bench.spool.get(exchangeId))!;
      const said = [error.message, error.facts, bench.events, record, await bench.spool.history(exchangeId)];
      assert.doesNotMatch(JSON.stringify(said), /geheim/);
    });
  });

  it('needs an address for them', async () => {
    await OutboxBench.run({ partner: { sending: { receiptDelivery: 'async' } } }, async (bench) => {
      await assert.rejects(bench.submit(), { code: 'receipt-url-missing' });
    });
  });

  it('RCV-02: finds its message after a restart', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit({ context: { order: 4711 } });
      await bench.idle();
      await bench.restart();
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0]), 'matched');
      assert.equal((await bench.outcome(exchangeId)).ok, true);
      assert.deepEqual(bench.told[0]?.info.context, { order: 4711 });
      assert.equal(bench.told[0]?.info.redelivered, false);
    });
  });

  it('takes a receipt in the answer although it was asked for later', async () => {
    await asynchronously({ script: (arrived, partner) => partner.receipt(arrived) }, async (bench) => {
      const outcome = await bench.send();
      assert.equal(outcome.ok, true);
      assert.equal(outcome.receipt?.micMatches, true);
    });
  });

  it('RCV-05: one that is faster than the answer to the message', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const script: Script = async () => answered.then(() => ACCEPTED);
    await asynchronously({ script }, async (bench) => {
      const exchangeId = await bench.submit();
      await until(() => bench.partner.arrived.length === 1, 'the message has arrived');
      assert.equal(await bench.state(exchangeId), 'sending');
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0]), 'matched');
      assert.equal(await bench.state(exchangeId), 'completed');
      answer();
      await bench.idle();
      assert.equal(await bench.state(exchangeId), 'completed');
      assert.deepEqual(await bench.states(exchangeId), ['queued', 'sending', 'completed']);
      assert.equal(bench.told.length, 1);
      assert.equal(bench.told[0]?.outcome.ok, true);
    });
  });

  it('RCV-05: the first final result wins, later ones are logged', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const [message] = bench.partner.arrived;
      const changes = { disposition: processedError('unexpected-processing-error') };
      assert.equal(await receiptArrives(bench, message), 'matched');
      assert.equal(await receiptArrives(bench, message, changes), 'late');
      assert.equal(await receiptArrives(bench, message), 'late');
      await bench.idle();
      assert.equal(await bench.state(exchangeId), 'completed');
      assert.equal(bench.told.length, 1);
      assert.equal(bench.eventsOf('receipt-late').length, 2);
    });
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const [message] = bench.partner.arrived;
      const changes = { disposition: processedError('decryption-failed') };
      assert.equal(await receiptArrives(bench, message, changes), 'matched');
      assert.equal(await receiptArrives(bench, message), 'late');
      await bench.idle();
      assert.equal(await bench.state(exchangeId), 'failed');
      assert.equal(bench.told.length, 1);
      assert.equal(bench.told[0]?.outcome.error?.code, 'receipt-negative');
    });
  });

  it('RCV-05: of two at one time one decides', async () => {
    await asynchronously({}, async (bench) => {
      await bench.submit();
      await bench.idle();
      const [message] = bench.partner.arrived;
      const both = await Promise.all([receiptArrives(bench, message), receiptArrives(bench, message)]);
      assert.deepEqual(both.sort(), ['late', 'matched']);
      await bench.idle();
      assert.equal(bench.told.length, 1);
    });
  });

  it('one for a message whose attempt seemed to fail: the partner has it', async () => {
    await asynchronously({ script: () => ({ status: 503, headers: [], body: '' }) }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      assert.equal(await bench.state(exchangeId), 'retrying');
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0]), 'matched');
      await bench.pass(60 * MINUTE_MS);
      assert.equal(bench.partner.arrived.length, 1);
      assert.equal((await bench.outcome(exchangeId)).ok, true);
    });
  });

  it('a message that waits for one can be sent again', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      assert.equal(await bench.outbox.resend(exchangeId), true);
      await until(() => bench.partner.arrived.length === 2, 'it is there again');
      await bench.idle();
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0]), 'matched');
      assert.equal((await bench.outcome(exchangeId)).ok, true);
    });
  });

  it('the journal does not work: the partner has to send it again', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const { find } = bench.spool;
      bench.spool.find = async () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      };
      await assert.rejects(receiptArrives(bench, bench.partner.arrived[0]), { code: 'store-full' });
      bench.spool.find = find;
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0]), 'matched');
      assert.equal((await bench.outcome(exchangeId)).ok, true);
    });
  });

  it('RCV-02: for an unknown id nothing changes; the right id from another partner is refused', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const [message] = bench.partner.arrived;
      assert.equal(await receiptArrives(bench, message, { messageId: '<other@alpha.example>' }), 'unknown');
      const gamma = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
      const stranger = relationshipOf(bench.alpha, gamma, { url: bench.partner.url });
      assert.equal(await receiptArrives(bench, message, { signer: gamma }, stranger), 'refused');
      assert.equal(bench.eventsOf('receipt-refused')[0]?.error?.code, 'receipt-other-partner');
      assert.equal(await bench.state(exchangeId), 'awaiting-receipt');
      assert.equal(await receiptArrives(bench, message), 'matched');
    });
  });

  it('RCV-03, RCV-04, SEC-12: one that proves nothing decides nothing, and is the reason when no other comes', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const [message] = bench.partner.arrived;
      const gamma = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
      for (const changes of [
        { signer: gamma },
        { signer: 'nobody' },
        { signer: 'nobody', disposition: failedFailure('unsupported format') },
      ] as const) {
        assert.equal(await receiptArrives(bench, message, changes), 'refused');
        assert.equal(await bench.state(exchangeId), 'awaiting-receipt');
      }
      assert.deepEqual(
        bench.waited.map(({ error }) => error?.code),
        [undefined, 'receipt-signer-unknown', 'receipt-unsigned', 'receipt-negative'],
      );
      await bench.pass(31 * MINUTE_MS);
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.error?.code, 'receipt-negative');
      assert.equal(outcome.error?.facts.authenticated, false);
      // What a stranger wrote cannot keep the true one out.
      assert.equal(await receiptArrives(bench, message), 'matched');
      await bench.idle();
      assert.equal(bench.told.at(-1)?.outcome.ok, true);
    });
  });

  it('one with another MIC is an end, and says so', async () => {
    await asynchronously({}, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.idle();
      const mic = { value: Buffer.alloc(32).toString('base64'), algorithm: 'sha-256' } as const;
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0], { mic }), 'matched');
      assert.equal((await bench.outcome(exchangeId)).error?.code, 'receipt-mic-mismatch');
    });
  });

  it('MIC-13: explains a MIC also after a restart, with the payload that is kept', async () => {
    await asynchronously({}, async (bench) => {
      const content = Buffer.from('UNB+UNOA:1+A+B\nUNZ+1\n');
      const exchangeId = await bench.submit({
        payload: { content: bufferSource(content), contentType: 'application/edifact' },
      });
      await bench.idle();
      await bench.restart();
      const { createHash } = await import('node:crypto');
      const value = createHash('sha256').update(content.toString().replaceAll('\n', '\r\n')).digest('base64');
      const changes = { mic: { value, algorithm: 'sha-256' } } as const;
      assert.equal(await receiptArrives(bench, bench.partner.arrived[0], changes), 'matched');
      const { error, receipt } = await bench.outcome(exchangeId);
      assert.equal(error?.code, 'receipt-mic-mismatch');
      assert.ok(receipt?.micDiagnosis?.matches, 'what the partner digested is found');
    });
  });

  describe('RCV-07: overdue', () => {
    it('is told, and the message has failed; a late receipt still completes it', async () => {
      await asynchronously({ partner: { sending: { receiptTimeoutMs: 10 * MINUTE_MS } } }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.pass(9 * MINUTE_MS);
        assert.equal(await bench.state(exchangeId), 'awaiting-receipt');
        await bench.pass(2 * MINUTE_MS);
        assert.equal(await bench.state(exchangeId), 'failed');
        const outcome = await bench.outcome(exchangeId);
        assert.equal(outcome.error?.code, 'receipt-overdue');
        assert.match(outcome.error?.message ?? '', /10 minutes.*https:\/\/as2\.alpha\.example/);
        assert.equal(bench.eventsOf('receipt-overdue').length, 1);
        assert.equal(bench.partner.arrived.length, 1);

        await bench.restart();
        assert.equal(await receiptArrives(bench, bench.partner.arrived[0]), 'matched');
        await bench.idle();
        assert.equal(await bench.state(exchangeId), 'completed');
        assert.equal(bench.told.length, 2);
        assert.equal(bench.told[1]?.outcome.ok, true);
        assert.equal(bench.told[1]?.outcome.error, undefined);
      });
    });

    it('also when its time passes while we are away', async () => {
      await asynchronously({}, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.idle();
        await bench.close();
        await bench.clock.pass(31 * MINUTE_MS);
        await bench.open();
        assert.equal((await bench.outcome(exchangeId)).error?.code, 'receipt-overdue');
      });
    });

    it('the same message again, as often as the attempts allow', async () => {
      const partner = { sending: { receiptOverdue: 'resend' }, retry: { attempts: 3 } } as const;
      await asynchronously({ partner }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.pass(31 * MINUTE_MS);
        assert.equal(bench.partner.arrived.length, 2);
        const [one, two] = bench.partner.arrived;
        assert.equal(two?.request.messageId, one?.request.messageId);
        assert.ok(two?.body.equals(one!.body));
        await bench.pass(90 * MINUTE_MS);
        assert.equal(bench.partner.arrived.length, 3);
        assert.equal((await bench.outcome(exchangeId)).error?.code, 'receipt-overdue');
      });
    });
  });

  it('HTTP-20: one that nobody asked for changes nothing', async () => {
    await OutboxBench.run(
      { partner: { sending: { receipt: 'none' } }, script: () => ACCEPTED },
      async (bench) => {
        const exchangeId = await bench.submit();
        assert.equal((await bench.outcome(exchangeId)).ok, true);
        const changes = { disposition: processedError('decryption-failed') };
        assert.equal(await receiptArrives(bench, bench.partner.arrived[0], changes), 'late');
        assert.equal(await bench.state(exchangeId), 'completed');
      },
    );
  });

  it('what is no receipt, or too large for one, is refused', async () => {
    await asynchronously({}, async (bench) => {
      await bench.submit();
      await bench.idle();
      for (const body of [Buffer.from('hello'), Buffer.alloc(5 * 1024 * 1024)]) {
        const headers = Headers.fromPairs([['Content-Type', 'multipart/report; boundary=b']]);
        const receipt = { headers, body: bufferSource(body) };
        assert.equal(await bench.outbox.receiptArrived(receipt, bench.relationship), 'refused');
      }
      assert.equal(bench.eventsOf('receipt-refused').length, 2);
    });
  });
});
