import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dayOf, timeOfId } from './exchange-id';
import type { Direction } from './exchange-record';
import type { Journal } from './journal/journal';

/** Exchanges that are removed together. */
const BATCH = 100;

/** What is removed from. */
export interface Store {
  readonly journal: Journal;
  /** Where a folder goes before it is removed. */
  readonly staging: string;
  readonly placeOf: (direction: Direction) => string;
}

export interface Removed {
  readonly id: string;
  readonly direction: Direction;
}

/**
 * Removes exchanges. A folder is moved aside before its row and before anything in it: what is in its place is always
 * whole, and what is aside is removed by the next sweep at the latest. A folder that cannot be moved, because it is
 * open in another program for example, stays for the next sweep.
 */
export async function removeExchanges(store: Store, exchanges: readonly Removed[]): Promise<void> {
  const aside: string[] = [];
  for (const { id, direction } of exchanges) {
    const moved = join(store.staging, id);
    if (await succeeded(rename(join(store.placeOf(direction), dayOf(id), id), moved))) aside.push(moved);
  }
  await store.journal.remove(exchanges.map(({ id }) => id));
  for (const path of aside) await succeeded(remove(path));
}

/** Removes exchanges that have not changed since a time. @returns how many */
export async function removeOldExchanges(store: Store, before: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const old = await store.journal.older(before, BATCH);
    if (old.length === 0) return removed;
    await removeExchanges(store, old);
    removed += old.length;
  }
}

/** Removes folders from before a time that the journal does not know, and days without any. @returns how many */
export async function removeOrphans(store: Store, direction: Direction, before: number): Promise<number> {
  const place = store.placeOf(direction);
  let removed = 0;
  for (const day of await namesIn(place)) {
    const folders = (await namesIn(join(place, day))).filter((id) => began(id) < before);
    for (let start = 0; start < folders.length; start += BATCH) {
      const some = folders.slice(start, start + BATCH);
      const known = await store.journal.known(some);
      for (const id of some.filter((each) => !known.has(each))) {
        const moved = join(store.staging, id);
        if (!(await succeeded(rename(join(place, day, id), moved)))) continue;
        await succeeded(remove(moved));
        removed++;
      }
    }
    // One with something in it is left alone by the system.
    if (began(`${day}T235959999Z-00000000`) < before) await succeeded(rmdir(join(place, day)));
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

/** What is none of ours has not begun yet. */
function began(id: string): number {
  return timeOfId(id) ?? Infinity;
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function succeeded(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
