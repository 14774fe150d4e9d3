import { parentPort } from 'node:worker_threads';
import { JournalDatabase } from './database';
import { loadSqlite } from './load-sqlite';
import type { OpenOptions } from './protocol';
import { failureOf, JournalFailure } from './sqlite-failure';
import { type FromWorker, type ToWorker, wireAnswers, type WireBatch, WireReader } from './wire';

/** The thread in which the journal's database lives: waiting for the disk never holds up Node-RED. */

let database: JournalDatabase | undefined;
const reader = new WireReader();

parentPort?.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'open':
      return say(open(message.options));
    case 'batch':
      return say(run(message));
    case 'close':
      return end();
  }
});

function say(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(message);
}

function open(options: OpenOptions): FromWorker {
  try {
    database = JournalDatabase.open(loadSqlite(), options);
    return { type: 'opened', isChecked: database.isChecked };
  } catch (error) {
    return { type: 'opened', isChecked: false, failure: failureOf(error) };
  }
}

function run(batch: WireBatch): FromWorker {
  const requests = reader.decode(batch);
  try {
    if (!database) throw new JournalFailure('store-unavailable', 'the journal is not open');
    return { type: 'answers', answers: wireAnswers(database.run(requests), requests) };
  } catch (error) {
    const failure = failureOf(error);
    // After anything but a full disk the connection is not to be trusted; a new thread opens the journal anew.
    const broken = failure.code !== 'store-full';
    return { type: 'answers', answers: requests.map(() => ({ failure })), broken };
  }
}

function end(): void {
  try {
    database?.close();
  } finally {
    parentPort?.close();
  }
}
