/**
 * `npm run fuzz`: throws hostile input at every reader of the core. `-- --minutes 10 --seed 4711`; `--only cms` takes
 * the targets whose name contains the word; `--no-coverage` keeps only inputs that went a new way, not those that
 * reached new code. Findings are written to .out/fuzz; the exit code is 1 when there are any. `--replay FILE` gives
 * such an input to the targets once more. See docs/fuzzing.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Campaign from '../dist/test/fuzz/campaign.js';
import type * as Replay from '../dist/test/fuzz/replay.js';
import { compiled, ensureBuilt, root } from './lib/compiled.mts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
    coverage: { type: 'boolean', default: true },
    replay: { type: 'string' },
  },
  allowNegative: true,
});
const seed = Number(options.seed);
const minutes = Number(options.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) {
  console.error(
    'usage: npm run fuzz -- [--minutes N] [--seed N] [--only WORD] [--no-coverage] [--replay FILE]',
  );
  process.exit(2);
}

ensureBuilt();
setPriority(10);
const folder = join(root, '.out', 'fuzz');
if (options.replay !== undefined) {
  const { replay } = compiled('test/fuzz/replay') as typeof Replay;
  const verdicts = Object.entries(await replay(options.replay, options.only, folder));
  for (const [target, verdict] of verdicts) {
    if ('label' in verdict)
      console.log(`${target}: ${verdict.accepted ? 'read' : 'refused'}: ${verdict.label}`);
    else
      console.log(
        `${target}: ${verdict.finding.kind}\n${verdict.finding.what}\n${verdict.finding.stack ?? ''}`,
      );
  }
  process.exit(verdicts.some(([, verdict]) => 'finding' in verdict) ? 1 : 0);
}
const { campaign } = compiled('test/fuzz/campaign') as typeof Campaign;
console.log(`seed ${seed}, ${minutes} minutes`);
const report = await campaign({
  seed,
  minutes,
  only: options.only,
  coverage: options.coverage,
  keysDirectory: folder,
  onFinding: ({ target, kind, what, id, input, stack }) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${id}.bin`), input);
    writeFileSync(join(folder, `${id}.txt`), `${target}: ${kind}\n${what}\n${stack ?? ''}\n`);
    console.log(
      `\n${target}: ${kind} (${input.length} bytes in .out/fuzz/${id}.bin)\n${what}\n${stack ?? ''}`,
    );
  },
});
console.table(report.last?.perTarget);
const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
console.log(`${report.executions} executions, ${report.last?.blocks ?? 0} blocks of code reached`);
console.log(`held with the inputs kept, every 20 s: ${report.heldBytes.map(megabytes).join(' ')} MB`);
console.log(`held without them, at the end: ${megabytes(report.leftBytes)} MB`);
console.log(`${report.findings.length} findings`);
process.exit(report.findings.length > 0 ? 1 : 0);
