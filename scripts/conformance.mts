/**
 * `npm run conformance`: which rules of the conformance list are shown by passing tests. A test shows a rule when the
 * rule's ID stands in its title. Runs all tests, or reads the summary of a run with `-- --from FILE` (see
 * AS2_TEST_SUMMARY in test/support/reporter.ts). Writes docs/conformance.md; the last line tells how many are covered.
 * Fails when a test fails, names an unknown rule, or an uncovered rule has no reason in test/conformance/reasons.json.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './lib/compiled.mts';

interface Part {
  readonly part: string;
  readonly title: string;
  readonly rules: Readonly<Record<string, string>>;
}
interface Summary {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

const { values: options } = parseArgs({ options: { from: { type: 'string' } }, allowPositionals: false });
const parts = readJson('test/conformance/rules.json') as readonly Part[];
const reasons = readJson('test/conformance/reasons.json') as Readonly<Record<string, string>>;
const ids = new Set(parts.flatMap(({ rules }) => Object.keys(rules)));
const idPattern = new RegExp(`\\b(?:${[...new Set([...ids].map(familyOf))].join('|')})-\\d\\d\\b`, 'g');

const summary = options.from ? readSummary(options.from) : runTests();
const shown = rulesNamedBy(summary.passed);
const failing = rulesNamedBy(summary.failed);
const covered = (id: string) => shown.has(id) && !failing.has(id);
const unexplained = [...ids].filter((id) => !covered(id) && reasonFor(id) === undefined);
const unknown = [...shown.keys()].filter((id) => !ids.has(id));

writeFileSync(join(root, 'docs', 'conformance.md'), document());
report();
process.exitCode = summary.failed.length + unexplained.length + unknown.length > 0 ? 1 : 0;

function runTests(): Summary {
  ensureBuilt();
  const directory = mkdtempSync(join(tmpdir(), 'as2-conformance-'));
  const file = join(directory, 'summary.json');
  try {
    spawnSync('mocha', [], {
      cwd: root,
      env: { ...process.env, AS2_TEST_SUMMARY: file },
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    return readSummary(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readSummary(file: string): Summary {
  return JSON.parse(readFileSync(file, 'utf8')) as Summary;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** How many of these titles name each rule. */
function rulesNamedBy(titles: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const title of titles) {
    for (const id of new Set(title.match(idPattern))) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function familyOf(id: string): string {
  return id.slice(0, id.indexOf('-'));
}

/** Why a rule is not covered: its own reason, or that of its family (`CEM-*`). */
function reasonFor(id: string): string | undefined {
  return reasons[id] ?? reasons[`${familyOf(id)}-*`];
}

/** The rules that an entry of reasons.json is about: one, or those of a family. */
function rulesOf(key: string): string[] {
  return [...ids].filter((id) => id === key || `${familyOf(id)}-*` === key);
}

function report(): void {
  console.log('\nRules of AS2 shown by passing tests\n');
  for (const { part, title, rules } of parts) {
    const all = Object.keys(rules);
    const open = all.filter((id) => !covered(id));
    const count = `${all.length - open.length} of ${all.length}`.padStart(8);
    console.log(
      `${part}  ${title.padEnd(34)} ${count}${open.length > 0 ? `   open: ${open.join(' ')}` : ''}`,
    );
  }
  const failed = [...ids].filter((id) => failing.has(id));
  if (failed.length > 0) console.log(`\nnamed by failing tests: ${failed.join(' ')}`);
  if (unknown.length > 0) console.log(`\nnamed by tests but not in the list: ${unknown.join(' ')}`);
  const idle = Object.keys(reasons).filter((key) => rulesOf(key).every(covered));
  if (idle.length > 0) console.log(`\nreasons that are needed no longer: ${idle.join(' ')}`);
  if (unexplained.length > 0) console.log(`\nopen without a reason: ${unexplained.join(' ')}`);
  console.log(`\n${[...ids].filter(covered).length} of ${ids.size} covered`);
}

function document(): string {
  const total = [...ids].filter(covered).length;
  return [
    '# Conformance',
    '',
    'The rules of AS2 and of the standards below it, each with the state of its proof. A rule is *shown* when at least',
    'one passing test has its ID in the title; search the folder `test` for the ID to see how. For the others the table',
    'says why not. This page is written by `npm run conformance`; reasons stand in `test/conformance/reasons.json`.',
    '',
    `**${total} of ${ids.size}** rules are shown.`,
    ...parts.flatMap(({ part, title, rules }) => [
      '',
      `## ${part}. ${title}`,
      '',
      '| rule | what it is about | state |',
      '|---|---|---|',
      ...Object.entries(rules).map(([id, text]) => `| ${id} | ${text} | ${state(id)} |`),
    ]),
    '',
  ].join('\n');
}

function state(id: string): string {
  if (covered(id)) return 'shown';
  return failing.has(id) ? 'its test fails' : `open: ${reasonFor(id) ?? 'no reason given'}`;
}
