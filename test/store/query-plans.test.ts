import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Statement } from '../../src/store/journal/protocol';
import { Queries } from '../../src/store/journal/queries';
import { loadQueryBuilder } from '../../src/store/journal/query-builder';
import { withSpool } from './spools';

/** A million exchanges are listed and found fast only along an index: nothing may walk through the table or sort it. */
describe('store: queries use indexes', () => {
  const owner = 'node';
  const key = { from: 'A', to: 'B', messageId: 'm' };
  const cases: readonly [title: string, make: (queries: Queries) => readonly Statement[]][] = [
    ['find', (queries) => [queries.find('in', key)]],
    ['get', (queries) => [queries.get('id')]],
    ['history', (queries) => [queries.history('id')]],
    ['file', (queries) => [queries.readFile('id', 'payload'), queries.fileBytes('id')]],
    ['remove', (queries) => queries.remove('id')],
    ['step', (queries) => [queries.update('id', { state: 'x', updated_at: 1 }, true)]],
    ['unreported', (queries) => [queries.unreported('out', owner, 'id', 10)]],
    ['known', (queries) => [queries.known(['a', 'b'])]],
    ['older', (queries) => [queries.older('id', 1, 10)]],
    ['refused', (queries) => [queries.refused(10), queries.refusedTotal()]],
    ...[{}, { owner }, { partner: 'B' }, { exceptPartners: ['B'] }, { states: ['queued'] }].map(
      (filter): (typeof cases)[number] => [
        `due ${Object.keys(filter).join()}`,
        (queries) => {
          const due = { direction: 'out' as const, ...filter };
          return [
            queries.due(due, 1, 10),
            queries.dueTooLate(due, 1, 10),
            queries.nextDue(due, undefined),
            queries.nextDue(due, 1),
          ];
        },
      ],
    ),
    ...[
      {},
      { direction: 'in' as const },
      { partner: 'B' },
      { states: ['failed', 'retrying'] },
      { partner: 'B', states: ['failed'] },
      { owner },
      { messageId: 'm' },
      { before: 'id' },
      { direction: 'out' as const, partner: 'B', before: 'id' },
    ].map((filter): (typeof cases)[number] => [
      `list ${Object.keys(filter).join()}`,
      (queries) => [
        ...queries.list({ ...filter, limit: 10 }, {}),
        ...queries.list({ ...filter, limit: 10 }, { from: 'a', to: 'b' }),
      ],
    ]),
  ];

  it('for everything that is asked', async () => {
    await withSpool(async (spool) => {
      const queries = new Queries(await loadQueryBuilder());
      const database = new DatabaseSync(join(spool.directory, 'journal.sqlite'), { readOnly: true });
      for (const [title, make] of cases) {
        for (const { sql, parameters } of make(queries)) {
          const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
          const steps = plan.map(({ detail }) => String(detail));
          assert.ok(steps.length > 0, title);
          for (const step of steps) {
            assert.match(
              step,
              /^SEARCH \w+ USING|USING (?:COVERING )?INDEX exchanges_refused/,
              `${title}: ${sql}: ${step}`,
            );
          }
        }
      }
      database.close();
    });
  });
});
