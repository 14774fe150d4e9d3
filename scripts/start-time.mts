/**
 * What the package adds to the start of Node-RED: the time from starting the process until the editor answers and
 * flows run, with and without the package in otherwise equal user directories, in turns. Prints the medians in ms.
 * `node scripts/start-time.mts [--pairs 15]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type * as ExampleFlows from '../dist/test/support/example-flows.js';
import { compiled, ensureBuilt, root } from './lib/compiled.mts';

const { values: options } = parseArgs({
  options: { pairs: { type: 'string', default: '15' } },
  allowPositionals: false,
});

ensureBuilt();
const { readExample, withFreshKeys } = compiled('test/support/example-flows') as typeof ExampleFlows;
const loopback = await withFreshKeys(readExample('01 - Loopback'), 'http://127.0.0.1:1880');
const directory = mkdtempSync(join(tmpdir(), 'as2-start-time-'));
try {
  const cases = {
    without: userDirectory('without', { linked: false, flow: [] }),
    installed: userDirectory('installed', { linked: true, flow: [] }),
    'in use': userDirectory('in-use', { linked: true, flow: loopback }),
  };
  const times: Record<keyof typeof cases, number[]> = { without: [], installed: [], 'in use': [] };
  const names = Object.keys(cases) as (keyof typeof cases)[];
  // The first round fills the caches of the system and is not counted.
  for (let round = 0; round <= Number(options.pairs); round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const milliseconds = await startTime(cases[name]);
      if (round > 0) times[name].push(milliseconds);
    }
  }
  // The best run of each is the one that nothing else on the machine disturbed.
  const best = (name: keyof typeof cases) => Math.min(...times[name]);
  const added = (name: 'installed' | 'in use') =>
    median(times[name].map((time, round) => time - (times.without[round] ?? NaN)));
  const line = (what: string, medianMs: number, bestMs: number) =>
    console.log(`${what.padEnd(34)}${medianMs.toFixed(0).padStart(7)}${bestMs.toFixed(0).padStart(7)}`);
  console.log(`ms, ${options.pairs} rounds`.padEnd(34) + ' median   best');
  line('Node-RED alone', median(times.without), best('without'));
  line('the package installed adds', added('installed'), best('installed') - best('without'));
  line('the loopback example running adds', added('in use'), best('in use') - best('without'));
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

function userDirectory(name: string, { linked, flow }: { linked: boolean; flow: readonly object[] }): string {
  const path = join(directory, name);
  mkdirSync(join(path, 'node_modules'), { recursive: true });
  writeFileSync(
    join(path, 'settings.js'),
    `module.exports = { uiHost: '127.0.0.1', uiPort: 0, flowFile: 'flows.json', credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false } };\n`,
  );
  const withoutCredentials = flow.map((node) => ({ ...node, credentials: undefined }));
  const credentials = flow.flatMap((node) => {
    const { id, credentials: secret } = node as { id: string; credentials?: object };
    return secret ? [[id, secret]] : [];
  });
  writeFileSync(join(path, 'flows.json'), JSON.stringify(withoutCredentials));
  writeFileSync(join(path, 'flows_cred.json'), JSON.stringify(Object.fromEntries(credentials)));
  if (linked) symlinkSync(root, join(path, 'node_modules', 'node-red-contrib-as2'), 'junction');
  return path;
}

/** @returns milliseconds from starting the process until it listens and its flows run */
async function startTime(path: string): Promise<number> {
  const program = createRequire(import.meta.url).resolve('node-red/red.js');
  const started = performance.now();
  const child = spawn(process.execPath, [program, '--userDir', path], {
    cwd: path,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const waitingFor = new Set([/Server now running/, /Started flows/]);
  for await (const line of createInterface(child.stdout)) {
    for (const pattern of waitingFor) if (pattern.test(line)) waitingFor.delete(pattern);
    if (/\[error\]|missing types/.test(line)) throw new Error(line);
    if (waitingFor.size === 0) break;
  }
  const milliseconds = performance.now() - started;
  if (waitingFor.size > 0) throw new Error('Node-RED ended while starting');
  child.kill('SIGTERM');
  await once(child, 'exit');
  return milliseconds;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
