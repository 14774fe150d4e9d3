import { createHash } from 'node:crypto';
import { parseDisposition, parseMic } from '../../as2';
import type { ByteSource } from '../../bytes';
import { As2Error } from '../../errors';
import { urlToKeep } from '../kept-url';
import { type Arrival, type IncomingFolder, isAsynchronous } from './arrival';
import { handOver, type HandedOver } from './hand-over';
import { disposeOf, openStored, type StoredMessage } from './open-message';
import { refuse } from './refuse';
import { makeReceipt, micFrom, type Reply, storedReceipt, storeReceipt } from './reply';

/**
 * Answers a message whose Message-ID was taken before: the flow does not see it again, and the sender gets the very
 * same receipt (REL-04). The same id with other content is no repeat (REL-06).
 *
 * What was stored of an asynchronous repeat goes last: until then, a crash brings it up again.
 * @param inWork what the sender of the earlier one will get, when the flow has it at this moment
 * @throws As2Error, when the reason lies on our side
 */
export async function answerRepeat(
  message: StoredMessage,
  earlier: IncomingFolder,
  inWork: Promise<Reply> | undefined,
): Promise<HandedOver> {
  const { arrival, folder } = message;
  if (!(await sameBytes(message.body, await earlier.source('request.raw')))) {
    const refusal = await refusalOfOther(message, earlier);
    if (refusal) return refuse(message, refusal, 'The Message-ID was used before for other content.');
  }
  const repeat = { ...arrival, emit: emitOf(arrival, earlier) };
  const count = arrival.receiver.repeats.pass(earlier.record.id);
  if (count !== undefined) repeat.emit('message-repeated', { count });
  if (!isAsynchronous(arrival)) await folder.discard();
  // The flow has it: it is decided once, for all that ask (REL-07).
  if (inWork) {
    return { folder, reply: inWork.then((first) => answerAgain(repeat, first.folder, folder)) };
  }
  if (earlier.record.facts.accepted !== undefined) {
    return { folder: earlier, reply: Promise.resolve(await answerAgain(repeat, earlier, folder)) };
  }
  // We stopped before anything was decided, so the flow gets it once more, and is told so.
  if (isAsynchronous(arrival)) await takeWish(repeat, earlier, folder);
  return handOver(repeat, earlier, { redelivered: true });
}

async function answerAgain(
  arrival: Arrival,
  earlier: IncomingFolder,
  repeat: IncomingFolder,
): Promise<Reply> {
  const reply = await storedReply(arrival, earlier);
  if (isAsynchronous(arrival)) await takeWish(arrival, earlier, repeat);
  return reply;
}

/** From now on the earlier exchange is the one whose receipt has to be delivered. */
async function takeWish(
  { receiver, request }: Arrival,
  earlier: IncomingFolder,
  repeat: IncomingFolder,
): Promise<void> {
  const { receiptUrl } = earlier.record.facts;
  const deliveryUrl = urlToKeep(request.receipt?.deliveryUrl ?? '');
  await earlier.advance(earlier.record.state, receiptUrl === deliveryUrl ? {} : { receiptUrl: deliveryUrl }, {
    dueAt: receiver.clock.now(),
    attempts: 0,
    owner: receiver.owner,
    detail: { repeated: true },
  });
  await repeat.discard();
}

/** The events of a repeat are those of the exchange that it repeats. */
function emitOf({ emit }: Arrival, { record }: IncomingFolder): Arrival['emit'] {
  return (type, details) => emit(type, { ...details, exchangeId: record.id });
}

/** Some products build a message anew for a repeat, with other random bytes: then the content decides. */
async function refusalOfOther(
  message: StoredMessage,
  earlier: IncomingFolder,
): Promise<As2Error | undefined> {
  const opening = await openStored(message);
  if ('refusal' in opening) return opening.refusal;
  const { opened } = opening;
  const { mic } = opened;
  try {
    if (await sameDocuments(opened, earlier)) return undefined;
    const { messageId } = earlier.record.key;
    const { name: partner } = message.arrival.relationship.partner;
    return new As2Error('message-id-reused', { messageId, partner, mic: `${mic.value}, ${mic.algorithm}` });
  } finally {
    await disposeOf(opened);
  }
}

type Opened = Parameters<typeof disposeOf>[0];

async function sameDocuments({ payload, attachments }: Opened, earlier: IncomingFolder): Promise<boolean> {
  const now = attachments ?? [payload];
  const before = earlier.record.facts.message?.attachments ?? [{ file: 'payload' } as const];
  if (now.length !== before.length) return false;
  for (const [index, { file }] of before.entries()) {
    const document = now[index];
    if (!document || !(await sameBytes(document.bytes, await earlier.source(file)))) return false;
  }
  return true;
}

/** The stored receipt, or one for the stored decision, when the first time none was asked for. */
async function storedReply(arrival: Arrival, earlier: IncomingFolder): Promise<Reply> {
  const { disposition = '', message, remark } = earlier.record.facts;
  if (!arrival.plan) return { disposition, folder: earlier };
  if (await earlier.has('receipt')) {
    return { disposition, folder: earlier, receipt: await storedReceipt(earlier) };
  }
  const receipt = await makeReceipt(arrival, {
    disposition: parseDisposition(disposition),
    mic: micFrom(parseMic(message?.mic ?? '')),
    remark,
  });
  await storeReceipt(earlier, receipt);
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
