import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatOutcome, formatStep, testConnection } from '../exchange';
import { openSpool, type Spool } from '../store';
import type { Surroundings } from './command-line';
import type { TestOptions } from './options';
import { readRelationship } from './stations';

/** @returns whether all steps passed */
export async function runTest(o: TestOptions, around: Surroundings): Promise<boolean> {
  const spool = new PassingSpool();
  try {
    const test = await testConnection({
      partner: o.partnerName,
      relationship: async () => readRelationship(o, around.environment),
      ...(o.message ? { message: { spool: async () => spool.open() } } : {}),
      ...(around.signal ? { signal: around.signal } : {}),
      onStep: (step) => {
        if (!o.json) around.print(formatStep(step));
      },
    });
    around.print(o.json ? `${JSON.stringify(test, null, 2)}\n` : formatOutcome(test));
    return test.ok;
  } finally {
    await spool.remove();
  }
}

/** For one message; whoever tests from the command line keeps nothing. */
class PassingSpool {
  private directory: string | undefined;
  private spool: Spool | undefined;

  async open(): Promise<Spool> {
    this.directory = await mkdtemp(join(tmpdir(), 'as2-connection-test-'));
    this.spool = await openSpool({ directory: this.directory });
    return this.spool;
  }

  async remove(): Promise<void> {
    await this.spool?.close();
    if (this.directory !== undefined)
      await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
