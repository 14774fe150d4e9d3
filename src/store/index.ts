export { type Clock, systemClock } from './clock';
export { ExchangeFolder } from './exchange-folder';
export type { ExchangeFile } from './exchange-files';
export type { Direction, ExchangeKey, ExchangeRecord, HistoryEntry, Step } from './exchange-record';
export type { DueFilter, ListFilter } from './journal/queries';
export { openSpool, Spool } from './spool';
export type { SpoolSettings } from './spool';
export { asStoreError, storing } from './store-error';
