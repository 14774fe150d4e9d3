import { formatMic, openMessage, type OpenedMessage } from '../../as2';
import { bufferSource, type ByteSource, type SpilledBytes } from '../../bytes';
import { As2Error, safeText, toAs2Error } from '../../errors';
import { type Headers, safeFilename } from '../../mime';
import { asStoreError } from '../../store';
import { urlToKeep } from '../kept-url';
import { reportSigner } from '../receipt-report';
import {
  type Arrival,
  type AttachmentFacts,
  type IncomingFacts,
  type IncomingFolder,
  incomingKey,
  isAsynchronous,
  type MessageFacts,
  type ReceiverContext,
  storedArrival,
} from './arrival';
import { uniqueFilenames, unsuitableFilename } from './filenames';

/** A message whose raw bytes are stored aside, before it is opened. */
export interface StoredMessage {
  readonly arrival: Arrival;
  readonly folder: IncomingFolder;
  readonly body: ByteSource;
}

/**
 * Stores the raw bytes of a message aside.
 * @throws As2Error `store-full`, `store-unavailable`
 */
export async function storeMessage(arrival: Arrival, body: SpilledBytes): Promise<StoredMessage> {
  const { receiver, headers, relationship, remoteAddress, receivedAt, request } = arrival;
  const { messageId } = request;
  const facts: IncomingFacts = {
    partner: relationship.partner.name,
    remoteAddress,
    receivedAt,
    ...(messageId === undefined ? {} : { messageId }),
    ...(request.receipt?.deliveryUrl === undefined
      ? {}
      : { receiptUrl: urlToKeep(request.receipt.deliveryUrl) }),
  };
  const { spool } = receiver.options;
  const folder: IncomingFolder = await spool.begin('in', incomingKey(arrival), 'received', facts);
  try {
    await Promise.all([
      folder.add('request.raw', body),
      folder.add('request-headers.json', JSON.stringify(withoutSecrets(headers), undefined, 2)),
    ]);
    return {
      arrival: {
        ...arrival,
        emit: (type, details) => arrival.emit(type, { exchangeId: folder.record.id, ...details }),
      },
      folder,
      // Small messages are opened from memory, large ones are read back.
      body: body.buffer ? bufferSource(body.buffer) : await folder.source('request.raw'),
    };
  } catch (error) {
    await folder.discard().catch(() => undefined);
    throw error;
  }
}

/**
 * A message that was stored before, to be opened.
 * @throws As2Error as `storedArrival`
 */
export async function storedMessage(
  receiver: ReceiverContext,
  folder: IncomingFolder,
): Promise<StoredMessage> {
  const arrival = await storedArrival(receiver, folder);
  return { arrival, folder, body: await folder.source('request.raw') };
}

/** SEC-13: what a proxy or an eager client adds to log in somewhere is none of the evidence. */
function withoutSecrets(headers: Headers): ReturnType<Headers['entries']> {
  return headers
    .entries()
    .filter(([name]) => !/^(?:proxy-)?authorization$|^cookie$/i.test(name))
    .map(([name, value]) => [name, /^receipt-delivery-option$/i.test(name) ? urlToKeep(value) : value]);
}

/** What came of opening a message: it, or the reason for an error receipt. */
export type Opening =
  { readonly opened: OpenedMessage } | { readonly refusal: ReturnType<typeof toAs2Error> };

/** SEC-11: each document is a file of its own. */
const MOST_PARTS = 250;

/** @throws As2Error `store-full`, `store-unavailable`, `digests-lost`: that is not the message's fault */
export async function openStored({ arrival, body }: StoredMessage): Promise<Opening> {
  const { receiver, headers, request, relationship } = arrival;
  const { options } = receiver;
  const { identity, partner } = relationship;
  const micAlgorithms = request.receipt?.micalg?.values;
  try {
    const opened = await openMessage(
      { headers, body },
      {
        keys: identity.keyPairs,
        signingCertificates: partner.signingCertificates,
        spill: receiver.spill(),
        splitAttachments: options.splitAttachments ?? true,
        limits: { parts: MOST_PARTS },
        ...(micAlgorithms ? { micAlgorithms } : {}),
        ...(partner.requires ? { policy: partner.requires } : {}),
      },
    );
    const refusal = filenameRefusal(arrival, opened);
    if (!refusal) return { opened };
    await disposeOf(opened);
    return { refusal };
  } catch (error) {
    const failure = asStoreError(error, options.spool.directory);
    if (failure) throw failure;
    const refusal = toAs2Error(error);
    if (refusal.code === 'digests-lost') throw refusal;
    return { refusal };
  }
}

