import { createHash } from 'node:crypto';
import { parseDisposition, parseMic } from '../../as2';
import type { ByteSource } from '../../bytes';
import { As2Error } from '../../errors';
import type { Arrival, IncomingFolder } from './arrival';
import { handOver } from './hand-over';
import { openStored, type StoredMessage } from './open-message';
import { refuse } from './refuse';
import { makeReceipt, micFrom, type Reply, storedReceipt } from './reply';

/**
 * Answers a message whose Message-ID was taken before: the flow does not see it again, and the sender gets the very
 * same receipt (REL-04). The same id with other content is no repeat (REL-06).
 * @throws As2Error, when the reason lies on our side
 */
export async function answerRepeat(message: StoredMessage, earlier: IncomingFolder): Promise<Reply> {
  const { arrival, folder } = message;
  if (!(await sameBytes(message.body, await earlier.source('request.raw')))) {
    const refusal = await refusalOfOther(message, earlier);
    if (refusal) return refuse(message, refusal, 'The Message-ID was used before for other content.');
  }
  await folder.discard();
  arrival.emit('message-repeated', { exchangeId: earlier.record.id });
  // We stopped before anything was decided, so the flow gets it once more, and is told so.
  if (earlier.record.facts.accepted === undefined) return handOver(arrival, earlier, { redelivered: true });
  return answerAgain(arrival, earlier);
}

/** Some products build a message anew for a repeat, with other random bytes: then the content decides. */
async function refusalOfOther(
  message: StoredMessage,
  earlier: IncomingFolder,
): Promise<As2Error | undefined> {
  const opening = await openStored(message);
  if ('refusal' in opening) return opening.refusal;
  const { payload, mic } = opening.opened;
  try {
    if (await sameBytes(payload.bytes, await earlier.source('payload'))) return undefined;
    const { messageId } = earlier.record.key;
    const { name: partner } = message.arrival.relationship.partner;
    return new As2Error('message-id-reused', { messageId, partner, mic: `${mic.value}, ${mic.algorithm}` });
  } finally {
    await payload.bytes.dispose();
  }
}

async function answerAgain(arrival: Arrival, earlier: IncomingFolder): Promise<Reply> {
  const { disposition = '', message, remark } = earlier.record.facts;
  if (!arrival.plan) return { disposition, folder: earlier };
  if (await earlier.has('receipt')) {
    return { disposition, folder: earlier, receipt: await storedReceipt(earlier) };
  }
  // The first time none was asked for.
  const receipt = await makeReceipt(arrival, {
    disposition: parseDisposition(disposition),
    mic: micFrom(parseMic(message?.mic ?? '')),
    remark,
  });
  return { disposition, folder: earlier, ...(receipt ? { receipt } : {}) };
}

async function sameBytes(one: ByteSource, other: ByteSource): Promise<boolean> {
  if (one.length !== undefined && other.length !== undefined && one.length !== other.length) return false;
  const [left, right] = [await digestOf(one), await digestOf(other)];
  return left.equals(right);
}

async function digestOf(source: ByteSource): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of source.open()) hash.update(chunk);
  return hash.digest();
}
