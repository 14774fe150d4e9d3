import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, type Verdict } from './oracle';
import { samples } from './samples';
import { allTargets } from './targets';

/** Gives one input to the targets whose name contains `only`, with the keys of the run that found it. */
export async function replay(
  inputFile: string,
  only: string,
  keysDirectory: string,
): Promise<Readonly<Record<string, Verdict>>> {
  const directory = await mkdtemp(join(tmpdir(), 'as2-fuzz-'));
  try {
    const input = await readFile(inputFile);
    const all = allTargets(await samples(keysDirectory), directory);
    const verdicts: Record<string, Verdict> = {};
    for (const target of all.filter(({ name }) => name.includes(only))) {
      verdicts[target.name] = await judge(target, input);
      await target.close?.();
    }
    return verdicts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