/** FN-03: only where the partner wants to be told. */
function filenameRefusal(
  { request, relationship: { partner } }: Arrival,
  { payload, attachments, mic }: OpenedMessage,
): As2Error | undefined {
  if (partner.unsuitableFilenames !== 'refuse') return undefined;
  const problem = unsuitableFilename((attachments ?? [payload]).map(({ filename }) => filename));
  if (!problem) return undefined;
  const { code, filename } = problem;
  const facts = { messageId: request.messageId, partner: partner.name, filename, mic: formatMic(mic) };
  return new As2Error(code, facts);
}

/** The documents of a message as files of its folder, durable with the next step. @returns what the record says of them */
export async function storeDocuments(
  folder: IncomingFolder,
  { payload, attachments = [] }: OpenedMessage,
): Promise<readonly AttachmentFacts[] | undefined> {
  await folder.add('payload', payload.bytes);
  if (attachments.length < 2) return undefined;
  const filenames = uniqueFilenames(attachments.map(({ filename }) => filename));
  const facts: AttachmentFacts[] = [];
  for (const [index, { contentType, contentId, root, bytes }] of attachments.entries()) {
    const file = root ? 'payload' : (`attachment-${index + 1}` as const);
    if (!root) await folder.add(file, bytes);
    const filename = filenames[index];
    facts.push({
      file,
      contentType,
      ...(filename === undefined ? {} : { filename }),
      ...(contentId === undefined ? {} : { contentId: safeText(contentId) }),
      root,
      sizeBytes: bytes.length,
    });
  }
  return facts;
}

export async function disposeOf({ payload, attachments = [] }: OpenedMessage): Promise<void> {
  for (const { bytes } of [payload, ...attachments]) await bytes.dispose();
}

/** Everything about a message but its bytes, as the record keeps it and the flow gets it. */
export function describeMessage(
  arrival: Arrival,
  opened: OpenedMessage,
  attachments: readonly AttachmentFacts[] | undefined,
): MessageFacts {
  const { request, relationship, plan, receivedAt } = arrival;
  const { identity, partner } = relationship;
  const { payload, signature, mic } = opened;
  const filename = attachments?.find(({ root }) => root)?.filename ?? nameOf(payload);
  return {
    messageId: request.messageId ?? '',
    from: partner.as2Name,
    to: identity.as2Name,
    partner: partner.name,
    ...(request.subject === undefined ? {} : { subject: request.subject }),
    contentType: payload.contentType,
    ...(filename === undefined ? {} : { filename }),
    sizeBytes: payload.bytes.length,
    signed: opened.signed,
    encrypted: opened.encrypted,
    compressed: opened.compressed,
    algorithms: algorithmsOf(opened),
    ...(signature?.status === 'verified' && signature.signer
      ? { signer: reportSigner(signature.signer) }
      : {}),
    mic: formatMic(mic),
    receivedAt,
    receipt: {
      requested: plan ? (plan.signed ? 'signed' : 'unsigned') : 'none',
      delivery: isAsynchronous(arrival) ? 'async' : 'sync',
    },
    ...(attachments ? { attachments } : {}),
  };
}

function nameOf({ filename }: OpenedMessage['payload']): string | undefined {
  return filename === undefined ? undefined : safeFilename(filename, 'unnamed');
}

function algorithmsOf({ layers }: OpenedMessage): { digest?: string; signature?: string; cipher?: string } {
  const signed = layers.find((layer) => layer.kind === 'signed');
  const encrypted = layers.find((layer) => layer.kind === 'encrypted');
  return {
    ...(signed?.digest === undefined ? {} : { digest: signed.digest }),
    ...(signed?.algorithm === undefined ? {} : { signature: signed.algorithm }),
    ...(encrypted ? { cipher: encrypted.cipher } : {}),
  };
}
