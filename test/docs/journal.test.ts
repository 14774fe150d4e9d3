import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSpool } from '../../src/store';
import { packageRoot } from '../support/paths';
import { withTempDirectory } from '../support/temp';

describe('docs/journal.md', () => {
  it('names every table and column of the journal, and its queries fit them', async () => {
    const text = await readFile(join(packageRoot, 'docs', 'journal.md'), 'utf8');
    await withTempDirectory(async (directory) => {
      await (await openSpool({ directory })).close();
      const database = new DatabaseSync(join(directory, 'journal.sqlite'));
      const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all();
      for (const { name } of tables) {
        const isNamed = (part: string): boolean => /^[^\n]*/.exec(part)?.[0].includes(String(name)) ?? false;
        const [, ...sections] = text.split(/^### /m);
        const section = sections.find(isNamed);
        assert.ok(section, String(name));
        if (name === 'schema_version' || name === 'notes') continue;
        const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(name ?? '');
        const documented = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, column]) => column);
        assert.deepEqual(
          documented.slice(0, columns.length),
          columns.map((column) => column.name),
          String(name),
        );
      }
      const blocks = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);
      const queries = blocks
        .join('\n')
        .split(';')
        .filter((sql) => /SELECT/.test(sql));
      assert.ok(queries.length >= 3);
      // Writing a file is what the sqlite3 program adds.
      for (const sql of queries) database.prepare(sql.replace('writefile', 'concat'));
      database.close();
    });
  });
});
