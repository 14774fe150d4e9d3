import { constants } from 'node:buffer';
import type { NodeMessage } from 'node-red';
import { As2Error } from '../../src/errors';
import type { ReceivedMessage } from '../../src/exchange';
import { core } from './core';
import { withoutGaps } from './plain';

export const OUTPUTS = ['buffer', 'text', 'file', 'auto'] as const;

export interface InMessageOptions {
  readonly output: (typeof OUTPUTS)[number];
  /** Largest payload that is given as Buffer or text. */
  readonly maxMessageBytes: number;
  /** With output `auto`, a payload of more bytes is given as the path of its file. */
  readonly maxBufferBytes: number;
  /** Who decides about the receipt. */
  readonly mode: 'automatic' | 'flow';
}

/** What Node.js can hold, at most: `Buffer` read from a file, `string`. */
const MOST_BYTES = { buffer: 2 ** 31 - 1, text: constants.MAX_STRING_LENGTH };

/**
 * Why a message cannot be given to the flow in the form the flow was built for. Compression makes small requests large,
 * so the size of the request does not tell. A path in the place of a Buffer would be saved as if it were the document.
 */
export function tooLargeFor(
  { messageId, partner, sizeBytes }: ReceivedMessage,
  { output, maxMessageBytes }: InMessageOptions,
): As2Error | undefined {
  if (output !== 'buffer' && output !== 'text') return undefined;
  const limitBytes = Math.min(maxMessageBytes, MOST_BYTES[output]);
  if (sizeBytes <= limitBytes) return undefined;
  return new As2Error('document-too-large', { messageId, partner, sizeBytes, limitBytes });
}

/** The message as2-in sends into the flow: plain but for the Buffer, nothing in it that other nodes act upon by itself. */
export async function inMessage(received: ReceivedMessage, options: InMessageOptions): Promise<NodeMessage> {
  const {
    exchangeId,
    sizeBytes,
    payload,
    attachments: _attachments,
    receipt,
    partner,
    filename,
    ...known
  } = received;
  const charset = charsetOf(received.contentType);
  return withoutGaps({
    payload: await payloadFor(received, options, charset),
    filename,
    topic: partner,
    as2: withoutGaps({
      exchange: exchangeId,
      ...known,
      partner,
      charset,
      filename,
      size: sizeBytes,
      file: await payload.file(),
      receipt: { requested: receipt.requested, mode: options.mode },
    }),
  });
}

async function payloadFor(
  { payload, sizeBytes }: ReceivedMessage,
  { output, maxBufferBytes }: InMessageOptions,
  charset: string | undefined,
): Promise<Buffer | string> {
  if (output === 'file' || (output === 'auto' && sizeBytes > maxBufferBytes)) return payload.file();
  const bytes = await payload.read();
  return output === 'text' ? decode(bytes, charset) : bytes;
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
