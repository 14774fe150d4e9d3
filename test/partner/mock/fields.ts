import type { WireField } from './wire';

/** Header fields that are replaced, added, or (undefined) left away. */
export type FieldChanges = Readonly<Record<string, string | undefined>>;

/** A replaced field stays in its place; names compare without regard to case and are written as in `changes`. */
export function changedFields(fields: readonly WireField[], changes: FieldChanges = {}): WireField[] {
  const byName = new Map(Object.entries(changes).map(([name, value]) => [name.toLowerCase(), [name, value]]));
  const kept = fields.flatMap((field): WireField[] => {
    const key = field[0].toLowerCase();
    const change = byName.get(key);
    if (!change) return [field];
    byName.delete(key);
    const [name = '', value] = change;
    return value === undefined ? [] : [[name, value]];
  });
  const added = [...byName.values()].flatMap(([name = '', value]): WireField[] =>
    value === undefined ? [] : [[name, value]],
  );
  return [...kept, ...added];
}
