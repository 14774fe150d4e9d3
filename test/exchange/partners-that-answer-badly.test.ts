import assert from 'node:assert/strict';
import type { As2ErrorCode } from '../../src/errors';
import { type Behaviour, faults } from '../partner/mock';
import { towards, withPartner } from '../partner/mock-sides';
import { withSender } from '../partner/sender';

/** What becomes of a signed, encrypted message with a wish for a signed receipt; undefined: it is taken. */
const outcomes: Readonly<Record<keyof typeof faults, As2ErrorCode | undefined>> = {
  wrongMic: 'receipt-mic-mismatch',
  noMic: 'receipt-mic-missing',
  unsigned: 'receipt-unsigned',
  signedByStranger: 'receipt-signer-unknown',
  alteredReceipt: 'receipt-altered',
  malformedReceipt: 'receipt-signature-invalid',
  otherMessage: 'receipt-other-message',
  noDisposition: 'receipt-negative',
  lostReceipt: 'receipt-missing',
  htmlInstead: 'receipt-missing',

  // They concern receipts that come later; this one comes at once.
  earlyReceipt: undefined,
  doubledReceipt: undefined,
  lateReceipt: undefined,

  busy: 'http-busy',
  down: 'http-busy',
  brokenServer: 'http-server-error',
  unknownPath: 'http-not-found',
  unauthorized: 'http-unauthorized',
  forbidden: 'http-forbidden',
  tooLarge: 'http-too-large',
  redirected: 'http-redirected',

  resetBeforeBody: 'http-connection-lost',
  resetInBody: 'http-connection-lost',
  resetAfterBody: 'http-connection-lost',
  brokenAnswer: 'http-response-truncated',
  silent: 'http-response-timeout',
  slow: undefined,
  chunked: undefined,
  folded: undefined,
  processing: undefined,
};

describe('Sending to a partner that', () => {
  for (const [name, code] of Object.entries(outcomes)) {
    const behaviour: Behaviour = faults[name as keyof typeof faults];
    it(`does ${name}: ${code ?? 'taken'}`, async () => {
      await withPartner(async ({ partner, ...parties }) => {
        partner.plan(behaviour);
        const connection = { responseTimeoutMs: name === 'silent' ? 200 : 10_000 };
        await withSender(async (sender) => {
          const sending = sender.send(towards(partner, parties, { connection }));
          if (behaviour.held) {
            await partner.messages.next();
            while (partner.holding === 0) await new Promise((resolve) => setImmediate(resolve));
            partner.release();
          }
          const { ok, error } = await sending;
          assert.equal(error?.code, code, error?.message);
          assert.equal(ok, code === undefined);
          assert.equal(partner.messages.all.length + partner.brokenRequests, 1, 'one attempt');
        });
      });
    });
  }
});
