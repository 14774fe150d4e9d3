import { formatDisposition, openReceipt } from '../../as2';
import type { SpilledBytes } from '../../bytes';
import { As2Error, toAs2Error } from '../../errors';
import { emptyAnswer, type HttpAnswer, refusalAnswer, textAnswer } from '../../http';
import { asStoreError } from '../../store';
import type { Arrival } from './arrival';

/** A receipt has a few KiB; some products send the message back with it. */
export const RECEIPT_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Takes an asynchronous receipt for a message that we sent: the answer follows when it is durable, and never causes a
 * receipt itself (MDN-11, MDN-13).
 * @param body is disposed of
 */
export async function takeReceipt(arrival: Arrival, body: SpilledBytes): Promise<HttpAnswer> {
  const { receiver, headers, relationship, emit } = arrival;
  const { outbox, spool } = receiver.options;
  try {
    if (body.length > RECEIPT_LIMIT_BYTES) {
      throw new As2Error('receipt-too-large', { limitBytes: RECEIPT_LIMIT_BYTES });
    }
    emit('receipt-arrived', { sizeBytes: body.length });
    if (!outbox) {
      await reportUnexpected(arrival, body);
      return emptyAnswer(200);
    }
    const arrived = await outbox.receiptArrived({ headers, body }, relationship);
    // RCV-02: one that nobody waits for is acknowledged and changes nothing.
    if (arrived !== 'refused') return emptyAnswer(200);
    return textAnswer(
      403,
      'This receipt does not count. It is not signed as it has to be, or not for a message to you.',
    );
  } catch (error) {
    const refusal = asStoreError(error, spool.directory) ?? toAs2Error(error);
    emit('request-refused', { error: refusal });
    return refusalAnswer(refusal);
  } finally {
    await body.dispose();
  }
}

async function reportUnexpected({ headers, relationship, emit }: Arrival, body: SpilledBytes): Promise<void> {
  const { partner } = relationship;
  try {
    const receipt = await openReceipt(
      { headers, body },
      { signingCertificates: partner.signingCertificates },
    );
    const disposition = receipt.dispositionText || formatDisposition(receipt.disposition);
    const originalMessageId = receipt.originalMessageId ?? 'without a name';
    const facts = { partner: partner.name, originalMessageId, disposition };
    emit('receipt-unexpected', { disposition, error: new As2Error('receipt-unexpected', facts) });
  } catch (error) {
    emit('receipt-unexpected', { error: toAs2Error(error) });
  }
}
