import { type Dimension, isPossible, type Row, table } from './table';

export const dimensions = Object.keys(table) as Dimension[];

/** Which values to take along some of the dimensions. */
export type Selection = { readonly [D in Dimension]?: readonly Row[D][] };

function valuesOf(dimension: Dimension, selection: Selection): readonly Row[Dimension][] {
  return selection[dimension] ?? table[dimension];
}

/** Every possible row of the selection. */
export function* product(selection: Selection = {}): Generator<Row, void> {
  yield* completed({}, 0, selection);
}

/** For each pair of values of two dimensions that occurs in any row, one such row. */
export function* pairsOfValues(one: Dimension, other: Dimension, selection: Selection): Generator<Row, void> {
  for (const value of valuesOf(one, selection)) {
    for (const otherValue of valuesOf(other, selection)) {
      const row = product({ ...selection, [one]: [value], [other]: [otherValue] }).next().value;
      if (row) yield row;
    }
  }
}

function* completed(row: Partial<Row>, from: number, selection: Selection): Generator<Row, void> {
  const dimension = dimensions[from];
  if (dimension === undefined) {
    yield row as Row;
    return;
  }
  for (const value of valuesOf(dimension, selection)) {
    const longer = { ...row, [dimension]: value };
    if (isPossible(longer)) yield* completed(longer, from + 1, selection);
  }
}

/**
 * Rows in which every pair of values that is possible at all stands together at least once. Greedy, and always the
 * same: each row begins with a pair that was not there yet and takes along as many others as it can.
 */
export function pairwise(selection: Selection = {}): Row[] {
  const open = possiblePairs(selection);
  const rows: Row[] = [];
  for (const [key, start] of open) {
    if (!open.has(key)) continue;
    const row = completedBest(start, open, selection);
    // A pair may be possible by itself and not with any third value.
    open.delete(key);
    if (!row) continue;
    for (const pair of pairsOf(row)) open.delete(pair);
    rows.push(row);
  }
  return rows;
}

function possiblePairs(selection: Selection): Map<string, Partial<Row>> {
  const pairs = new Map<string, Partial<Row>>();
  for (const [index, first] of dimensions.entries()) {
    for (const second of dimensions.slice(index + 1)) {
      for (const one of valuesOf(first, selection)) {
        for (const other of valuesOf(second, selection)) {
          const row: Partial<Row> = { [first]: one, [second]: other };
          if (isPossible(row)) pairs.set(pairKey(first, one, second, other), row);
        }
      }
    }
  }
  return pairs;
}

function completedBest(
  start: Partial<Row>,
  open: ReadonlyMap<string, unknown>,
  selection: Selection,
): Row | undefined {
  const missing = dimensions.filter((dimension) => start[dimension] === undefined);
  const [dimension] = missing;
  if (dimension === undefined) return start as Row;
  const candidates = valuesOf(dimension, selection)
    .map((value): Partial<Row> => ({ ...start, [dimension]: value }))
    .filter(isPossible)
    .map((row) => ({ row, fresh: pairsOf(row).filter((pair) => open.has(pair)).length }))
    .toSorted((a, b) => b.fresh - a.fresh);
  for (const { row } of candidates) {
    const whole = completedBest(row, open, selection);
    if (whole) return whole;
  }
  return undefined;
}

function pairsOf(row: Partial<Row>): string[] {
  const entries = dimensions.flatMap((dimension) => {
    const value = row[dimension];
    return value === undefined ? [] : [[dimension, value] as const];
  });
  return entries.flatMap(([first, one], index) =>
    entries.slice(index + 1).map(([second, other]) => pairKey(first, one, second, other)),
  );
}

function pairKey(first: Dimension, one: unknown, second: Dimension, other: unknown): string {
  return `${first}=${String(one)}&${second}=${String(other)}`;
}
