import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { As2Error, type As2ErrorCode } from '../../src/errors';
import {
  type Direction,
  type ExchangeFolder,
  type ExchangeKey,
  openSpool,
  type Spool,
  type SpoolSettings,
  type Step,
} from '../../src/store';
import { withTempDirectory } from '../support/temp';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The key of a message between two stations. */
export function keyOf(messageId: string, from = 'ALPHA', to = 'BETA'): ExchangeKey {
  return { from, to, messageId };
}

/** A spool in a directory of its own. */
export async function withSpool(
  work: (spool: Spool) => Promise<void>,
  settings: Partial<SpoolSettings> = {},
): Promise<void> {
  await withTempDirectory(async (temp) => {
    const spool = await openSpool({ directory: join(temp, 'spool'), ...settings });
    try {
      await work(spool);
    } finally {
      await spool.close();
    }
  });
}

/** Opens a spool, and closes it again. */
export async function opened<T>(directory: string, work: (spool: Spool) => Promise<T>): Promise<T> {
  const spool = await openSpool({ directory });
  try {
    return await work(spool);
  } finally {
    await spool.close();
  }
}

export interface Facts {
  readonly note?: string;
}

/** An exchange with a small file, in its place. */
export async function settled(
  spool: Spool,
  messageId: string,
  {
    direction = 'in',
    key = keyOf(messageId),
    ...step
  }: Step & { readonly direction?: Direction; readonly key?: ExchangeKey; readonly claim?: boolean } = {},
): Promise<ExchangeFolder<Facts>> {
  const folder = await spool.begin<Facts>(direction, key, 'received', { note: messageId });
  await folder.add('request.raw', messageId);
  await spool.settle(folder, step);
  return folder;
}

export function hasCode(code: As2ErrorCode): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof As2Error && error.code === code) return true;
    throw error;
  };
}

/** Damages the record of an exchange, as a failing disk or a careless tool does. */
export function damage(spool: Spool, id: string): void {
  const database = new DatabaseSync(join(spool.directory, 'journal.sqlite'));
  try {
    database.exec('PRAGMA busy_timeout = 10000');
    database.prepare('UPDATE exchanges SET facts = ? WHERE id = ?').run('{"partner": ', id);
  } finally {
    database.close();
  }
}
