import { formatDisposition, parseMic } from '../../as2';
import { As2Error } from '../../errors';
import type { Arrival, IncomingFolder } from './arrival';
import { dispositionOf } from './pending-receipts';
import { makeReceipt, micFrom, type Reply, storeReceipt } from './reply';
import type { ReceiptDecision, ReceivedMessage } from '../types';

/**
 * Gives a durable message to the flow and makes the receipt for what the flow decides. The receipt is durable before
 * it leaves, so that a repeat gets the very same one (REL-04).
 * @param redelivered the flow may have seen it before
 * @throws As2Error `station-closing`, or what the flow threw: the message stays undecided, and a repeat is handed over
 *   again
 */
export async function handOver(
  arrival: Arrival,
  folder: IncomingFolder,
  { redelivered }: { readonly redelivered: boolean },
): Promise<Reply> {
  const message = await messageIn(folder, redelivered);
  // A flow that is being stopped would lose it, and the receipt would say the opposite (law 2).
  if (arrival.stopping.aborted) throw new As2Error('station-closing', { messageId: message.messageId });
  arrival.emit('message-handed-over', { exchangeId: message.exchangeId, sizeBytes: message.sizeBytes });
  const decision = await decisionAbout(message, arrival);
  const verdict = dispositionOf(decision);
  const disposition = formatDisposition(verdict);
  const receipt = await makeReceipt(arrival, {
    disposition: verdict,
    mic: micFrom(parseMic(message.mic)),
    remark: decision.text,
  });
  await storeReceipt(folder, receipt);
  await folder.advance(decision.accept ? 'accepted' : 'rejected', {
    accepted: decision.accept,
    disposition,
    ...(decision.text === undefined ? {} : { remark: decision.text }),
  });
  const { reason } = decision;
  arrival.emit('message-decided', {
    exchangeId: message.exchangeId,
    disposition,
    ...(reason ? { error: reason } : {}),
  });
  return { disposition, folder, ...(receipt ? { receipt } : {}) };
}

async function messageIn(folder: IncomingFolder, redelivered: boolean): Promise<ReceivedMessage> {
  const { id, facts } = folder.record;
  if (!facts.message) {
    throw new As2Error('exchange-unreadable', {
      path: folder.path,
      reason: 'it does not describe the message',
    });
  }
  const source = await folder.source('payload');
  return {
    exchangeId: id,
    ...facts.message,
    redelivered,
    payload: { ...source, path: folder.pathOf('payload'), read: () => folder.read('payload') },
  };
}

async function decisionAbout(
  message: ReceivedMessage,
  { options, closing }: Arrival,
): Promise<ReceiptDecision> {
  const closed = new As2Error('station-closing', { messageId: message.messageId });
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(closed);
    closing.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([options.handOver(message), stopped]);
  } finally {
    closing.removeEventListener('abort', stop);
  }
}
