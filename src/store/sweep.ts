import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes the entries of a directory that were not touched since `before`. One that cannot be removed, because it is
 * open in another program for example, waits for the next time and does not hold up the others.
 */
export async function removeOlder(directory: string, before: number, ageOf = entryTime): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const time = await ageOf(path);
    if (time === undefined || time >= before) continue;
    const isGone = await rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (isGone) removed++;
  }
  return removed;
}

/** The time at which the last step of an exchange was noted; without a record, the time of the folder. */
export async function exchangeTime(folder: string): Promise<number | undefined> {
  return (await entryTime(join(folder, 'exchange.json'))) ?? (await entryTime(folder));
}

export async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

async function entryTime(path: string): Promise<number | undefined> {
  const entry = await stat(path).catch(() => undefined);
  return entry?.mtimeMs;
}
