import { formatDisposition, parseMic } from '../../as2';
import { As2Error, toAs2Error } from '../../errors';
import { type Arrival, type IncomingFolder, isAsynchronous } from './arrival';
import { messageIn } from './message-in';
import { dispositionOf } from './pending-receipts';
import { makeReceipt, micFrom, type Reply, storeReceipt } from './reply';
import type { ReceiptDecision, ReceivedMessage } from '../types';

/** A message that was taken as far as it goes without the flow. */
export interface HandedOver {
  /** The exchange it belongs to; for a repeat the one that it repeats. */
  readonly folder: IncomingFolder;
  /** What the sender gets; takes as long as the flow. */
  readonly reply: Promise<Reply>;
}

/**
 * Gives a durable message to the flow and makes the receipt for what the flow decides. The receipt is durable before
 * it leaves, so that a repeat gets the very same one (REL-04). Call it while nobody else works on the exchange; until
 * it is decided, others find it in `undecided`.
 *
 * `reply` rejects with `station-closing`, or what the flow threw: the message stays undecided, and is handed over again.
 * @param redelivered the flow may have seen it before
 */
export function handOver(
  arrival: Arrival,
  folder: IncomingFolder,
  { redelivered }: { readonly redelivered: boolean },
): HandedOver {
  const reply = replyByFlow(arrival, folder, redelivered);
  arrival.receiver.undecided.add(folder.record.key, reply);
  return { folder, reply };
}

async function replyByFlow(arrival: Arrival, folder: IncomingFolder, redelivered: boolean): Promise<Reply> {
  const message = await messageIn(folder, redelivered);
  // A flow that is being stopped would lose it, and the receipt would say the opposite (law 2).
  if (arrival.receiver.stopping.aborted) {
    throw new As2Error('station-closing', { messageId: message.messageId });
  }
  arrival.emit('message-handed-over', { exchangeId: message.exchangeId, sizeBytes: message.sizeBytes });
  const decision = await decisionAbout(message, arrival);
  try {
    const reply = await keepDecision(arrival, folder, decision);
    decision.kept?.();
    return reply;
  } catch (error) {
    decision.kept?.(toAs2Error(error));
    throw error;
  }
}

/**
 * Makes the receipt for a decision; both are durable when this returns.
 * @throws As2Error `store-full`, `store-unavailable` and kin
 */
export async function keepDecision(
  arrival: Arrival,
  folder: IncomingFolder,
  decision: ReceiptDecision,
): Promise<Reply> {
  const { accept, text, reason } = decision;
  const verdict = dispositionOf(decision);
  const disposition = formatDisposition(verdict);
  const mic = micFrom(parseMic(folder.record.facts.message?.mic ?? ''));
  const receipt = await makeReceipt(arrival, { disposition: verdict, mic, remark: text });
  await storeReceipt(folder, receipt);
  await folder.advance(
    accept ? 'accepted' : 'rejected',
    { accepted: accept, disposition, ...(text === undefined ? {} : { remark: text }) },
    {
      attempts: 0,
      dueAt: receipt && isAsynchronous(arrival) ? arrival.receiver.clock.now() : null,
      detail: { disposition, ...(reason ? { reason: { code: reason.code, message: reason.message } } : {}) },
    },
  );
  const { id: exchangeId } = folder.record;
  arrival.emit('message-decided', { exchangeId, disposition, ...(reason ? { error: reason } : {}) });
  return { disposition, folder, ...(receipt ? { receipt } : {}) };
}

async function decisionAbout(message: ReceivedMessage, { receiver }: Arrival): Promise<ReceiptDecision> {
  const { options, closing } = receiver;
  const closed = (): As2Error => new As2Error('station-closing', { messageId: message.messageId });
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(closed());
    closing.addEventListener('abort', stop);
  });
  const decided = (async () => options.handOver(message))();
  try {
    return await Promise.race([decided, stopped]);
  } catch (error) {
    // Whoever decides now learns that it was too late.
    decided.then(
      ({ kept }) => kept?.(closed()),
      () => undefined,
    );
    throw error;
  } finally {
    closing.removeEventListener('abort', stop);
  }
}
