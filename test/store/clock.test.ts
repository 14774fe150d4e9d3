import assert from 'node:assert/strict';
import { systemClock } from '../../src/store';

describe('store: the clock of this machine', () => {
  it('calls when it is time, once, and not when it was cancelled', async () => {
    let calls = 0;
    const cancelled = systemClock.setTimeout(() => assert.fail(), 1);
    cancelled.cancel();
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        calls++;
        systemClock.setTimeout(resolve, 5);
      }, -1);
      // The timers of the clock keep nothing alive; this one does until they have fired.
      const alive = setTimeout(() => undefined, 60_000);
      systemClock.setTimeout(() => clearTimeout(alive), 10);
    });
    assert.equal(calls, 1);
  });

  it('a delay of months is not over at once', async () => {
    const far = systemClock.setTimeout(
      () => assert.fail('Node.js calls timers beyond 24.8 days at once'),
      2 ** 31 + 5,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    far.cancel();
  });

  it('has a time that runs on when the wall clock is set', () => {
    const [first = 0, second = 0] = [systemClock.monotonic?.(), systemClock.monotonic?.()];
    assert.ok(second >= first);
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 60_000);
  });
});
