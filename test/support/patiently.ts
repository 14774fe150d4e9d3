/**
 * For tests with time-outs that really pass: tried again with all times longer, because a busy machine may stand
 * still for as long as a short one takes.
 * @param work with the factor for its times
 */
export async function patiently(work: (factor: number) => Promise<void>): Promise<void> {
  for (const factor of [1, 4]) {
    try {
      await work(factor);
      return;
    } catch {
      // What is wrong is wrong with more time, too.
    }
  }
  await work(16);
}
