import assert from 'node:assert/strict';
import type { DigestName } from '../../src/cms';
import { alphaAndBeta, type PartnerChanges, relationshipOf } from '../partner/parties';
import { withSender } from '../partner/sender';
import { withTradingPartner } from '../partner/trading-partner';

/** What comes of a message whose receipt the partner signs with that digest. */
async function outcomeWith(digest: DigestName, changes: PartnerChanges): Promise<string> {
  const { alpha, beta } = await alphaAndBeta();
  return withTradingPartner(
    beta,
    alpha,
    (arrived, partner) => partner.receipt(arrived, { digest }),
    ({ url }) =>
      withSender(async (sender) => {
        const { error } = await sender.send(relationshipOf(alpha, beta, { url, ...changes }));
        return error ? `${error.code} ${String(error.facts.digest)}` : 'proved';
      }),
  );
}

describe('exchange: digests of the signatures of receipts', () => {
  const sha1Too: PartnerChanges = { requires: { allowedDigests: ['sha-256', 'sha-1'] } };

  it('SEC-05: one that no message may be signed with proves nothing', async () => {
    assert.equal(await outcomeWith('sha-384', {}), 'proved');
    for (const digest of ['sha-1', 'md5'] as const) {
      assert.equal(await outcomeWith(digest, {}), `receipt-digest-not-allowed ${digest}`);
    }
  });

  it('SEC-05: what the partner may use for messages it may use for receipts', async () => {
    assert.equal(await outcomeWith('sha-1', sha1Too), 'proved');
    assert.equal(await outcomeWith('md5', sha1Too), 'receipt-digest-not-allowed md5');
  });

  it('whoever signs with SHA-1 himself gets such receipts', async () => {
    assert.equal(await outcomeWith('sha-1', { sending: { sign: 'sha-1' } }), 'proved');
  });

  it('an unsigned receipt that was wanted may be signed in any way', async () => {
    assert.equal(await outcomeWith('sha-1', { sending: { receipt: 'unsigned' } }), 'proved');
  });
});
