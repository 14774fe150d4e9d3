import { setTimeout as delay } from 'node:timers/promises';
import { type Pair, untilQuiet } from './pair';
import type { Delivery } from './station';
import { Killed, type StationProcess } from './station-process';

export interface Walk {
  readonly victim: 'sender' | 'receiver';
  readonly delivery: Delivery;
}

export const walks: readonly Walk[] = [
  { victim: 'sender', delivery: 'sync' },
  { victim: 'receiver', delivery: 'sync' },
  { victim: 'sender', delivery: 'async' },
  { victim: 'receiver', delivery: 'async' },
];

const NEVER = 2 ** 31 - 1;
/** Not in memory, so that the spill files are part of the walk. */
const SIZE_BYTES = 100_000;

/**
 * Sends one message after the other from alpha to beta; the victim is killed at the first step of the first, the second
 * step of the second and so on, started again, and both finish what they have.
 * @param most kills; fewer than there are steps are spread over them
 * @returns false, when they did not come to an end
 */
export async function killAtEveryInstant(
  pair: Pair,
  { victim, delivery }: Walk,
  most: number,
  onKill: () => void,
): Promise<boolean> {
  const { alpha, beta } = pair;
  const station = victim === 'sender' ? alpha : beta;
  await Promise.all([alpha.start(), beta.start()]);
  const steps = await exchange(pair, station, `${victim}-${delivery}-whole`, delivery, NEVER);
  const stride = most === Infinity ? 1 : Math.max(1, steps / most);
  let finished = true;
  for (let step = 1, kills = 0; finished && kills < most; step += stride) {
    const chosen = Math.round(step);
    const made = await exchange(pair, station, `${victim}-${delivery}-${chosen}`, delivery, chosen);
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
  id: string,
  delivery: Delivery,
  chosen: number,
): Promise<number> {
  await victim.ask({ ask: 'arm', chosen });
  const sent = alpha.ask({ ask: 'send', id, sizeBytes: SIZE_BYTES, delivery });
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
