import type { IncomingFacts } from './arrival';
import { handOver } from './hand-over';
import { describeMessage, openStored, type StoredMessage } from './open-message';
import { refuse } from './refuse';
import { answerRepeat } from './repeated-message';
import type { Reply } from './reply';

/**
 * Opens a stored message, makes it durable, hands it to the flow, and makes the receipt: in this order (law 2).
 * @returns what the sender gets; a message that cannot be taken gets an error receipt and does not reach the flow
 * @throws As2Error, when the reason lies on our side: the sender has to come again
 */
export async function takeMessage(message: StoredMessage): Promise<Reply> {
  const { arrival, folder } = message;
  const { spool } = arrival.options;
  const { key } = folder.record;
  if (arrival.plan?.problem) return refuse(message, arrival.plan.problem);
  // REL-07: a repeat that comes while the first one is in work waits for its answer.
  return spool.exclusively('in', key, async () => {
    const earlier = await spool.find<IncomingFacts>('in', key);
    return earlier ? answerRepeat(message, earlier) : takeNew(message);
  });
}

async function takeNew(message: StoredMessage): Promise<Reply> {
  const { arrival, folder } = message;
  const opening = await openStored(message);
  if ('refusal' in opening) return refuse(message, opening.refusal);
  const { bytes } = opening.opened.payload;
  try {
    await folder.add('payload', bytes);
    folder.describe({ message: describeMessage(arrival, opening.opened) });
    await arrival.options.spool.settle(folder);
  } catch (error) {
    await bytes.dispose();
    throw error;
  }
  return handOver(arrival, folder, { redelivered: false });
}
