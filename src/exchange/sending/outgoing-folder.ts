import {
  type Composed,
  composeCompressedMessage,
  composeMessage,
  formatMic,
  type OutgoingPayload,
} from '../../as2';
import { type ByteSource, type Chunks, spill, SpillWriter, withLength } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import type { ExchangeFile, Spool, Step } from '../../store';
import type { OutgoingDocument, SendOptions } from '../types';
import { type OutgoingFacts, type OutgoingFolder, outgoingKey } from './outgoing-facts';
import { OutgoingMessage } from './outgoing-message';
import { withTransferTag } from './restart-settings';
import type { SendPlan } from './send-plan';

/** How a message enters the journal. */
export interface Entry {
  /** While it is being composed. */
  readonly state: string;
  /** What it is settled with; asked when everything else is done. */
  readonly enter?: (id: string) => { readonly state: string; readonly step: Step };
  readonly receiptDelivery: OutgoingFacts['receiptDelivery'];
  /** Whether the payload is kept beside the finished request. */
  readonly keepPayload: boolean;
  /** JSON that is kept with it. */
  readonly context?: string | undefined;
  /** Where bytes rest while it is composed, and how many of them in memory; default: as the spool says. */
  readonly spill?: () => Spool['spill'];
}

type ToSpool = Pick<SendOptions, 'spool' | 'partner' | 'payload' | 'messageId'>;

/**
 * Composes a message and makes it durable before a byte of it is posted: what is repeated later are the same bytes
 * with the same header fields (REL-01, REL-02).
 * @throws As2Error `message-id-taken`, `payload-unreadable`, `payload-length-changed`, storage failures, and what
 *   composing throws; nothing of it stays then
 */
export async function spoolMessage(o: ToSpool, plan: SendPlan, entry: Entry): Promise<OutgoingMessage> {
  const { spool, partner } = o;
  const { from, to, messageId } = plan.compose;
  const taken = () => new As2Error('message-id-taken', { messageId, partner: partner.name });
  // One that we have made is not looked for: should it not be new, its key is taken all the same.
  const isGiven = o.messageId !== undefined;
  if (isGiven && (await spool.find('out', outgoingKey(from, to, messageId)))) throw taken();
  const rest = (entry.spill ?? (() => spool.spill))();
  const documents = documentsOf(o, plan, entry, rest);
  const composed = await compose(plan, documents, rest).catch(async (error: unknown) => {
    await discardAll(documents);
    throw error;
  });
  try {
    return await settle(o, plan, entry, { composed, documents, rest });
  } catch (error) {
    await composed.dispose?.().catch(() => undefined);
    await discardAll(documents);
    throw isAs2Error(error) && error.code === 'exchange-taken' ? taken() : error;
  }
}

/** One document of the message, and the copy of it that is kept. */
interface Document {
  readonly payload: OutgoingPayload;
  readonly file: ExchangeFile;
  readonly copy?: SpillWriter;
}

/** Without any protection the request is the payload, so that no copy is needed. */
function documentsOf(
  { payload }: ToSpool,
  plan: SendPlan,
  { keepPayload }: Entry,
  rest: Spool['spill'],
): Document[] {
  const { attachments = [] } = payload;
  const isCopied = keepPayload && (isProtected(plan) || attachments.length > 0);
  return [payload, ...attachments].map((document, at) => {
    const copy = isCopied ? new SpillWriter(rest) : undefined;
    return {
      payload: outgoing(document, copy),
      file: at === 0 ? 'payload' : `attachment-${at}`,
      ...(copy ? { copy } : {}),
    };
  });
}

function outgoing(
  { content, contentType, filename }: OutgoingDocument,
  copy: SpillWriter | undefined,
): OutgoingPayload {
  const chunks = readable(content);
  return {
    content: withLength(copy ? copied(chunks, copy) : chunks, content.length),
    contentType,
    ...(filename === undefined ? {} : { filename }),
  };
}

/** Compressed bytes rest beside the exchange while the body is read; `dispose` removes them. */
type Disposable = Composed & { readonly dispose?: () => Promise<void> };

async function compose(
  { compose: options, compress: order }: SendPlan,
  documents: readonly Document[],
  rest: Spool['spill'],
): Promise<Disposable> {
  const [payload, ...attachments] = documents.map((document) => document.payload);
  if (!payload) throw new RangeError('a message without a payload');
  const o = { ...options, payload, attachments };
  return order ? composeCompressedMessage({ ...o, compress: { order, spill: rest } }) : composeMessage(o);
}

interface Finished {
  readonly composed: Disposable;
  readonly documents: readonly Document[];
  readonly rest: Spool['spill'];
}

/** The row is the last thing that is waited for: once it is durable, the queue has to know the message at once. */
async function settle(
  { spool, partner, payload }: ToSpool,
  plan: SendPlan,
  { state, enter, receiptDelivery, context }: Entry,
  { composed, documents, rest }: Finished,
): Promise<OutgoingMessage> {
  const { headers, body, contentHeaders, mics, dispose } = composed;
  const { from, to, messageId, subject, sign, encrypt, receipt } = plan.compose;
  const { contentType, filename, attachments = [] } = payload;
  const key = outgoingKey(from, to, messageId);
  const folder: OutgoingFolder = await spool.begin<OutgoingFacts>('out', key, state, {
    partner: partner.name,
    messageId,
    contentType,
    signed: sign !== undefined,
    encrypted: encrypt !== undefined,
    receiptWanted: receipt ? (receipt.signed ? 'signed' : 'unsigned') : 'none',
    receiptDelivery,
    contentHeaders: contentHeaders.entries(),
    ...(plan.compress ? { compressed: plan.compress } : {}),
    ...(attachments.length > 0 ? { attachments: attachments.length } : {}),
    ...(filename === undefined ? {} : { filename }),
    ...(subject === undefined ? {} : { subject }),
  });
  try {
    const request = await spill(body.chunks, rest);
    const tagged = withTransferTag(headers, request.length, partner.sending);
    await dispose?.();
    await Promise.all([
      folder.add('request.raw', request),
      folder.add('request-headers.json', JSON.stringify(tagged.entries(), undefined, 2)),
      ...(context === undefined ? [] : [folder.add('message.json', context)]),
      ...documents.map(async ({ file, copy }) => copy && folder.add(file, await copy.finish())),
    ]);
    const kept = mics();
    const [mic] = kept;
    folder.describe({ sizeBytes: request.length, mics: kept, ...(mic ? { mic: formatMic(mic) } : {}) });
    const settled = enter?.(folder.record.id);
    if (settled) await folder.note(settled.state, {}, settled.step);
    await spool.settle(folder);
    return new OutgoingMessage(folder, { headers: tagged, content: payload.content, context });
  } catch (error) {
    await folder.discard().catch(() => undefined);
    throw error;
  }
}

function isProtected({ compose: { sign, encrypt }, compress }: SendPlan): boolean {
  return sign !== undefined || encrypt !== undefined || compress !== undefined;
}

async function discardAll(documents: readonly Document[]): Promise<void> {
  for (const { copy } of documents) await copy?.discard();
}

/** Bytes of its own: a flow may change what it gave us. */
async function* copied(chunks: Chunks, copy: SpillWriter): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    await copy.write(Buffer.from(chunk));
    yield chunk;
  }
}

/**
 * Tells a payload that cannot be read from a spool that cannot be written, and one that is not as long as it was said
 * to be: the length stands in front of the content.
 */
async function* readable(content: ByteSource): AsyncGenerator<Buffer, void> {
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
