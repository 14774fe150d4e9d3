import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { killAtEveryInstant, walks } from './instant-kills';
import { readLedger } from './ledger';
import { killNodeRed } from './node-red-kills';
import { makePair, placesOf } from './pair';
import { killAtRandom } from './random-kills';
import { checkSpool } from './spool-check';
import { type Finding, judge } from './verdict';

export interface Plan {
  /** At random instants, of lean stations that send to each other. */
  readonly random: number;
  /** Of two Node-REDs. */
  readonly nodeRed: number;
  /** At chosen steps, for each of the walks; `Infinity`: at every step there is. */
  readonly stepsEach: number;
}

export interface Phase {
  readonly name: string;
  readonly kills: number;
  readonly messages: number;
  /** Given again and marked as such. */
  readonly marked: number;
  readonly notTaken: number;
  readonly lost: readonly Finding[];
  readonly duplicated: readonly Finding[];
  /** Everything else that must not be. */
  readonly problems: readonly string[];
}

export const FULL: Plan = { random: 300, nodeRed: 40, stepsEach: Infinity };

/** A plan with so many kills in all. */
export function planFor(kills: number): Plan {
  const nodeRed = Math.floor(kills / 10);
  const stepsEach = Math.floor(kills / 2 / walks.length);
  return { nodeRed, stepsEach, random: kills - nodeRed - stepsEach * walks.length };
}

/** @param directory stays, for whoever wants to look at it */
export async function crashCampaign(
  plan: Plan,
  directory: string,
  onPhase: (phase: Phase) => void,
): Promise<readonly Phase[]> {
  const phases: Phase[] = [];
  const run = async (
    name: string,
    work: (directory: string, onKill: () => void) => Promise<boolean>,
  ): Promise<number> => {
    const own = join(directory, name.replace(/\W+/g, '-'));
    await mkdir(own, { recursive: true });
    let kills = 0;
    const finished = await work(own, () => void kills++);
    const phase = await judged(name, own, kills, finished);
    phases.push(phase);
    onPhase(phase);
    return kills;
  };
  let { random } = plan;
  if (plan.stepsEach > 0) {
    for (const walk of walks) {
      const name = `steps of the ${walk.victim}, ${walk.delivery} receipt, ${walk.size} message`;
      const kills = await run(name, async (own, onKill) =>
        killAtEveryInstant(await makePair(own, true), walk, plan.stepsEach, onKill),
      );
      // A walk may be over before its number of kills.
      if (plan.stepsEach !== Infinity) random += plan.stepsEach - kills;
    }
  }
  if (random > 0) {
    await run('at random', async (own, onKill) => killAtRandom(await makePair(own, false), random, onKill));
  }
  if (plan.nodeRed > 0) await run('Node-RED', (own, onKill) => killNodeRed(own, plan.nodeRed, onKill));
  return phases;
}

async function judged(name: string, directory: string, kills: number, finished: boolean): Promise<Phase> {
  const ledgers = ['alpha', 'beta'].map((station) => readLedger(placesOf(directory, station).ledger));
  const [alpha = [], beta = []] = ledgers;
  const [there, back] = [judge(alpha, beta), judge(beta, alpha)];
  const lost = [...there.lost, ...back.lost];
  const duplicated = [...there.duplicated, ...back.duplicated];
  const problems = finished ? [] : ['the stations did not come to an end'];
  // Checking ends with removing everything; what is wrong stays to be looked at.
  for (const station of lost.length + duplicated.length > 0 ? [] : ['alpha', 'beta']) {
    const found = await checkSpool(placesOf(directory, station).spool);
    problems.push(...found.map((problem) => `${station}: ${problem}`));
  }
  return {
    name,
    kills,
    messages: there.messages + back.messages,
    marked: there.marked + back.marked,
    notTaken: there.notTaken + back.notTaken,
    lost,
    duplicated,
    problems,
  };
}

const MOST_TOLD = 20;

/** What a phase found, for people. */
export function tell(phase: Phase): string {
  const { name, kills, messages, marked, notTaken, lost, duplicated, problems } = phase;
  const findings = [...lost, ...duplicated].map(
    ({ id, what, trace }) =>
      `  ${id} ${what}\n${trace.map((entry) => `      ${JSON.stringify(entry)}`).join('\n')}`,
  );
  return [
    `${name}: ${kills} kills, ${messages} messages, ${marked} given again and marked, ${notTaken} not taken`,
    ...firstOf(findings),
    ...firstOf(problems.map((problem) => `  ${problem}`)),
  ].join('\n');
}

function firstOf(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_TOLD;
  return more > 0 ? [...lines.slice(0, MOST_TOLD), `  and ${more} more`] : lines;
}
