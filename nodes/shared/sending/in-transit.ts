import type { Spool } from '../../../src/store';
import type { OnItsWay } from './sending-status';

/** States of a message that has not come to its end. */
export const ON_THEIR_WAY = ['queued', 'sending', 'retrying', 'awaiting-receipt'] as const;

/** As many are counted at a start; nobody reads a larger number. */
const MOST = 1000;

/** What the messages of an owner do that were left from before: the name of the exchange, and its state. */
export async function inTransit(spool: Spool, owner: string): Promise<[string, OnItsWay][]> {
  const records = await spool.list({ direction: 'out', owner, states: ON_THEIR_WAY, limit: MOST });
  const readable = records.filter((record) => record.state !== 'unreadable');
  return readable.map(({ id, state, attempts, dueAt }) => {
    if (state === 'awaiting-receipt') return [id, { doing: 'awaiting-receipt' }];
    if (state !== 'retrying') return [id, { doing: 'queued' }];
    const at = dueAt === undefined ? {} : { at: new Date(dueAt) };
    return [id, { doing: 'retrying', attempt: attempts + 1, ...at }];
  });
}
