/** How often everything else in the process had its turn while something was at work (law 8). Never how long it took. */
export async function withTurns<T>(
  work: () => Promise<T>,
): Promise<{ readonly turns: number; readonly result: T }> {
  let turns = 0;
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  try {
    const result = await work();
    return { turns, result };
  } finally {
    clearImmediate(next);
  }
}
