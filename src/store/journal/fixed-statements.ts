import type { Kysely } from 'kysely';
import type { ExchangeRow, Tables } from './schema';
import { template } from './template';

/** What a record is made of. */
export const COLUMNS = [
  'id',
  'direction',
  'sender',
  'receiver',
  'message_id',
  'claimed',
  'state',
  'owner',
  'due_at',
  'attempts',
  'unreported',
  'refused_bytes',
  'created_at',
  'updated_at',
  'steps',
  'facts',
] as const;

/** The statements that every message needs, compiled once. */
export function fixedStatements(database: Kysely<Tables>) {
  return {
    insert: template<keyof ExchangeRow>((slot) =>
      database
        .insertInto('exchanges')
        .values({
          id: slot('id'),
          direction: slot('direction'),
          sender: slot('sender'),
          receiver: slot('receiver'),
          message_id: slot('message_id'),
          partner: slot('partner'),
          claimed: slot('claimed'),
          state: slot('state'),
          owner: slot('owner'),
          due_at: slot('due_at'),
          attempts: slot('attempts'),
          unreported: slot('unreported'),
          refused_bytes: slot('refused_bytes'),
          created_at: slot('created_at'),
          updated_at: slot('updated_at'),
          steps: slot('steps'),
          facts: slot('facts'),
        })
        .compile(),
    ),
    history: template<'id' | 'step' | 'state' | 'at' | 'detail'>((slot) =>
      database
        .insertInto('history')
        .values({
          exchange_id: slot('id'),
          step: slot('step'),
          state: slot('state'),
          at: slot('at'),
          detail: slot('detail'),
        })
        .compile(),
    ),
    append: template<'id' | 'state' | 'at' | 'detail'>((slot) =>
      database
        .insertInto('history')
        .columns(['exchange_id', 'step', 'state', 'at', 'detail'])
        .expression((from) =>
          from
            .selectFrom('exchanges')
            .select((row) => [
              'id',
              'steps',
              row.val<string>(slot('state')).as('state'),
              row.val<number>(slot('at')).as('at'),
              row.val<string>(slot('detail')).as('detail'),
            ])
            .where('id', '=', slot('id')),
        )
        .compile(),
    ),
    historyStep: template<'id' | 'step'>((slot) =>
      database
        .deleteFrom('history')
        .where('exchange_id', '=', slot('id'))
        .where('step', '=', slot('step'))
        .compile(),
    ),
    writeFile: template<'id' | 'name' | 'content'>((slot) =>
      database
        .insertInto('files')
        .values({ exchange_id: slot('id'), name: slot('name'), content: slot('content') })
        .onConflict((conflict) =>
          conflict
            .columns(['exchange_id', 'name'])
            .doUpdateSet((row) => ({ content: row.ref('excluded.content') })),
        )
        .compile(),
    ),
    removeFile: template<'id' | 'name'>((slot) =>
      database
        .deleteFrom('files')
        .where('exchange_id', '=', slot('id'))
        .where('name', '=', slot('name'))
        .compile(),
    ),
    removeFiles: template<'id'>((slot) =>
      database.deleteFrom('files').where('exchange_id', '=', slot('id')).compile(),
    ),
    readFile: template<'id' | 'name'>((slot) =>
      database
        .selectFrom('files')
        .select('content')
        .where('exchange_id', '=', slot('id'))
        .where('name', '=', slot('name'))
        .compile(),
    ),
    fileBytes: template<'id'>((slot) =>
      database
        .selectFrom('files')
        .select((row) => row.fn.sum<number>(row.fn<number>('length', ['content'])).as('bytes'))
        .where('exchange_id', '=', slot('id'))
        .compile(),
    ),
    removeHistory: template<'id'>((slot) =>
      database.deleteFrom('history').where('exchange_id', '=', slot('id')).compile(),
    ),
    remove: template<'id'>((slot) => database.deleteFrom('exchanges').where('id', '=', slot('id')).compile()),
    get: template<'id'>((slot) =>
      database.selectFrom('exchanges').select(COLUMNS).where('id', '=', slot('id')).compile(),
    ),
    find: template<'direction' | 'from' | 'to' | 'messageId'>((slot) =>
      database
        .selectFrom('exchanges')
        .select(COLUMNS)
        .where('direction', '=', slot('direction'))
        .where('sender', '=', slot('from'))
        .where('receiver', '=', slot('to'))
        .where('message_id', '=', slot('messageId'))
        .where((eb) => eb('claimed', '=', eb.lit(1)))
        .compile(),
    ),
    historyOf: template<'id'>((slot) =>
      database
        .selectFrom('history')
        .select(['state', 'at', 'detail'])
        .where('exchange_id', '=', slot('id'))
        .orderBy('step')
        .compile(),
    ),
    unreported: template<'direction' | 'owner' | 'after' | 'limit'>((slot) =>
      database
        .selectFrom('exchanges')
        .select(COLUMNS)
        .where('direction', '=', slot('direction'))
        .where('owner', '=', slot('owner'))
        .where((eb) => eb('unreported', '=', eb.lit(1)))
        .where('id', '>', slot('after'))
        .orderBy('id')
        .limit(slot('limit'))
        .compile(),
    ),
  };
}
