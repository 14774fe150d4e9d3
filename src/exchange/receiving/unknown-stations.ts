import type { IncomingMessage } from 'node:http';
import {
  composeReceipt,
  dispositionTexts,
  newMessageId,
  processedError,
  receiptText,
  type RequestHeaders,
} from '../../as2';
import { type HttpAnswer, textAnswer } from '../../http';
import { FEATURES, PRODUCT } from '../product';
import type { ReceiveOptions } from '../types';

/**
 * What a sender gets whose names we do not know (HDR-12): when it asked for a receipt, an unsigned one, because there
 * is no identity to sign with; else 403. Its body is not looked at, nothing is stored, and no address it names is
 * called (SEC-09).
 */
export async function answerUnknown(
  request: IncomingMessage,
  as2: RequestHeaders,
  answer: NonNullable<ReceiveOptions['unknownStations']>,
): Promise<HttpAnswer> {
  if (answer === 'forbidden' || !as2.receipt || as2.receipt.deliveryUrl !== undefined) {
    return textAnswer(403, 'No exchange is agreed between these two AS2 names.');
  }
  const disposition = processedError(dispositionTexts.unknownTradingRelationship);
  const { headers, body } = await composeReceipt({
    request: as2,
    disposition,
    text: receiptText(as2, disposition),
    product: PRODUCT,
    features: FEATURES,
    messageId: newMessageId(request.headers.host?.replace(/:\d+$/, '') ?? 'localhost'),
  });
  return { status: 200, headers, body };
}
