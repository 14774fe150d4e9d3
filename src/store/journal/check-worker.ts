import { parentPort, workerData } from 'node:worker_threads';
import { assertSound } from './database';
import { loadSqlite } from './load-sqlite';
import type { Failure } from './protocol';
import { failureOf } from './sqlite-failure';

/** The thread that looks through a large journal while it is in use already. Says what is wrong, or ends silently. */

try {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(workerData as string, { readOnly: true });
  assertSound(database);
  database.close();
} catch (error) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(failureOf(error) satisfies Failure);
}
