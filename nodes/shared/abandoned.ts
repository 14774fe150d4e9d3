import type { NodeAPI } from 'node-red';
import type { ExchangeRecord, Spool } from '../../src/store';

/** As many are counted; nobody reads a larger number. */
const MOST = 1000;

/** What waits in the journal for a node that is gone. */
export interface Abandoned {
  readonly node: string;
  /**
   * `messages` that were answered with "later" and have not reached a flow: nobody goes on with them; `receipts` for
   * such messages that were not delivered; `sending`: messages that are sent, and nobody is told what becomes of them.
   */
  readonly what: 'messages' | 'receipts' | 'sending';
  readonly count: number;
}

/** What waits for nodes that are gone. Disabled ones are there: they may come back. */
export async function abandoned(RED: NodeAPI, spool: Spool): Promise<readonly Abandoned[]> {
  const waiting = [
    ...(await recordsDue(spool, 'in')).map(({ owner, state }) => ({
      owner,
      what: state === 'received' || state === 'taken' ? ('messages' as const) : ('receipts' as const),
    })),
    ...(await recordsDue(spool, 'out')).map(({ owner }) => ({ owner, what: 'sending' as const })),
    ...(await interrupted(spool)).map(({ owner }) => ({ owner, what: 'sending' as const })),
  ];
  if (waiting.length === 0) return [];
  const known = new Set<string>();
  RED.nodes.eachNode(({ id }) => void known.add(id));
  const counts = new Map<string, Abandoned>();
  for (const { owner: node, what } of waiting) {
    // A node in a subflow is named by its place.
    if (node === undefined || node.split('/').every((id) => known.has(id))) continue;
    const key = `${what} ${node}`;
    counts.set(key, { node, what, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** Whether something was left that has to be sent, also when no node is there that would send. */
export async function hasOutgoing(spool: Spool): Promise<boolean> {
  return (await spool.nextDue('out')) !== undefined || (await interrupted(spool)).length > 0;
}

async function recordsDue(spool: Spool, direction: 'in' | 'out'): Promise<ExchangeRecord[]> {
  const folders = await spool.due({ direction, until: Number.MAX_SAFE_INTEGER, limit: MOST });
  return folders.map(({ record }) => record);
}

/** Attempts that a crash has ended: nothing is due for them until they are found. */
async function interrupted(spool: Spool): Promise<ExchangeRecord[]> {
  return spool.list({ direction: 'out', states: ['sending'], limit: MOST });
}
