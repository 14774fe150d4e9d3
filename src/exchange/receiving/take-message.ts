import type { IncomingFacts } from './arrival';
import { handOver, type HandedOver } from './hand-over';
import { describeMessage, disposeOf, openStored, storeDocuments, type StoredMessage } from './open-message';
import { refuse } from './refuse';
import { answerRepeat } from './repeated-message';

/**
 * Opens a stored message, makes it durable under its key, hands it to the flow, and makes the receipt: in this order
 * (law 2). Two of the same key wait for each other until one of them has the key (REL-07), but not for the flow.
 * @returns what the sender gets; a message that cannot be taken gets an error receipt and does not reach the flow
 * @throws As2Error, when the reason lies on our side: the message has to come again. So does a rejection of `reply`.
 */
export async function takeMessage(message: StoredMessage): Promise<HandedOver> {
  const { arrival, folder } = message;
  const { options, undecided } = arrival.receiver;
  const { spool } = options;
  const { key } = folder.record;
  if (arrival.plan?.problem) return refuse(message, arrival.plan.problem);
  return spool.exclusively('in', key, async () => {
    // Asked first: what is not with the flow now cannot be decided until the lock is released.
    const inWork = undecided.replyFor(key);
    const earlier = await spool.find<IncomingFacts>('in', key);
    return earlier ? answerRepeat(message, earlier, inWork) : takeNew(message);
  });
}

async function takeNew(message: StoredMessage): Promise<HandedOver> {
  const { arrival, folder } = message;
  const { options, owner } = arrival.receiver;
  const opening = await openStored(message);
  if ('refusal' in opening) return refuse(message, opening.refusal);
  const { opened } = opening;
  try {
    const attachments = await storeDocuments(folder, opened);
    const facts = { message: describeMessage(arrival, opened, attachments) };
    if (folder.settled) {
      await options.spool.claim(folder, { state: 'taken', facts });
    } else {
      await folder.advance('taken', facts);
      await options.spool.settle(folder, { owner });
    }
  } catch (error) {
    await disposeOf(opened);
    throw error;
  }
  return handOver(arrival, folder, { redelivered: false });
}
