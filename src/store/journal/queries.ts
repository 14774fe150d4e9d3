import { type Kysely, type SelectQueryBuilder, type UpdateObject } from 'kysely';
import type { Direction, ExchangeKey, ExchangeRecord, HistoryEntry } from '../exchange-record';
import { COLUMNS, fixedStatements } from './fixed-statements';
import type { Statement } from './protocol';
import type { ExchangeRow, Tables } from './schema';
import { template, type Template } from './template';

/** Which exchanges; all that is given must fit. */
export interface ListFilter {
  readonly direction?: Direction | undefined;
  /** AS2 name of the other station. */
  readonly partner?: string | undefined;
  readonly states?: readonly string[] | undefined;
  readonly owner?: string | undefined;
  /** Milliseconds since 1970, of the beginning; `from` inclusive, `to` exclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Without brackets. */
  readonly messageId?: string | undefined;
  /** Only those before this id: the last one of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface DueFilter {
  readonly direction: Direction;
  readonly owner?: string | undefined;
  /** AS2 name of the other station. */
  readonly partner?: string | undefined;
  /** AS2 names of partners whose exchanges do not count. */
  readonly exceptPartners?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
}

/** The columns that a step changes; `steps` counts by itself. */
export type Change = Partial<
  Pick<
    ExchangeRow,
    | 'state'
    | 'updated_at'
    | 'due_at'
    | 'attempts'
    | 'owner'
    | 'unreported'
    | 'facts'
    | 'claimed'
    | 'refused_bytes'
  >
>;

type Select = SelectQueryBuilder<Tables, 'exchanges', Partial<ExchangeRow>>;

/** All statements of the journal. Those that every message needs are compiled once. */
export class Queries {
  private readonly updates = new Map<string, Template<keyof Change | 'id'>>();

  private readonly fixed: ReturnType<typeof fixedStatements>;

  constructor(private readonly database: Kysely<Tables>) {
    this.fixed = fixedStatements(database);
  }

  insert(row: ExchangeRow): Statement {
    return { ...this.fixed.insert({ ...row }), expectChanges: 1 };
  }

  /** @param at where in the history; absent: behind what is there */
  insertHistory(id: string, { state, at, detail }: HistoryEntry, step: number): Statement {
    const text = detail === undefined ? null : JSON.stringify(detail);
    return this.fixed.history({ id, step, state, at, detail: text });
  }

  /** The history's next line; its number is the row's `steps`, which `update` has counted up. */
  appendHistory(id: string, { state, at, detail }: HistoryEntry): Statement {
    const text = detail === undefined ? null : JSON.stringify(detail);
    return this.fixed.append({ id, state, at, detail: text });
  }

  removeHistoryStep(id: string, step: number): Statement {
    return this.fixed.historyStep({ id, step });
  }

  /** @param counts whether a line of history follows */
  update(id: string, change: Change, counts: boolean): Statement {
    const columns = (Object.keys(change) as (keyof Change)[]).sort();
    const name = `${columns.join(' ')}${counts ? ' +' : ''}`;
    let update = this.updates.get(name);
    if (!update) this.updates.set(name, (update = this.updateTemplate(columns, counts)));
    return { ...update({ ...change, id } as never), expectChanges: 1 };
  }

  remove(id: string): Statement[] {
    return [this.fixed.removeFiles({ id }), this.fixed.removeHistory({ id }), this.fixed.remove({ id })];
  }

  writeFile(id: string, name: string, content: Uint8Array): Statement {
    // An empty one is bound as NULL by some releases of Node.js; so it is by all.
    return this.fixed.writeFile({ id, name, content: content.length === 0 ? null : content });
  }

  removeFile(id: string, name: string): Statement {
    return this.fixed.removeFile({ id, name });
  }

  readFile(id: string, name: string): Statement {
    return this.fixed.readFile({ id, name });
  }

  fileBytes(id: string): Statement {
    return this.fixed.fileBytes({ id });
  }

  find(direction: Direction, { from, to, messageId }: ExchangeKey): Statement {
    return this.fixed.find({ direction, from, to, messageId });
  }

  get(id: string): Statement {
    return this.fixed.get({ id });
  }

  history(id: string): Statement {
    return this.fixed.historyOf({ id });
  }

  due(filter: DueFilter, until: number, limit: number): Statement {
    return compiled(
      this.dueOf(filter).where('due_at', '<=', until).orderBy('due_at').limit(limit).select(COLUMNS),
    );
  }

  /** Due further in the future than anything is ever put off. */
  dueTooLate(filter: DueFilter, after: number, limit: number): Statement {
    return compiled(
      this.dueOf(filter).where('due_at', '>', after).orderBy('due_at').limit(limit).select(COLUMNS),
    );
  }

  nextDue(filter: DueFilter, after: number | undefined): Statement {
    const query = this.dueOf(filter).orderBy('due_at').limit(1).select('due_at');
    return compiled(
      after === undefined ? query.where('due_at', 'is not', null) : query.where('due_at', '>', after),
    );
  }

  unreported(direction: Direction, owner: string, after: string, limit: number): Statement {
    return this.fixed.unreported({ direction, owner, after, limit });
  }

