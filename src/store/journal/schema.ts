import type { Kysely } from 'kysely';

/** The journal's tables; docs/journal.md explains every column. Times are milliseconds since 1970. */
export interface Tables {
  exchanges: ExchangeRow;
  history: HistoryRow;
  files: FileRow;
  notes: NoteRow;
  schema_version: { version: number };
}

export interface ExchangeRow {
  id: string;
  direction: 'in' | 'out';
  sender: string;
  receiver: string;
  message_id: string;
  /** AS2 name of the other station. */
  partner: string;
  /** 1: holds its key. */
  claimed: number;
  state: string;
  owner: string | null;
  due_at: number | null;
  attempts: number;
  /** 1: the owner has not been told the outcome. */
  unreported: number;
  /** Octets in the folder of a message that was not taken; null: it was taken. */
  refused_bytes: number | null;
  created_at: number;
  updated_at: number;
  /** How many lines the history has had. */
  steps: number;
  /** JSON. */
  facts: string;
}

export interface HistoryRow {
  exchange_id: string;
  step: number;
  state: string;
  at: number;
  /** JSON. */
  detail: string | null;
}

/** A small file of an exchange; large ones lie in its folder. */
export interface FileRow {
  exchange_id: string;
  name: string;
  /** null: it is empty. */
  content: Uint8Array | null;
}

/** What the journal remembers about itself. */
export interface NoteRow {
  name: string;
  value: string;
}

/**
 * The statements that lead from each version of the schema to the next. Only types and functions that PostgreSQL knows
 * as well. What was released is never changed: a new version is one more list.
 */
export function migrations(database: Kysely<Tables>): string[][] {
  return [firstVersion(database)];
}

function firstVersion({ schema }: Kysely<Tables>): string[] {
  const statements = [
    schema.createTable('schema_version').addColumn('version', 'integer', (column) => column.notNull()),
    schema
      .createTable('notes')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('value', 'text', (column) => column.notNull()),
    schema
      .createTable('exchanges')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('direction', 'text', (column) => column.notNull())
      .addColumn('sender', 'text', (column) => column.notNull())
      .addColumn('receiver', 'text', (column) => column.notNull())
      .addColumn('message_id', 'text', (column) => column.notNull())
      .addColumn('partner', 'text', (column) => column.notNull())
      .addColumn('claimed', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('due_at', 'bigint')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('unreported', 'integer', (column) => column.notNull())
      .addColumn('refused_bytes', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('steps', 'integer', (column) => column.notNull())
      .addColumn('facts', 'text', (column) => column.notNull()),
    schema
      .createTable('history')
      .addColumn('exchange_id', 'text', (column) => column.notNull())
      .addColumn('step', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('detail', 'text')
      .addPrimaryKeyConstraint('history_step', ['exchange_id', 'step']),
    schema
      .createTable('files')
      .addColumn('exchange_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('content', 'blob')
      .addPrimaryKeyConstraint('files_name', ['exchange_id', 'name']),
    // At most one exchange of a direction holds a key (REL-05).
    schema
      .createIndex('exchanges_key')
      .unique()
      .on('exchanges')
      .columns(['direction', 'sender', 'receiver', 'message_id'])
      .where('claimed' as never, '=', 1),
    schema
      .createIndex('exchanges_due')
      .on('exchanges')
      .columns(['direction', 'due_at'])
      .where('due_at', 'is not', null),
    schema
      .createIndex('exchanges_due_of_owner')
      .on('exchanges')
      .columns(['direction', 'owner', 'due_at'])
      .where('due_at', 'is not', null),
    schema
      .createIndex('exchanges_due_of_partner')
      .on('exchanges')
      .columns(['direction', 'partner', 'due_at'])
      .where('due_at', 'is not', null),
    schema
      .createIndex('exchanges_unreported')
      .on('exchanges')
      .columns(['direction', 'owner', 'id'])
      .where('unreported' as never, '=', 1),
    schema
      .createIndex('exchanges_refused')
      .on('exchanges')
      .columns(['id', 'refused_bytes'])
      .where('refused_bytes', 'is not', null),
    // For lists, newest first: an id begins with its time.
    schema.createIndex('exchanges_direction').on('exchanges').columns(['direction', 'id']),
    schema.createIndex('exchanges_state').on('exchanges').columns(['direction', 'state', 'id']),
    schema.createIndex('exchanges_partner').on('exchanges').columns(['direction', 'partner', 'id']),
    schema
      .createIndex('exchanges_partner_state')
      .on('exchanges')
      .columns(['direction', 'partner', 'state', 'id']),
    schema.createIndex('exchanges_owner').on('exchanges').columns(['direction', 'owner', 'id']),
    schema.createIndex('exchanges_message').on('exchanges').columns(['message_id', 'id']),
  ];
  return [
    ...statements.map((statement) => statement.compile().sql),
    'insert into "schema_version" ("version") values (0)',
  ];
}
