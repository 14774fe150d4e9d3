/** Time as the durable processes see it, so that tests can let a day pass in a moment. */
export interface Clock {
  /** Milliseconds since 1970; may jump when somebody sets the clock. */
  now(): number;
  /** Milliseconds since any moment; never jumps. Default: `now`. */
  monotonic?(): number;
  /** Calls `work` once; does not keep the process alive. */
  setTimeout(work: () => void, delayMs: number): { cancel(): void };
}

/** Node.js calls a timer with a longer delay at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(work, delayMs) {
    let timer: NodeJS.Timeout;
    const wait = (restMs: number): void => {
      const delay = Math.min(restMs, LONGEST_DELAY_MS);
      timer = setTimeout(() => (restMs > delay ? wait(restMs - delay) : work()), delay).unref();
    };
    wait(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(timer) };
  },
};
