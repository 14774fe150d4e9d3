import assert from 'node:assert/strict';
import { As2Error } from '../../src/errors';
import { isWorthRepeating, pauseAfter, RETRY_DEFAULTS, retryAfterMs } from '../../src/exchange/retry';
import { statusError } from '../../src/http';
import { Headers } from '../../src/mime';

const answer = (status: number, fields: readonly (readonly [string, string])[] = []) => {
  const headers = Headers.fromPairs(fields);
  const error = statusError(new URL('http://as2.beta.example/'), 10, {
    status,
    headers,
    body: Buffer.alloc(0),
  });
  assert.ok(error);
  return error;
};

describe('exchange: what is tried again, and when', () => {
  it('REL-03: later, for what says "later" and for what did not get through', () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504]) {
      assert.equal(isWorthRepeating(answer(status)), true, String(status));
    }
    const host = 'as2.beta.example';
    assert.ok(isWorthRepeating(new As2Error('http-connection-refused', { host, port: 80 })));
    assert.ok(isWorthRepeating(new As2Error('http-response-timeout', { host, seconds: 180 })));
    assert.ok(isWorthRepeating(new As2Error('tls-expired', { host, reason: 'expired' })));
  });

  it('REL-03: not again, for what the same bytes would meet again', () => {
    for (const status of [301, 302, 307, 400, 401, 403, 404, 405, 410, 411, 413, 415, 422]) {
      assert.equal(isWorthRepeating(answer(status)), false, String(status));
    }
    assert.equal(isWorthRepeating(new As2Error('receipt-mic-missing', { messageId: '<1@x>' })), false);
    assert.equal(isWorthRepeating(new TypeError('a mistake of ours')), false);
  });

  it('REL-03: Retry-After in seconds', () => {
    assert.equal(retryAfterMs(answer(503, [['Retry-After', '60']])), 60_000);
    assert.equal(retryAfterMs(answer(503)), undefined);
  });

  it('REL-08: pauses grow and end in the last one, each with up to 20 % more or less', () => {
    const plan = { pausesMs: [1000, 5000, 9000] };
    const middle = [1, 2, 3, 4, 100].map((attempt) => pauseAfter(attempt, plan, () => 0.5));
    assert.deepEqual(middle, [1000, 5000, 9000, 9000, 9000]);
    assert.equal(
      pauseAfter(1, plan, () => 0),
      800,
    );
    assert.equal(
      pauseAfter(2, plan, () => 1),
      6000,
    );
    const { pausesMs, attempts } = RETRY_DEFAULTS;
    assert.ok(pausesMs.every((pause, at) => at === 0 || pause > (pausesMs[at - 1] ?? 0)));
    assert.ok(Number.isSafeInteger(attempts) && attempts > 1, 'finite');
  });
});
