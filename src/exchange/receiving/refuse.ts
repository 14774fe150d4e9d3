import { dispositionFor, formatDisposition, micOfError } from '../../as2';
import type { As2Error } from '../../errors';
import { storedError } from '../stored-error';
import { isAsynchronous, senderOf } from './arrival';
import type { StoredMessage } from './open-message';
import type { HandedOver } from './hand-over';
import { makeReceipt, storeReceipt } from './reply';
import { forgetTransfer } from './transfer-part';

/**
 * Answers a message that cannot be taken with an error receipt, when one was asked for. The flow does not see it. Its
 * Message-ID stays free: once the reason is gone, the sender may repeat it, and nobody can use up ids of others by
 * sending rubbish under them.
 * @param remark one more paragraph for the reader of the receipt
 * @throws As2Error `store-full`, `store-unavailable`
 */
export async function refuse(message: StoredMessage, error: As2Error, remark?: string): Promise<HandedOver> {
  const { arrival, folder } = message;
  const { options, clock, owner, refusals } = arrival.receiver;
  refusals.add(senderOf(arrival));
  await forgetTransfer(arrival);
  const verdict = dispositionFor(error);
  const disposition = formatDisposition(verdict);
  const receipt = await makeReceipt(arrival, { disposition: verdict, mic: micOfError(error), remark });
  await storeReceipt(folder, receipt);
  await options.spool.settleRefused(folder, {
    state: 'refused',
    facts: { disposition, error: storedError(error) },
    attempts: 0,
    dueAt: receipt && isAsynchronous(arrival) ? clock.now() : null,
    owner,
    detail: { disposition, error: { code: error.code, message: error.message } },
  });
  arrival.emit('message-rejected', { error, disposition });
  const reply = { disposition, folder, ...(receipt ? { receipt } : {}) };
  return { folder, reply: Promise.resolve(reply) };
}
