import { dispositionFor, formatDisposition, micOfError } from '../../as2';
import type { As2Error } from '../../errors';
import type { StoredMessage } from './open-message';
import { makeReceipt, type Reply, storeReceipt } from './reply';

/**
 * Answers a message that cannot be taken with an error receipt, when one was asked for. The flow does not see it. Its
 * Message-ID stays free: once the reason is gone, the sender may repeat it, and nobody can use up ids of others by
 * sending rubbish under them.
 * @param remark one more paragraph for the reader of the receipt
 * @throws As2Error `store-full`, `store-unavailable`
 */
export async function refuse(message: StoredMessage, error: As2Error, remark?: string): Promise<Reply> {
  const { arrival, folder } = message;
  const verdict = dispositionFor(error);
  const disposition = formatDisposition(verdict);
  arrival.emit('message-rejected', { error, disposition });
  const receipt = await makeReceipt(arrival, { disposition: verdict, mic: micOfError(error), remark });
  await storeReceipt(folder, receipt);
  folder.describe({ disposition, error: { code: error.code, message: error.message } });
  await arrival.options.spool.settleRefused(folder);
  return { disposition, folder, ...(receipt ? { receipt } : {}) };
}
