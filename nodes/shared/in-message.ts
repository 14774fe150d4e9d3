import { constants } from 'node:buffer';
import type { NodeMessage } from 'node-red';
import { As2Error } from '../../src/errors';
import type { ReceivedAttachment, ReceivedMessage } from '../../src/exchange';
import { core } from './core';
import { withoutGaps } from './plain';

export const OUTPUTS = ['buffer', 'text', 'file', 'auto'] as const;

/** What becomes of a message with several documents. */
export const ATTACHMENTS = ['sequence', 'array', 'whole'] as const;

export interface InMessageOptions {
  readonly output: (typeof OUTPUTS)[number];
  readonly attachments: (typeof ATTACHMENTS)[number];
  /** Largest payload that is given as Buffer or text. */
  readonly maxMessageBytes: number;
  /** With output `auto`, a payload of more bytes is given as the path of its file. */
  readonly maxBufferBytes: number;
  /** Who decides about the receipt. */
  readonly mode: 'automatic' | 'flow';
}

type Document = Pick<ReceivedAttachment, 'contentType' | 'filename' | 'sizeBytes' | 'payload'>;

/** What Node.js can hold, at most: `Buffer` read from a file, `string`. */
const MOST_BYTES = { buffer: 2 ** 31 - 1, text: constants.MAX_STRING_LENGTH };

/**
 * Why a message cannot be given to the flow in the form the flow was built for. Compression makes small requests large,
 * so the size of the request does not tell. A path in the place of a Buffer would be saved as if it were the document.
 */
export function tooLargeFor(
  received: ReceivedMessage,
  { output, attachments, maxMessageBytes }: InMessageOptions,
): As2Error | undefined {
  if (output !== 'buffer' && output !== 'text') return undefined;
  const { messageId, partner } = received;
  const limitBytes = Math.min(maxMessageBytes, MOST_BYTES[output]);
  const sizes = documentsOf(received).map((document) => document.sizeBytes);
  // In an array all of them are in memory at once; in a sequence they are as well, until the flow has let go of them.
  const sizeBytes = attachments === 'whole' ? received.sizeBytes : sizes.reduce((sum, size) => sum + size, 0);
  if (sizeBytes <= limitBytes) return undefined;
  return new As2Error('document-too-large', { messageId, partner, sizeBytes, limitBytes });
}

/**
 * What as2-in sends into the flow: one message, or one for each document. Plain but for the Buffers, nothing in it that
 * other nodes act upon by themselves.
 */
export async function inMessages(
  received: ReceivedMessage,
  options: InMessageOptions,
): Promise<NodeMessage[]> {
  const documents = documentsOf(received);
  if (documents.length === 1) return [await messageFor(received, received, options)];
  if (options.attachments === 'array') {
    const message = await messageFor(received, received, options);
    const others = documents.filter((document) => !('root' in document && document.root));
    return [
      {
        ...message,
        attachments: await Promise.all(others.map((one) => attachment(one, options))),
      },
    ];
  }
  const id = received.exchangeId;
  const count = documents.length;
  return Promise.all(
    documents.map(async (document, index) => ({
      ...(await messageFor(received, document, options)),
      parts: { id, type: 'array', index, count, len: 1 },
    })),
  );
}

function documentsOf(received: ReceivedMessage): readonly Document[] {
  return received.attachments ?? [received];
}

async function messageFor(
  received: ReceivedMessage,
  document: Document,
  options: InMessageOptions,
): Promise<NodeMessage> {
  const {
    exchangeId,
    sizeBytes: _size,
    payload: _payload,
    attachments = [],
    receipt,
    partner,
    ...known
  } = received;
  const { contentType, filename, sizeBytes } = document;
  const { value, file } = await payloadFor(document, options);
  return withoutGaps({
    payload: value,
    filename,
    topic: partner,
    as2: withoutGaps({
      exchange: exchangeId,
      ...known,
      partner,
      contentType,
      charset: charsetOf(contentType),
      filename,
      size: sizeBytes,
      file,
      documents: attachments.length > 1 ? attachments.length : undefined,
      ...('root' in document ? { root: document.root, contentId: idOf(document) } : {}),
      receipt: { requested: receipt.requested, delivery: receipt.delivery, mode: options.mode },
    }),
  });
}

/** In the form in which an as2-out node takes it. */
async function attachment(document: Document, options: InMessageOptions): Promise<object> {
  const { contentType, filename, sizeBytes } = document;
  const { value } = await payloadFor(document, options);
  return withoutGaps({ payload: value, filename, contentType, contentId: idOf(document), size: sizeBytes });
}

function idOf(document: Document): string | undefined {
  return 'contentId' in document && typeof document.contentId === 'string' ? document.contentId : undefined;
}

/** The file of a small document is made only for those who want a path. */
async function payloadFor(
  { payload, sizeBytes, contentType }: Document,
  { output, maxBufferBytes }: InMessageOptions,
): Promise<{ readonly value: Buffer | string; readonly file?: string }> {
  if (output === 'file' || (output === 'auto' && sizeBytes > maxBufferBytes)) {
    const file = await payload.file();
    return { value: file, file };
  }
  const bytes = await payload.read();
  return { value: output === 'text' ? decode(bytes, charsetOf(contentType)) : bytes };
}

function charsetOf(contentType: string): string | undefined {
  return core.mime.parseParameterized(contentType).parameters.get('charset');
}

/** In the declared character set; without a usable one as UTF-8, or as Latin-1 when it is none (EDIFACT's UNOC). */
function decode(bytes: Buffer, charset: string | undefined): string {
  for (const encoding of [charset, 'utf-8']) {
    try {
      if (encoding !== undefined) return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // Unknown to this Node.js, or the bytes are something else.
    }
  }
  return bytes.toString('latin1');
}
