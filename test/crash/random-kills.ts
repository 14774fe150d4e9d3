import { setTimeout as delay } from 'node:timers/promises';
import { type Pair, untilQuiet } from './pair';
import type { StationProcess } from './station-process';

const LANES = 4;
/** On average; many are shorter than one exchange. */
const LIFE_MS = 300;

/**
 * Two stations send to each other without a pause; one or both are killed at random instants, also while they start,
 * and started again. Then they finish what they have.
 * @returns false, when they did not come to an end
 */
export async function killAtRandom(
  pair: Pair,
  kills: number,
  onKill: () => void,
  random: () => number = Math.random,
): Promise<boolean> {
  const { alpha, beta } = pair;
  let life = 0;
  const startWithTraffic = async (station: StationProcess): Promise<void> => {
    await station.start();
    life += 1;
    await station.ask({ ask: 'traffic', parallel: LANES, prefix: `${station.task.as2Name}-${life}` });
  };
  await Promise.all([startWithTraffic(alpha), startWithTraffic(beta)]);
  let left = kills;
  const kill = async (victim: StationProcess): Promise<void> => {
    left -= 1;
    await victim.kill();
    onKill();
  };
  while (left > 0) {
    await delay(-LIFE_MS * Math.log(1 - random()));
    const victims = random() < 0.15 ? [alpha, beta] : [random() < 0.5 ? alpha : beta];
    await Promise.all(
      victims.slice(0, left).map(async (victim) => {
        await kill(victim);
        if (left > 0 && random() < 0.15) {
          await victim.start(false);
          await delay(LIFE_MS * random());
          await kill(victim);
        }
        await delay(100 * random());
        await startWithTraffic(victim);
      }),
    );
  }
  for (const station of [alpha, beta]) await station.ask({ ask: 'traffic', parallel: 0, prefix: '' });
  const finished = await untilQuiet(pair);
  await Promise.all([alpha.end(), beta.end()]);
  return finished;
}
