import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { dayOf, timeOfId } from './exchange-id';
import type { Direction } from './exchange-record';
import type { Journal } from './journal/journal';

/** Exchanges that are removed together. */
const BATCH = 100;

/** What a sweep works on. */
export interface Swept {
  readonly journal: Journal;
  readonly staging: string;
  readonly placeOf: (direction: Direction) => string;
}

/** Removes exchanges that have not changed since a time: their folders, then their rows. @returns how many */
export async function removeOldExchanges(spool: Swept, before: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const old = await spool.journal.older(before, before, BATCH);
    removed += await removeExchanges(spool, old);
    if (old.length < BATCH) return removed;
  }
}

/**
 * A folder is moved aside before its row is gone and before anything in it: what is in its place is always whole, and
 * what is aside is removed by the next sweep at the latest.
 */
export async function removeExchanges(
  { journal, staging, placeOf }: Swept,
  exchanges: readonly { readonly id: string; readonly direction: Direction }[],
): Promise<number> {
  const aside: string[] = [];
  for (const { id, direction } of exchanges) {
    const moved = join(staging, id);
    if (await succeeded(rename(join(placeOf(direction), dayOf(id), id), moved))) aside.push(moved);
  }
  if (exchanges.length > 0) await journal.remove(exchanges.map(({ id }) => id));
  for (const path of aside) await succeeded(remove(path));
  return exchanges.length;
}

/** Removes folders from before a time that the journal does not know, and days without any. @returns how many */
export async function removeOrphans(
  { journal, staging, placeOf }: Swept,
  direction: Direction,
  before: number,
): Promise<number> {
  const place = placeOf(direction);
  let removed = 0;
  for (const day of await namesIn(place)) {
    const ids = (await namesIn(join(place, day))).filter((id) => isBefore(id, before));
    for (let start = 0; start < ids.length; start += BATCH) {
      const some = ids.slice(start, start + BATCH);
      const known = await journal.known(some);
      for (const id of some.filter((each) => !known.has(each))) {
        const moved = join(staging, id);
        if (!(await succeeded(rename(join(place, day, id), moved)))) continue;
        await succeeded(remove(moved));
        removed++;
      }
    }
    // Only an empty one can be removed this way.
    if (/^\d{8}$/.test(day) && isBefore(`${day}T235959999Z-00000000`, before)) {
      await succeeded(rmdir(join(place, day)));
    }
  }
  return removed;
}

/** Removes the entries of a directory that were not touched since a time. @returns how many */
export async function removeAbandoned(directory: string, before: number): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const entry = await stat(path).catch(() => undefined);
    if (entry && entry.mtimeMs < before && (await succeeded(remove(path)))) removed++;
  }
  return removed;
}

function isBefore(id: string, time: number): boolean {
  const began = timeOfId(basename(id));
  return began !== undefined && began < time;
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** What cannot be removed, because it is open in another program for example, waits for the next time. */
async function succeeded(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
