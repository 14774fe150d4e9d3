import { readdir, rm, stat, statfs, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { formatPartialName, parsePartialName, type PartialName } from './partial-name';

export interface PartialLimits {
  /** After this time without another octet they are removed. */
  readonly maxAgeMs: number;
  /** Octets of all of them. */
  readonly maxBytes: number;
  /** Octets from one station to another. */
  readonly maxBytesEach: number;
}

/** However small they are. */
const MOST_FILES = 1_000;
const MOST_FILES_EACH = 100;
/** Never more than this part of what would be free without them. */
const PART_OF_FREE = 0.5;

/** The file of a transfer, as it is now. */
export interface PartialFile extends PartialName {
  readonly path: string;
  readonly heldBytes: number;
  readonly changedAt: number;
  /** Octets of the disk that removing it sets free: none while an exchange has the same bytes. */
  readonly ownBytes: number;
}

export async function findPartial(directory: string, transfer: string): Promise<PartialFile | undefined> {
  for (const name of await readdir(directory)) {
    const parsed = parsePartialName(name);
    if (parsed?.transfer === transfer) return look(directory, parsed);
  }
  return undefined;
}

/** Those that are not being written: first those that are complete and only remembered, then the oldest. */
export async function listPartials(
  directory: string,
  isWritten: (transfer: string) => boolean,
): Promise<PartialFile[]> {
  const files: PartialFile[] = [];
  for (const name of await readdir(directory)) {
    const parsed = parsePartialName(name);
    const file = parsed && !isWritten(parsed.transfer) ? await look(directory, parsed) : undefined;
    if (file) files.push(file);
  }
  const isComplete = ({ heldBytes, total }: PartialFile): number => (heldBytes === total ? 1 : 0);
  return files.toSorted(
    (one, other) => isComplete(other) - isComplete(one) || one.changedAt - other.changedAt,
  );
}

/**
 * What has to go, so that what is left keeps the limits: first the oldest of stations that have too much, then the
 * oldest of those that have most, so that nobody pushes out what belongs to others.
 */
export function tooMuch(files: readonly PartialFile[], limits: PartialLimits): PartialFile[] {
  const tooMany: PartialFile[] = [];
  const groups = Map.groupBy(files, ({ stations }) => stations);
  const drop = (group: PartialFile[]): void => void tooMany.push(...group.splice(0, 1));
  for (const group of groups.values()) {
    while (group.length > MOST_FILES_EACH || bytesOf(group) > limits.maxBytesEach) drop(group);
  }
  const left = (): PartialFile[] => [...groups.values()].flat();
  while (left().length > MOST_FILES || bytesOf(left()) > limits.maxBytes) {
    const largest = [...groups.values()].toSorted(
      (one, other) => bytesOf(other) - bytesOf(one) || other.length - one.length,
    );
    drop(largest[0] ?? []);
  }
  return tooMany;
}

/** A file is on the disk at the latest when it has grown by so much. */
export const SYNC_BYTES = 16 * 1024 * 1024;

/**
 * After a power failure a file can be longer than what has reached the disk: what was being written when we died is cut
 * back to what was surely there.
 */
export async function trimUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const parsed = parsePartialName(name);
    const file = parsed && !parsed.kept ? await look(directory, parsed) : undefined;
    if (!file) continue;
    const surely = SYNC_BYTES * (Math.floor(file.heldBytes / SYNC_BYTES) - 1);
    // Never the bytes of an exchange.
    if (surely <= 0 || file.ownBytes === 0) await removePartial(file);
    else await truncate(file.path, surely);
  }
}

/** The limits, where the disk has room for so much. */
export async function limitsOnDisk(
  directory: string,
  files: readonly PartialFile[],
  limits: PartialLimits,
): Promise<PartialLimits> {
  const { bavail, bsize } = await statfs(directory);
  const room = Math.floor((bavail * bsize + bytesOf(files)) * PART_OF_FREE);
  return { ...limits, maxBytes: Math.min(limits.maxBytes, room) };
}

export async function removePartial({ path }: Pick<PartialFile, 'path'>): Promise<void> {
  await rm(path, { force: true });
}

async function look(directory: string, name: PartialName): Promise<PartialFile | undefined> {
  const path = join(directory, formatPartialName(name));
  // It may have been removed since.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  return {
    ...name,
    path,
    heldBytes: found.size,
    changedAt: found.mtimeMs,
    ownBytes: found.nlink > 1 ? 0 : found.size,
  };
}

function bytesOf(files: readonly PartialFile[]): number {
  return files.reduce((sum, { ownBytes }) => sum + ownBytes, 0);
}
