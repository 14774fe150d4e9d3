import {
  composeReceipt,
  type Disposition,
  type Mic,
  newMessageId,
  type ReceivedMic,
  receiptText,
  type ReceiptOptions,
} from '../../as2';
import { emptyAnswer, type HttpAnswer } from '../../http';
import type { Arrival, IncomingFolder } from './arrival';
import { FEATURES, PRODUCT } from '../product';
import { parseReceiptFile, type ReceiptBytes, receiptFile } from '../receipt-file';

/** What a sender gets for a message. */
export interface Reply {
  readonly disposition: string;
  /** Absent when none was asked for. */
  readonly receipt?: ReceiptBytes;
  /** Where the exchange is recorded. */
  readonly folder: IncomingFolder;
}

export interface Verdict {
  readonly disposition: Disposition;
  /** Wherever the content could be read (MIC-12). */
  readonly mic?: Mic | undefined;
  /** One more paragraph for the reader of the receipt. */
  readonly remark?: string | undefined;
}

/** The receipt for a message, signed when a signed one was asked for (REQ-08), or undefined when none was (REQ-02). */
export async function makeReceipt(arrival: Arrival, verdict: Verdict): Promise<ReceiptBytes | undefined> {
  const { request, plan, relationship } = arrival;
  if (!plan) return undefined;
  const { disposition, mic, remark = plan.remark } = verdict;
  const { identity } = relationship;
  const subject = request.subject === undefined ? 'Receipt' : `Receipt for ${request.subject}`;
  return composeReceipt({
    request,
    disposition,
    ...(mic ? { mic } : {}),
    text: receiptText(request, disposition, remark),
    product: PRODUCT,
    features: FEATURES,
    messageId: newMessageId(identity.messageIdHost ?? identity.as2Name),
    ...signing(arrival),
    ...(request.receipt?.deliveryUrl === undefined ? {} : { subject }),
  });
}

/** A station without a key, which has to be for unprotected messages, can only answer unsigned (REQ-06). */
function signing({ plan, relationship }: Arrival): Pick<ReceiptOptions, 'sign'> {
  const { identity, partner } = relationship;
  const [keyPair] = identity.keyPairs;
  if (!plan?.signed || !keyPair) return {};
  return { sign: { keyPair, digest: plan.digest, scheme: partner.sending.scheme } };
}

/** Puts a receipt into the folder of its exchange; durable with the next step that is noted there. */
export async function storeReceipt(folder: IncomingFolder, receipt: ReceiptBytes | undefined): Promise<void> {
  if (receipt) await folder.add('receipt', receiptFile(receipt.headers, receipt.body));
}

/** The very bytes that were sent before (REL-04, MDN-12). */
export async function storedReceipt(folder: IncomingFolder): Promise<ReceiptBytes> {
  return parseReceiptFile(await folder.read('receipt'));
}

/** A MIC as a record keeps it. */
export function micFrom(mic: ReceivedMic | undefined): Mic | undefined {
  return mic?.algorithm ? { value: mic.value, algorithm: mic.algorithm } : undefined;
}

/** HTTP-10: a receipt is a success of HTTP, whatever it says. Without one, an empty answer (HTTP-11). */
export function answerFor({ receipt }: Reply): HttpAnswer {
  return receipt ? { status: 200, headers: receipt.headers, body: receipt.body } : emptyAnswer(200);
}
