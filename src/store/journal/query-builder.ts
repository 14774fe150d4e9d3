import type { Kysely } from 'kysely';
import type { Tables } from './schema';

/**
 * Kysely as a builder of SQL text and nothing else: the statements are executed in the journal's thread. The package is
 * made of ES modules, so it is loaded the way that every Node.js with node:sqlite can.
 */
export async function loadQueryBuilder(): Promise<Kysely<Tables>> {
  const {
    DummyDriver,
    Kysely: Builder,
    SqliteAdapter,
    SqliteIntrospector,
    SqliteQueryCompiler,
  } = await import('kysely');
  return new Builder<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
