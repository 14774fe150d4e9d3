/**
 * `npm run test:matrix`: the tests that touch Node-RED (nodes, package, examples), on every supported Node.js with
 * every supported Node-RED. Both come from npm into a cache below the system's temporary directory.
 * `-- --node 22 --node-red 4.1` picks one combination; the last line holds the totals.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './lib/compiled.mts';

interface Summary {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}
interface Outcome extends Summary {
  readonly node: string;
  readonly nodeRed: string;
  readonly seconds: number;
}

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: ['22', '24', '26'] },
    'node-red': { type: 'string', multiple: true, default: ['4.1', '5'] },
  },
  allowPositionals: false,
});
const rooms = ['nodes', 'package', 'examples'];
const cache = join(tmpdir(), 'node-red-contrib-as2-matrix');
/** A run that hangs must not hang the others. */
const LONGEST_RUN_MS = 15 * 60_000;
const windows = process.platform === 'win32';

ensureBuilt();
const outcomes: Outcome[] = [];
for (const node of options.node) {
  for (const nodeRed of options['node-red']) outcomes.push(run(node, nodeRed));
}
report();

/** One combination. A run that breaks down before mocha can count is one failure. */
function run(node: string, nodeRed: string): Outcome {
  const nodeDirectory = installed('node', node);
  const nodeRedDirectory = installed('node-red', nodeRed);
  const binary = join(nodeDirectory, 'bin', windows ? 'node.exe' : 'node');
  const versions = {
    node: spawnSync(binary, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim(),
    nodeRed: versionOf(nodeRedDirectory),
  };
  console.log(`\n> Node.js ${versions.node} with Node-RED ${versions.nodeRed}`);
  const started = Date.now();
  const directory = mkdtempSync(join(tmpdir(), 'as2-matrix-'));
  const summaryFile = join(directory, 'summary.json');
  try {
    const { status, signal } = spawnSync(binary, mochaArguments(), {
      cwd: root,
      stdio: 'inherit',
      timeout: LONGEST_RUN_MS,
      killSignal: 'SIGKILL',
      env: {
        ...process.env,
        AS2_TEST_NODE: binary,
        AS2_TEST_NODE_RED: nodeRedDirectory,
        AS2_TEST_SUMMARY: summaryFile,
      },
    });
    const seconds = Math.round((Date.now() - started) / 1000);
    const summary = existsSync(summaryFile)
      ? (JSON.parse(readFileSync(summaryFile, 'utf8')) as Summary)
      : { passed: [], failed: [`mocha ended with ${signal ?? status} before it was through`] };
    const hung = signal !== null && summary.failed.length === 0;
    return {
      ...versions,
      passed: summary.passed,
      failed: hung ? [`mocha did not end by itself (${signal})`] : summary.failed,
      seconds,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function mochaArguments(): string[] {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  // Without .mocharc.json, because mocha adds its `spec` to what is named here.
  const settings = ['--no-config', '--timeout', '90000', '--reporter', 'dist/test/support/reporter.js'];
  return [mocha, ...settings, ...rooms.map((room) => `dist/test/${room}/**/*.test.js`)];
}

/** The directory of a package in the cache; installed when it is not there yet. */
function installed(name: string, version: string): string {
  const place = join(cache, `${name}-${version}`);
  const directory = join(place, 'node_modules', name);
  if (existsSync(join(place, 'complete'))) return directory;
  console.log(`Installing ${name}@${version} into ${place}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], {
    cwd: place,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: windows,
  });
  if (status !== 0) throw new Error(`npm could not install ${name}@${version}`);
  writeFileSync(join(place, 'complete'), '');
  return directory;
}

function versionOf(packageDirectory: string): string {
  const manifest = readFileSync(join(packageDirectory, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function report(): void {
  console.log('\nNode.js     Node-RED    passed  failed   time');
  for (const { node, nodeRed, passed, failed, seconds } of outcomes) {
    const counts = [passed.length, failed.length].map((count) => String(count).padStart(8)).join('');
    console.log(`${node.padEnd(12)}${nodeRed.padEnd(10)}${counts}${`${seconds} s`.padStart(7)}`);
    for (const title of failed) console.log(`    failed: ${title}`);
  }
  const total = (kind: 'passed' | 'failed') =>
    outcomes.reduce((sum, outcome) => sum + outcome[kind].length, 0);
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
  process.exitCode = total('failed') === 0 ? 0 : 1;
}
