import { setTimeout as delay } from 'node:timers/promises';
import { type Pair, untilQuiet } from './pair';
import type { Delivery, Request } from './station';
import { Killed, type StationProcess } from './station-process';

export interface Walk {
  readonly victim: 'sender' | 'receiver';
  readonly delivery: Delivery;
  /** Small messages lie in the journal, large ones in files. */
  readonly size: 'small' | 'large';
}

const SIZES = { small: 2_000, large: 100_000 } as const;

export const walks: readonly Walk[] = (['sync', 'async'] as const).flatMap((delivery) =>
  (['large', 'small'] as const).flatMap((size) =>
    (['sender', 'receiver'] as const).map((victim) => ({ victim, delivery, size })),
  ),
);

const NEVER = 2 ** 31 - 1;

/**
 * Sends one message after the other from alpha to beta; the victim is killed at the first step of the first, the second
 * step of the second and so on, started again, and both finish what they have.
 * @param most kills; fewer than there are steps are spread over them
 * @returns false, when they did not come to an end
 */
export async function killAtEveryInstant(
  pair: Pair,
  { victim, delivery, size }: Walk,
  most: number,
  onKill: () => void,
): Promise<boolean> {
  const { alpha, beta } = pair;
  const station = victim === 'sender' ? alpha : beta;
  await Promise.all([alpha.start(), beta.start()]);
  const post = async (number: string, chosen: number): Promise<number> => {
    const id = `${victim}-${delivery}-${size}-${number}`;
    return exchange(pair, station, { ask: 'send', id, sizeBytes: SIZES[size], delivery }, chosen);
  };
  const steps = await post('whole', NEVER);
  // A run may be some steps shorter than the first.
  const stride = Math.max(1, (0.9 * steps) / most);
  let finished = true;
  for (let step = 1 + Math.random() * (stride - 1), kills = 0; finished && kills < most; step += stride) {
    const chosen = Math.round(step);
    const made = await post(String(chosen), chosen);
    if (station.hasEnded) {
      kills += 1;
      onKill();
      await station.start();
    } else if (made < chosen) break;
    finished = await untilQuiet(pair);
  }
  await Promise.all([alpha.end(), beta.end()]);
  return finished;
}

/** @returns how many steps the victim made, if it was not killed */
async function exchange(
  { alpha }: Pair,
  victim: StationProcess,
  message: Request,
  chosen: number,
): Promise<number> {
  await victim.ask({ ask: 'arm', chosen });
  const sent = alpha.ask(message);
  try {
    await Promise.race([sent, victim.ending()]);
    return await whenAtRest(victim);
  } catch (error) {
    if (error instanceof Killed) return 0;
    throw error;
  } finally {
    // The receiver may have been killed while the message is on its way.
    sent.catch(() => undefined);
    if (!victim.hasEnded) await victim.ask({ ask: 'arm', chosen: 0 }).catch(() => undefined);
  }
}

/** After the outcome there are still a few steps. */
async function whenAtRest(station: StationProcess): Promise<number> {
  let steps = -1;
  for (let unchanged = 0; unchanged < 5;) {
    await delay(20);
    const now = await station.ask({ ask: 'steps' });
    unchanged = now === steps ? unchanged + 1 : 0;
    steps = now;
  }
  return steps;
}
