/** Who sent what to whom: the key under which a repeated message is found again (REL-05). */
export interface ExchangeKey {
  readonly from: string;
  readonly to: string;
  /** Without brackets, so that a sender who forgets them in a repeat is recognised. */
  readonly messageId: string;
}

export type Direction = 'in' | 'out';

export interface StateChange {
  readonly state: string;
  /** ISO time. */
  readonly at: string;
}

/**
 * `exchange.json`: one exchange and everything that happened to it until now. What `Facts` holds is the business of
 * the room above; here it is JSON.
 */
export interface ExchangeRecord<Facts extends object = object> {
  readonly version: 1;
  readonly id: string;
  readonly direction: Direction;
  readonly key: ExchangeKey;
  /** The last one of `history`. */
  readonly state: string;
  readonly history: readonly StateChange[];
  readonly facts: Facts;
}

export function newRecord<Facts extends object>(
  start: Pick<ExchangeRecord<Facts>, 'id' | 'direction' | 'key' | 'state' | 'facts'>,
): ExchangeRecord<Facts> {
  return { version: 1, ...start, history: [{ state: start.state, at: new Date().toISOString() }] };
}

/** The record one step further. */
export function advanced<Facts extends object>(
  record: ExchangeRecord<Facts>,
  state: string,
  facts: Partial<Facts>,
): ExchangeRecord<Facts> {
  const history = [...record.history, { state, at: new Date().toISOString() }];
  return { ...record, state, history, facts: { ...record.facts, ...facts } };
}

export function formatRecord(record: ExchangeRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** @throws Error, when the text is not a record of this version */
export function parseRecord<Facts extends object>(text: string): ExchangeRecord<Facts> {
  const record = JSON.parse(text) as ExchangeRecord<Facts>;
  if (record?.version !== 1) throw new Error('it is of another version of this package');
  if (typeof record.id !== 'string' || !Array.isArray(record.history)) throw new Error('it is not complete');
  return record;
}
