import type { Clock } from '../../store';

/** Smaller messages are there before anybody looks. */
const FROM_BYTES = 1024 * 1024;
/** Nobody reads faster. */
const PAUSE_MS = 300;

/**
 * Tells how much of a large message is on its way: some times a second, and when it is all.
 * @returns what has to be told about every piece, or undefined for a small message
 */
export function progressOf(
  totalBytes: number,
  clock: Clock,
  tell: (sentBytes: number) => void,
): ((sentBytes: number) => void) | undefined {
  if (totalBytes < FROM_BYTES) return undefined;
  let last = Number.NEGATIVE_INFINITY;
  return (sentBytes) => {
    const now = clock.now();
    if (now - last < PAUSE_MS && sentBytes < totalBytes) return;
    last = now;
    try {
      tell(sentBytes);
    } catch {
      // A listener must not change the course of the exchange (law 8).
    }
  };
}
