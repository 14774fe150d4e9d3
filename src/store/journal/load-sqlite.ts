import type * as Sqlite from 'node:sqlite';
import { JournalFailure } from './sqlite-failure';

/**
 * Node.js calls its SQLite experimental whenever it is loaded; that would stand in the log of every Node-RED.
 * @throws JournalFailure `runtime-without-sqlite`
 */
export function loadSqlite(): typeof Sqlite {
  const emitWarning = process.emitWarning.bind(process) as (...all: unknown[]) => void;
  process.emitWarning = (...warning: unknown[]) => {
    if (!String(warning[0]).startsWith('SQLite is an experimental feature')) emitWarning(...warning);
  };
  try {
    return require('node:sqlite') as typeof Sqlite;
  } catch {
    throw new JournalFailure('runtime-without-sqlite', process.version);
  } finally {
    process.emitWarning = emitWarning;
  }
}
