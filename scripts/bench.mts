/**
 * `npm run bench`: every row is measured beside its reference in the same run and set against its target. Prints a table
 * and writes bench/results.json. `-- --quick` does every row at a sixteenth of its size, `-- --only ID` one row (may be
 * repeated).
 * Needs `openssl` and `bash`.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Bench from '../dist/bench/index.js';
import { compiled, ensureBuilt, root } from './lib/compiled.mts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
  allowPositionals: false,
});

ensureBuilt();
const { judge, Material, rows } = compiled('bench/index') as typeof Bench;
const unknown = (options.only ?? []).filter((id) => !rows.some((row) => row.id === id));
if (unknown.length > 0) {
  console.error(`no row ${unknown.join(', ')}; there are ${rows.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

const results: Bench.Result[] = [];
for (const row of rows) {
  if (options.only && !options.only.includes(row.id)) continue;
  console.log(`${row.id}: ${row.what} ...`);
  // Files of one row are not carried to the next: they are large.
  const material = await Material.make(options.quick);
  try {
    results.push(judge(row, await row.measure(material)));
  } finally {
    await material.dispose();
  }
}
writeFileSync(
  join(root, 'bench', 'results.json'),
  `${JSON.stringify({ at: new Date().toISOString(), machine: machine(), quick: options.quick, rows: results }, undefined, 2)}\n`,
);
print();

function machine(): string {
  const [processor] = cpus();
  return `${cpus().length} x ${processor?.model ?? 'unknown'}, Node.js ${process.version}, ${process.platform}`;
}

function print(): void {
  console.log(
    `\n${'row'.padEnd(15)}${'ours'.padStart(8)}${'reference'.padStart(11)}  ${'unit'.padEnd(6)}${'ratio'.padStart(6)}   target`,
  );
  for (const { id, ours, reference, unit, ratio, target, met } of results) {
    const figures = [ours, reference].map((figure, index) => rounded(figure).padStart(index === 0 ? 8 : 11));
    const factor = (ratio === null ? '-' : ratio.toFixed(2)).padStart(6);
    console.log(
      `${id.padEnd(15)}${figures.join('')}  ${unit.padEnd(6)}${factor}   ${target}: ${met ? 'met' : 'MISSED'}`,
    );
  }
}

function rounded(figure: number): string {
  return figure >= 100 ? Math.round(figure).toString() : figure.toFixed(1);
}
