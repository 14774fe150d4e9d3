import { formatMic, openMessage, type OpenedMessage } from '../../as2';
import { bufferSource, type ByteSource, type SpilledBytes } from '../../bytes';
import { toAs2Error } from '../../errors';
import { type Headers, safeFilename } from '../../mime';
import { asStoreError } from '../../store';
import { type Arrival, type IncomingFacts, type IncomingFolder, incomingKey } from './arrival';
import { reportSigner } from '../receipt-report';

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
  const { options, headers, relationship, remoteAddress } = arrival;
  const facts: IncomingFacts = { partner: relationship.partner.name, remoteAddress };
  const folder: IncomingFolder = await options.spool.begin('in', incomingKey(arrival), 'received', facts);
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

/** SEC-13: what a proxy or an eager client adds to log in somewhere is none of the evidence. */
function withoutSecrets(headers: Headers): ReturnType<Headers['entries']> {
  return headers.entries().filter(([name]) => !/^(?:proxy-)?authorization$|^cookie$/i.test(name));
}

/** What came of opening a message: it, or the reason for an error receipt. */
export type Opening =
  { readonly opened: OpenedMessage } | { readonly refusal: ReturnType<typeof toAs2Error> };

/** @throws As2Error `store-full`, `store-unavailable`: that is not the message's fault */
export async function openStored({ arrival, body }: StoredMessage): Promise<Opening> {
  const { options, headers, request, relationship } = arrival;
  const { identity, partner } = relationship;
  const micAlgorithms = request.receipt?.micalg?.values;
  try {
    const opened = await openMessage(
      { headers, body },
      {
        keys: identity.keyPairs,
        signingCertificates: partner.signingCertificates,
        spill: options.spool.spill,
        ...(micAlgorithms ? { micAlgorithms } : {}),
        ...(partner.requires ? { policy: partner.requires } : {}),
      },
    );
    return { opened };
  } catch (error) {
    const failure = asStoreError(error, options.spool.directory);
    if (failure) throw failure;
    return { refusal: toAs2Error(error) };
  }
}

/** Everything about a message but its bytes, as the record keeps it and the flow gets it. */
export function describeMessage(
  arrival: Arrival,
  opened: OpenedMessage,
): NonNullable<IncomingFacts['message']> {
  const { request, relationship, plan, receivedAt } = arrival;
  const { identity, partner } = relationship;
  const { payload, signature, mic } = opened;
  return {
    messageId: request.messageId ?? '',
    from: partner.as2Name,
    to: identity.as2Name,
    partner: partner.name,
    ...(request.subject === undefined ? {} : { subject: request.subject }),
    contentType: payload.contentType,
    ...(payload.filename === undefined ? {} : { filename: safeFilename(payload.filename, 'unnamed') }),
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
      delivery: request.receipt?.deliveryUrl === undefined ? 'sync' : 'async',
    },
  };
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
