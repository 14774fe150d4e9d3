import type { SqlValue, Statement } from './protocol';

/** A place in a compiled statement that gets its value when it is used. */
class Slot {
  constructor(readonly name: string) {}
}

interface Compiled {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A statement that is compiled once and filled in as often as it is used. */
export type Template<Names extends string> = (values: Readonly<Record<Names, SqlValue>>) => Statement;

/** @param build makes the statement with `slot(name)` where values belong */
export function template<Names extends string>(
  build: (slot: (name: Names) => never) => Compiled,
): Template<Names> {
  const { sql, parameters } = build((name) => new Slot(name) as never);
  return (values) => ({
    sql,
    parameters: parameters.map((each) =>
      each instanceof Slot ? values[each.name as Names] : (each as SqlValue),
    ),
  });
}
