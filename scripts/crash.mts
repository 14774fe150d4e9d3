/**
 * `npm run test:crash`: two stations send to each other while their processes are killed, at every step of an exchange
 * and at random instants, with lean stations and with Node-RED. `-- --kills N` makes it N kills in all. The last line
 * is `K kills, L lost, D duplicated`; the exit code is 0 when nothing was lost, duplicated or left behind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Campaign from '../dist/test/crash/campaign.js';
import { compiled, ensureBuilt } from './lib/compiled.mts';

const { values: options } = parseArgs({ options: { kills: { type: 'string' } }, allowPositionals: false });
const wanted = options.kills === undefined ? undefined : Number(options.kills);
if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0)) {
  console.error('usage: npm run test:crash -- [--kills N]');
  process.exit(2);
}

ensureBuilt();
setPriority(10);
const { crashCampaign, FULL, planFor, tell } = compiled('test/crash/campaign') as typeof Campaign;
const directory = await mkdtemp(join(tmpdir(), 'as2-crash-'));
const started = Date.now();
const phases = await crashCampaign(wanted === undefined ? FULL : planFor(wanted), directory, (phase) =>
  console.log(tell(phase)),
);
const sum = (figure: (phase: Campaign.Phase) => number): number =>
  phases.reduce((total, phase) => total + figure(phase), 0);
const kills = sum((phase) => phase.kills);
const lost = sum((phase) => phase.lost.length);
const duplicated = sum((phase) => phase.duplicated.length);
const problems = sum((phase) => phase.problems.length);
const good = lost + duplicated + problems === 0 && kills >= (wanted ?? FULL.random);

console.log(`${sum((phase) => phase.messages)} messages in ${Math.round((Date.now() - started) / 1000)} s`);
if (good) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
else console.log(`what is left for a look is in ${directory}`);
console.log(`${kills} kills, ${lost} lost, ${duplicated} duplicated`);
process.exitCode = good ? 0 : 1;
