import type { NodeAPI } from 'node-red';
import type { Spool } from '../../src/store';

/** As many are counted; nobody reads a larger number. */
const MOST = 1000;

/**
 * Messages that were answered with "later" and have not reached a flow, and whose as2-in node is gone: nobody goes on
 * with them. @returns how many of which node
 */
export async function abandonedMessages(RED: NodeAPI, spool: Spool): Promise<ReadonlyMap<string, number>> {
  const waiting = await spool.list({ direction: 'in', states: ['received', 'taken'], limit: MOST });
  const counts = new Map<string, number>();
  if (waiting.length === 0) return counts;
  // Disabled ones too: they may come back.
  const known = new Set<string>();
  RED.nodes.eachNode(({ id }) => void known.add(id));
  for (const { owner, dueAt } of waiting) {
    if (owner === undefined || dueAt === undefined) continue;
    // A node in a subflow is named by its place.
    if (owner.split('/').every((id) => known.has(id))) continue;
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return counts;
}
