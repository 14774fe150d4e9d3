import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type ExchangeRecord, Spool } from '../../src/store';

const DAY_MS = 86_400_000;
const RETENTION_DAYS = 30;
const PAGE = 500;
const FINAL_OUT = new Set(['completed', 'failed', 'cancelled']);

/**
 * Whether the journal and the folders of a station that has ended fit together, and nothing is left that nobody would
 * ever look at again. @returns what is wrong, in sentences
 */
export async function checkSpool(directory: string): Promise<string[]> {
  const problems: string[] = [];
  const clock = laterClock();
  const spool = await Spool.open({ directory, clock });
  try {
    const records = [...(await allOf(spool, 'in')), ...(await allOf(spool, 'out'))];
    for (const { id, direction, state, dueAt, unreported } of records) {
      if (direction === 'out' && !FINAL_OUT.has(state)) problems.push(`${id} is still ${state}`);
      if (dueAt !== undefined) problems.push(`${id} (${direction}, ${state}) is still due`);
      if (direction === 'out' && unreported) problems.push(`${id} is ${state}, which nobody was told`);
    }
    for (const record of records) problems.push(...(await missingFiles(spool, record)));
    // What is wrong stays to be looked at.
    if (problems.length > 0) return problems;
    // When everything has had its time, nothing is left, also of what was being built when the process died.
    for (let days = 0; days < RETENTION_DAYS + 4; days += 1) {
      clock.pass(DAY_MS);
      await spool.sweep();
    }
    for (const { id } of [...(await allOf(spool, 'in')), ...(await allOf(spool, 'out'))])
      problems.push(`${id} is never removed`);
    for (const place of ['staging', 'in', 'out']) {
      for (const name of await readdir(join(directory, place)))
        problems.push(`${place}/${name} is never removed`);
    }
  } finally {
    await spool.close();
  }
  return problems;
}

/** The bytes that the retention time is for. */
async function missingFiles(spool: Spool, { id, state, claimed }: ExchangeRecord): Promise<string[]> {
  const folder = await spool.get(id);
  const missing: string[] = [];
  for (const file of ['request.raw', 'request-headers.json', 'payload', 'receipt'] as const) {
    if (claimed && !(await folder?.has(file))) missing.push(`${id} (${state}) has no ${file}`);
  }
  return missing;
}

async function allOf(spool: Spool, direction: 'in' | 'out'): Promise<ExchangeRecord[]> {
  const records: ExchangeRecord[] = [];
  for (;;) {
    const before = records.at(-1)?.id;
    const page = await spool.list({ direction, limit: PAGE, ...(before === undefined ? {} : { before }) });
    records.push(...page);
    if (page.length < PAGE) return records;
  }
}

/** A clock that is moved by hand; nothing happens by itself. */
function laterClock(): Clock & { pass(ms: number): void } {
  let passedMs = 0;
  return {
    now: () => Date.now() + passedMs,
    monotonic: () => performance.now() + passedMs,
    setTimeout: () => ({ cancel: () => undefined }),
    pass(ms) {
      passedMs += ms;
    },
  };
}