  /**
   * One statement for each direction and state asked for, so that each of them walks along an index and stops at the
   * limit; the caller merges.
   */
  list(filter: ListFilter, range: { readonly from?: string; readonly to?: string }): Statement[] {
    const { direction, states } = filter;
    const directions: readonly Direction[] = direction ? [direction] : ['in', 'out'];
    return directions.flatMap((each) =>
      states
        ? states.map((state) => compiled(this.listOf(each, filter, range).where('state', '=', state)))
        : [compiled(this.listOf(each, filter, range))],
    );
  }

  /** Ids of exchanges that began before an id, have not changed since, and are not put off until later. */
  older(before: string, unchangedSince: number, limit: number): Statement {
    return compiled(
      this.database
        .selectFrom('exchanges')
        .select(['id', 'direction'])
        .where('id', '<', before)
        .where('updated_at', '<', unchangedSince)
        .where((row) => row.or([row('due_at', 'is', null), row('due_at', '<', unchangedSince)]))
        .orderBy('id')
        .limit(limit),
    );
  }

  /** The oldest of those that were not taken. */
  refused(limit: number): Statement {
    return compiled(
      this.database
        .selectFrom('exchanges')
        .select(['id', 'direction', 'refused_bytes', 'updated_at'])
        .where('refused_bytes', 'is not', null)
        .orderBy('id')
        .limit(limit),
    );
  }

  refusedTotal(): Statement {
    return compiled(
      this.database
        .selectFrom('exchanges')
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('refused_bytes').as('bytes')])
        .where('refused_bytes', 'is not', null),
    );
  }

  /** Which of these ids the journal knows. */
  known(ids: readonly string[]): Statement {
    return compiled(this.database.selectFrom('exchanges').select('id').where('id', 'in', ids));
  }

  newest(): Statement {
    return compiled(
      this.database.selectFrom('exchanges').select('updated_at').orderBy('id', 'desc').limit(1),
    );
  }

  readNote(name: string): Statement {
    return compiled(this.database.selectFrom('notes').select('value').where('name', '=', name));
  }

  writeNote(name: string, value: string): Statement {
    return compiled(
      this.database
        .insertInto('notes')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value })),
    );
  }

  /**
   * Without `is not null`: every comparison implies it, and said twice SQLite takes the index of all partners and walks
   * past a hundred thousand rows of the others.
   */
  private dueOf({ direction, owner, partner, exceptPartners, states }: DueFilter): Select {
    let query = this.database.selectFrom('exchanges').where('direction', '=', direction) as Select;
    if (owner !== undefined) query = query.where('owner', '=', owner);
    if (partner !== undefined) query = query.where('partner', '=', partner);
    if (exceptPartners?.length) query = query.where('partner', 'not in', exceptPartners);
    if (states) query = query.where('state', 'in', states);
    return query;
  }

  private listOf(
    direction: Direction,
    { partner, owner, messageId, before, limit }: ListFilter,
    { from, to }: { readonly from?: string; readonly to?: string },
  ): SelectQueryBuilder<Tables, 'exchanges', Partial<ExchangeRow>> {
    let query = this.database
      .selectFrom('exchanges')
      .where('direction', '=', direction)
      .orderBy('id', 'desc')
      .limit(limit)
      .select(COLUMNS) as Select;
    if (partner !== undefined) query = query.where('partner', '=', partner);
    if (owner !== undefined) query = query.where('owner', '=', owner);
    if (messageId !== undefined) query = query.where('message_id', '=', messageId);
    if (from !== undefined) query = query.where('id', '>=', from);
    if (to !== undefined) query = query.where('id', '<', to);
    if (before !== undefined) query = query.where('id', '<', before);
    return query;
  }

  private updateTemplate(columns: readonly (keyof Change)[], counts: boolean): Template<keyof Change | 'id'> {
    return template((slot) => {
      const change: UpdateObject<Tables, 'exchanges'> = Object.fromEntries(
        columns.map((column) => [column, slot(column)]),
      );
      const update = this.database.updateTable('exchanges').set(change);
      const counted = counts ? update.set((row) => ({ steps: row('steps', '+', 1) })) : update;
      return counted.where('id', '=', slot('id')).compile();
    });
  }
}

function compiled(query: { compile(): { sql: string; parameters: readonly unknown[] } }): Statement {
  const { sql, parameters } = query.compile();
  return { sql, parameters: parameters as Statement['parameters'] };
}

/** What a record says about one of its columns. */
export function rowOf(
  record: ExchangeRecord,
  extra: Pick<ExchangeRow, 'steps' | 'refused_bytes'>,
): ExchangeRow {
  const { key, direction } = record;
  return {
    id: record.id,
    direction,
    sender: key.from,
    receiver: key.to,
    message_id: key.messageId,
    partner: direction === 'in' ? key.from : key.to,
    claimed: record.claimed ? 1 : 0,
    state: record.state,
    owner: record.owner ?? null,
    due_at: record.dueAt ?? null,
    attempts: record.attempts,
    unreported: record.unreported ? 1 : 0,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    facts: JSON.stringify(record.facts),
    ...extra,
  };
}
