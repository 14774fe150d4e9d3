import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

interface Known {
  /** Where messages were kept the last time. */
  readonly directory: string;
  /** Where they were before, as long as there is a journal. */
  readonly left: readonly string[];
}

/**
 * Spool directories that settings.js named earlier, with a journal that is still there: what waits in it is not sent,
 * and nobody else would say so. Remembered in a file beside the usual spool.
 */
export async function leftSpools(userDirectory: string, directory: string): Promise<readonly string[]> {
  const file = join(userDirectory, 'as2', 'spool-directories.json');
  const known = await read(file);
  const current = resolve(directory);
  const before = known ? [...known.left, known.directory] : [];
  const left: string[] = [];
  for (const one of new Set(before)) if (one !== current && (await hasJournal(one))) left.push(one);
  const next = JSON.stringify({ directory: current, left } satisfies Known, undefined, 2);
  if (next !== JSON.stringify(known, undefined, 2)) {
    await mkdir(join(userDirectory, 'as2'), { recursive: true, mode: 0o700 });
    await writeFile(file, next, { mode: 0o600 });
  }
  return left;
}

async function read(file: string): Promise<Known | undefined> {
  try {
    const { directory, left } = JSON.parse(await readFile(file, 'utf8')) as Partial<Known>;
    if (typeof directory !== 'string' || !Array.isArray(left)) return undefined;
    return { directory, left: left.filter((one) => typeof one === 'string') };
  } catch {
    // The first time, or somebody has changed it: then it begins anew.
    return undefined;
  }
}

async function hasJournal(directory: string): Promise<boolean> {
  return access(join(directory, 'journal.sqlite')).then(
    () => true,
    () => false,
  );
}
