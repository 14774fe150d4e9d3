import {
  type Composed,
  composeCompressedMessage,
  composeMessage,
  formatMic,
  type KeptMic,
  normalizeMessageId,
} from '../../as2';
import { spill, withLength } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import type { Headers } from '../../mime';
import type { ExchangeFolder, ExchangeKey, Spool } from '../../store';
import type { SendPlan } from './send-plan';
import type { ReceiptReport, SendOptions } from '../types';

/** What the record of a message we sent says. */
export interface OutgoingFacts {
  readonly partner: string;
  readonly subject?: string;
  readonly contentType: string;
  readonly filename?: string;
  readonly sizeBytes?: number;
  /** To be compared with the receipt, also after a restart (MIC-13). */
  readonly mics?: readonly KeptMic[];
  readonly mic?: string;
  readonly sentAt?: string;
  readonly httpStatus?: number;
  readonly receipt?: ReceiptReport;
  readonly error?: { readonly code: string; readonly message: string };
}

export type OutgoingFolder = ExchangeFolder<OutgoingFacts>;

/** A finished request on the disk, ready to be posted as often as needed. */
export interface SpooledMessage {
  readonly folder: OutgoingFolder;
  readonly headers: Headers;
  readonly mics: readonly KeptMic[];
  /** Of the content, inside all layers. */
  readonly contentHeaders: Headers;
}

/**
 * Composes a message and makes it durable before a byte of it is posted: what is repeated later are the same bytes
 * with the same header fields (REL-01, REL-02).
 * @throws As2Error `message-id-taken`, `payload-unreadable`, `payload-length-changed`, storage failures, and what
 *   composing throws
 */
export async function spoolMessage(o: SendOptions, plan: SendPlan): Promise<SpooledMessage> {
  const { spool, partner } = o;
  const { compose } = plan;
  const key = outgoingKey(compose.from, compose.to, compose.messageId);
  const taken = () =>
    new As2Error('message-id-taken', { messageId: compose.messageId, partner: partner.name });
  if (await spool.find('out', key)) throw taken();
  const composed = await composePayload(plan, o.payload, spool);
  try {
    return await settleRequest(o, plan, composed, key);
  } catch (error) {
    throw isAs2Error(error) && error.code === 'exchange-taken' ? taken() : error;
  } finally {
    await composed.dispose?.();
  }
}

type Payload = SendOptions['payload'];

/** @returns `dispose` where compressed bytes rest beside the exchange while the body is read */
async function composePayload(
  { compose, compress: order }: SendPlan,
  { content, contentType, filename }: Payload,
  spool: Spool,
): Promise<Composed & { dispose?(): Promise<void> }> {
  const o = {
    ...compose,
    payload: {
      content: withLength(readable(content), content.length),
      contentType,
      ...(filename === undefined ? {} : { filename }),
    },
  };
  return order
    ? composeCompressedMessage({ ...o, compress: { order, spill: spool.spill } })
    : composeMessage(o);
}

async function settleRequest(
  { spool, partner, payload }: SendOptions,
  { compose }: SendPlan,
  { headers, body, contentHeaders, mics }: Composed,
  key: ExchangeKey,
): Promise<SpooledMessage> {
  const { contentType, filename } = payload;
  const folder = await spool.begin<OutgoingFacts>('out', key, 'composed', {
    partner: partner.name,
    contentType,
    ...(filename === undefined ? {} : { filename }),
    ...(compose.subject === undefined ? {} : { subject: compose.subject }),
  });
  try {
    const request = await spill(body.chunks, spool.spill);
    await Promise.all([
      folder.add('request.raw', request),
      folder.add('request-headers.json', JSON.stringify(headers.entries(), undefined, 2)),
    ]);
    const kept = mics();
    const [mic] = kept;
    folder.describe({ sizeBytes: request.length, mics: kept, ...(mic ? { mic: formatMic(mic) } : {}) });
    await spool.settle(folder);
    return { folder, headers, mics: kept, contentHeaders };
  } catch (error) {
    await folder.discard().catch(() => undefined);
    throw error;
  }
}

export function outgoingKey(from: string, to: string, messageId: string): ExchangeKey {
  return { from, to, messageId: normalizeMessageId(messageId) };
}

/**
 * Tells a payload that cannot be read from a spool that cannot be written, and one that is not as long as it was said
 * to be: the length stands in front of the content.
 */
async function* readable(content: Payload['content']): AsyncGenerator<Buffer, void> {
  const { length: expected } = content;
  let received = 0;
  try {
    for await (const chunk of content.open()) {
      received += chunk.length;
      if (expected !== undefined && received > expected) break;
      yield chunk;
    }
  } catch (error) {
    if (isAs2Error(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new As2Error('payload-unreadable', { reason }, { cause: error });
  }
  if (expected !== undefined && received !== expected) {
    throw new As2Error('payload-length-changed', { expected, received });
  }
}
