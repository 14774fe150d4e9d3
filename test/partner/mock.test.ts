import assert from 'node:assert/strict';
import { faults, refusal, TradingPartner } from './mock';
import { alphaAndBeta } from './parties';

/** Two mock partners that talk to each other: ALPHA sends, Beta Corp answers. */
async function withTwo(work: (alpha: TradingPartner, beta: TradingPartner) => Promise<void>): Promise<void> {
  const { alpha, beta } = await alphaAndBeta();
  const answering = await TradingPartner.start({
    as2Name: beta.as2Name,
    keyPair: beta.keyPair,
    peer: { as2Name: alpha.as2Name, certificate: alpha.keyPair.certificatePem },
  });
  const sending = await TradingPartner.start({
    as2Name: alpha.as2Name,
    keyPair: alpha.keyPair,
    peer: { as2Name: beta.as2Name, certificate: answering.certificatePem, url: answering.url },
  });
  try {
    await work(sending, answering);
  } finally {
    await Promise.all([sending.stop(), answering.stop()]);
  }
}

describe('The trading partner for tests', () => {
  it('makes its own keys, and knows its address', async () => {
    const partner = await TradingPartner.start({ peer: { as2Name: 'ALPHA' } });
    assert.match(partner.certificatePem, /^-----BEGIN CERTIFICATE-----/);
    assert.match(partner.url, /^http:\/\/127\.0\.0\.1:\d+\/as2$/);
    await assert.rejects(partner.send(), /no certificate of ALPHA/);
    await assert.rejects(partner.send({ protection: 'none' }), /no url to send to/);
    await partner.stop();
  });

  it('opens what it gets, and says what it got', async () => {
    await withTwo(async (alpha, beta) => {
      const attachments = [{ payload: '%PDF', contentType: 'application/pdf', filename: 'drawing.pdf' }];
      const { verdict } = await alpha.send({ payload: 'An order', filename: 'order.txt', attachments });
      assert.deepEqual([verdict?.positive, verdict?.micMatches], [true, true]);
      const { opened, as2, headers } = await beta.messages.next();
      assert.deepEqual([as2.from, as2.to, headers.get('AS2-To')], ['ALPHA', 'Beta Corp', '"Beta Corp"']);
      assert.deepEqual([opened?.signed, opened?.encrypted, opened?.compressed], [true, true, false]);
      const got = opened?.attachments?.map(({ payload, filename }) => [payload.toString(), filename]);
      assert.deepEqual(got, [
        ['An order', 'order.txt'],
        ['%PDF', 'drawing.pdf'],
      ]);
    });
  });

  it('refuses what it cannot open, and says why', async () => {
    await withTwo(async (alpha, beta) => {
      const damage = (body: Buffer): Buffer => body.fill(0, body.length - 40);
      const { receipt } = await alpha.send({ damage });
      assert.match(receipt?.dispositionText ?? '', /processed\/error: decryption-failed$/);
      const { problem, opened } = await beta.messages.next();
      assert.match(problem?.code ?? '', /decrypt/);
      assert.equal(opened, undefined);
    });
  });

  it('does what is planned, one message after the other, and then what is usual', async () => {
    await withTwo(async (alpha, beta) => {
      beta.usually = ({ opened }) => (opened?.payload.toString() === 'good' ? {} : faults.forbidden);
      beta.plan(faults.busy, refusal('failed'), faults.wrongMic);
      const seen: unknown[] = [];
      for (const payload of ['1', '2', '3', '4', 'good']) {
        const { answer, verdict } = await alpha.send({ payload });
        seen.push(verdict?.problem?.code ?? answer?.status);
      }
      assert.deepEqual(seen, [503, 'receipt-negative', 'receipt-mic-mismatch', 403, 200]);
    });
  });

  it('sends receipts later: early, twice, held, or never', async () => {
    await withTwo(async (alpha, beta) => {
      beta.plan(faults.earlyReceipt, faults.doubledReceipt, faults.lateReceipt, faults.lostReceipt);
      const sendOne = async () => (await alpha.send({ receiptUrl: true })).message.messageId;
      const early = await sendOne();
      assert.equal((await alpha.receipts.next()).receipt.originalMessageId, early);
      const doubled = await sendOne();
      for (let times = 0; times < 2; times++) {
        assert.equal((await alpha.receipts.next()).receipt.originalMessageId, doubled);
      }
      const late = await sendOne();
      assert.equal(alpha.receipts.all.length, 3);
      while (beta.holding === 0) await new Promise((resolve) => setImmediate(resolve));
      beta.release();
      assert.equal((await alpha.receipts.next()).receipt.originalMessageId, late);
      await sendOne();
      await assert.rejects(alpha.receipts.next(50), /no receipt within 0.05 s/);
    });
  });

  it('gives receipts a bad time, too', async () => {
    await withTwo(async (alpha, beta) => {
      alpha.planForReceipts(faults.busy, faults.resetAfterBody);
      beta.usually = { later: { times: 3 } };
      await alpha.send({ receiptUrl: true });
      const [first, second, third] = [
        await beta.deliveries.next(),
        await beta.deliveries.next(),
        await beta.deliveries.next(),
      ];
      assert.equal(first?.answer?.status, 503);
      assert.ok(second?.error);
      assert.equal(third?.answer?.status, 200);
    });
  });

  it('tells what went wrong in a function that was to decide', async () => {
    await withTwo(async (alpha, beta) => {
      beta.plan(() => {
        throw new Error('not so');
      });
      await assert.rejects(alpha.send(), /ended before a complete answer|ECONNRESET/);
      assert.match(String(beta.failures[0]), /not so/);
      assert.equal((await alpha.send()).verdict?.positive, true);
    });
  });

  for (const breaks of ['before-body', 'in-body', 'after-body'] as const) {
    it(`breaks its own connection ${breaks}`, async () => {
      await withTwo(async (alpha, beta) => {
        const { answer } = await alpha.send({ breaks });
        assert.equal(answer, undefined);
        if (breaks === 'after-body') assert.ok((await beta.messages.next()).opened);
        else assert.equal(beta.messages.all.length, 0);
      });
    });
  }
});
