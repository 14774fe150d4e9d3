import { composeMessage, formatMic, type KeptMic, normalizeMessageId } from '../as2';
import { type Chunks, spill, withLength } from '../bytes';
import { As2Error, isAs2Error } from '../errors';
import type { Headers } from '../mime';
import type { ExchangeFolder, ExchangeKey } from '../store';
import type { SendPlan } from './send-plan';
import type { ReceiptReport, SendOptions } from './types';

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
}

/**
 * Composes a message and makes it durable before a byte of it is posted: what is repeated later are the same bytes
 * with the same header fields (REL-01, REL-02).
 * @throws As2Error `message-id-taken`, `payload-unreadable`, `payload-length-changed`, storage failures, and what
 *   composing throws
 */
export async function spoolMessage(o: SendOptions, { compose }: SendPlan): Promise<SpooledMessage> {
  const { spool, payload, partner } = o;
  const key = outgoingKey(compose.from, compose.to, compose.messageId);
  const taken = () =>
    new As2Error('message-id-taken', { messageId: compose.messageId, partner: partner.name });
  if (await spool.find('out', key)) throw taken();
  const { content, contentType, filename } = payload;
  const { headers, body, mics } = composeMessage({
    ...compose,
    payload: {
      content: withLength(readable(content.open()), content.length),
      contentType,
      ...(filename === undefined ? {} : { filename }),
    },
  });
  const folder = await spool.begin<OutgoingFacts>('out', key, 'composed', {
    partner: partner.name,
    contentType,
    ...(filename === undefined ? {} : { filename }),
    ...(compose.subject === undefined ? {} : { subject: compose.subject }),
  });
  try {
    const request = await spill(body.chunks, spool.spill);
    if (body.length !== undefined && request.length !== body.length) {
      await request.dispose();
      throw new As2Error('payload-length-changed', { expected: body.length, received: request.length });
    }
    await Promise.all([
      folder.add('request.raw', request),
      folder.add('request-headers.json', JSON.stringify(headers.entries(), undefined, 2)),
    ]);
    const kept = mics();
    const [mic] = kept;
    folder.describe({ sizeBytes: request.length, mics: kept, ...(mic ? { mic: formatMic(mic) } : {}) });
    await spool.settle(folder);
    return { folder, headers, mics: kept };
  } catch (error) {
    await folder.discard().catch(() => undefined);
    throw isAs2Error(error) && error.code === 'exchange-taken' ? taken() : error;
  }
}

export function outgoingKey(from: string, to: string, messageId: string): ExchangeKey {
  return { from, to, messageId: normalizeMessageId(messageId) };
}

/** Tells a payload that cannot be read from a spool that cannot be written. */
async function* readable(chunks: Chunks): AsyncGenerator<Buffer, void> {
  try {
    yield* chunks;
  } catch (error) {
    if (isAs2Error(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new As2Error('payload-unreadable', { reason }, { cause: error });
  }
}
