import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Mic, processedError } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import type { SendOutcome } from '../../src/exchange';
import { alphaAndBeta, type PartnerChanges, relationshipOf } from '../partner/parties';
import { withSender } from '../partner/sender';
import { type ReceiptChanges, withTradingPartner } from '../partner/trading-partner';

const document = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA'\r\nUNZ+1+1'\r\n");
const contentType = 'application/edifact';

/** The content as it stands in the message. */
function entity(body: Buffer): Buffer {
  const head = `Content-Type: ${contentType}\r\nContent-Transfer-Encoding: binary\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

function mic(bytes: Buffer, algorithm: Mic['algorithm'] = 'sha-256'): Mic {
  const value = createHash(algorithm.replace('-', '')).update(bytes).digest('base64');
  return { value, algorithm };
}

/** ALPHA sends a document; its partner answers with this receipt. */
async function sentTo(
  answer: ReceiptChanges,
  { body = document, changes = {} }: { readonly body?: Buffer; readonly changes?: PartnerChanges } = {},
): Promise<SendOutcome> {
  const { alpha, beta } = await alphaAndBeta();
  return withTradingPartner(
    beta,
    alpha,
    (arrived, partner) => partner.receipt(arrived, answer),
    ({ url }) =>
      withSender((sender) =>
        sender.send(relationshipOf(alpha, beta, { url, ...changes }), {
          payload: { content: bufferSource(body), contentType },
        }),
      ),
  );
}

describe('exchange: receipts with a MIC of the partner’s own making', () => {
  it('MIC-01, RCV-03: headers left out: a failure that says what the partner does and what to do', async () => {
    const { ok, error, receipt } = await sentTo({ mic: mic(document) });
    assert.equal(ok, false);
    assert.equal(error?.code, 'receipt-mic-mismatch');
    assert.match(error.message, /fits the content without its MIME headers\. .*Ask the partner to correct/);
    const { matches, matchesAlgorithm, expected, received, tried } = error.facts;
    assert.deepEqual([matches, matchesAlgorithm], ['headers-left-out', 'sha-256']);
    assert.deepEqual([expected, received], [mic(entity(document)).value, mic(document).value]);
    assert.ok(Number(tried) > 100);
    assert.equal(receipt?.micMatches, false);
    assert.deepEqual(receipt.micDiagnosis?.matches?.deviations, ['headers-left-out']);
    assert.deepEqual(JSON.parse(JSON.stringify(receipt)), receipt, 'plain JSON');
  });

  it('RCV-03: a digest of something else: a failure that says how much was tried', async () => {
    const { error, receipt } = await sentTo({ mic: mic(Buffer.from('something else')) });
    assert.equal(error?.code, 'receipt-mic-mismatch');
    assert.match(error.message, /fits none of \d{3} other ways to compute it/);
    assert.equal(error.facts.matches, undefined);
    assert.equal(receipt?.micDiagnosis?.matches, undefined);
  });

  it('DSP-06: a refusal for altered content: the digest of what they found tells what happened to it', async () => {
    const found = Buffer.from(document.toString().replaceAll('\r\n', '\n'));
    const disposition = processedError('integrity-check-failed');
    const { error, receipt } = await sentTo({ disposition, mic: mic(entity(found)) });
    assert.equal(error?.code, 'receipt-negative');
    assert.match(error.message, /with every line end made a line feed.*treat it as binary/s);
    assert.deepEqual(receipt?.micDiagnosis?.matches?.deviations, ['line-ends-lf']);
  });

  it('DSP-06: a refusal whose digest fits nothing keeps its own advice', async () => {
    const disposition = processedError('integrity-check-failed');
    const { error } = await sentTo({ disposition, mic: mic(Buffer.from('something else')) });
    assert.match(error?.message ?? '', /something changed it on its way/);
  });

  describe('a large message, of which fewer digests are kept', () => {
    const body = Buffer.alloc(2 * 1024 * 1024, "LIN+1++4711:SRV'\r\n");

    it('decision 1: a digest that was not asked for, over the right bytes, proves it all the same', async () => {
      const { error, receipt } = await sentTo({ mic: mic(entity(body), 'sha-1') }, { body });
      assert.equal(error, undefined);
      assert.equal(receipt?.micMatches, true);
    });

    it('decision 1: over other bytes it is a mismatch', async () => {
      const { error } = await sentTo({ mic: mic(Buffer.from('else'), 'sha-1') }, { body });
      assert.equal(error?.code, 'receipt-mic-mismatch');
      assert.equal(error.facts.expected, mic(entity(body), 'sha-1').value);
    });

    for (const [title, changes, bytes] of [
      ['MIC-03: plain, headers included', { sign: 'none', encrypt: 'none' }, entity(body)],
      [
        'MIC-04: compressed, without headers',
        { sign: 'none', encrypt: 'none', compress: 'before-signing' },
        body,
      ],
      ['MIC-06: compressed before signing, before it', { compress: 'before-signing' }, entity(body)],
    ] as const) {
      it(`${title}: tolerated as for a small one`, async () => {
        for (const one of [body, document]) {
          const digested = one === body ? bytes : bytes === body ? document : entity(document);
          const outcome = await sentTo({ mic: mic(digested) }, { body: one, changes: { sending: changes } });
          assert.equal(outcome.error, undefined);
          assert.equal(outcome.receipt?.micMatches, true);
        }
      });
    }
  });

  it('MIC-13: the digests, the Message-ID and the very bytes are on disk before they are posted', async () => {
    const { alpha, beta } = await alphaAndBeta();
    await withSender(async (sender) => {
      let seen = false;
      await withTradingPartner(
        beta,
        alpha,
        async (arrived, partner) => {
          const messageId = arrived.request.messageId?.slice(1, -1) ?? '';
          const key = { from: 'ALPHA', to: 'Beta Corp', messageId };
          const found = await sender.spool.find<{ mics?: readonly Mic[] }>('out', key);
          const kept = found?.record.facts.mics?.find(({ algorithm }) => algorithm === 'sha-256');
          assert.equal(kept?.value, mic(entity(document)).value);
          const stored = await found?.source('request.raw');
          assert.equal(stored?.length, arrived.body.length);
          seen = true;
          return partner.receipt(arrived);
        },
        ({ url }) =>
          sender.send(relationshipOf(alpha, beta, { url }), {
            payload: { content: bufferSource(document), contentType },
          }),
      );
      assert.ok(seen);
    });
  });

  it('a payload that was a stream: the message is not looked into again', async () => {
    let opened = 0;
    const { alpha, beta } = await alphaAndBeta();
    const answer = { mic: mic(document) };
    const outcome = await withTradingPartner(
      beta,
      alpha,
      (arrived, partner) => partner.receipt(arrived, answer),
      ({ url }) =>
        withSender((sender) =>
          sender.send(relationshipOf(alpha, beta, { url }), {
            payload: {
              content: {
                open: () => {
                  opened += 1;
                  if (opened > 1) throw new Error('read before');
                  return bufferSource(document).open();
                },
              },
              contentType,
            },
          }),
        ),
    );
    assert.equal(outcome.error?.code, 'receipt-mic-mismatch');
    assert.equal(outcome.error.facts.matches, undefined);
    assert.equal(opened, 2);
  });
});
