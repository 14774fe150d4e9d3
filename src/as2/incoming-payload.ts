import { type Chunks, spill, type SpilledBytes, type SpillOptions } from '../bytes';
import { As2Error } from '../errors';
import { decodeTransferEncoding, type Headers, type MimeLimits, readEntity, readMultipart } from '../mime';
import { mediaTypeOfEntity } from './media-types';

/** A MIME entity on its way in. */
export interface IncomingEntity {
  readonly headers: Headers;
  /** As received; absent where the headers are those of the HTTP request. */
  readonly headerBytes?: Buffer;
  readonly body: Chunks;
}

/** One of several documents in a message (RFC 6362). */
export interface IncomingAttachment {
  readonly headers: Headers;
  readonly bytes: SpilledBytes;
  /** The one that the others belong to. */
  readonly root: boolean;
}

export interface IncomingPayload {
  /** Of the payload, or of the root where there are attachments. */
  readonly headers: Headers;
  readonly bytes: SpilledBytes;
  /** All documents in their order, the root too; absent unless they were to be split. */
  readonly attachments?: readonly IncomingAttachment[];
  dispose(): Promise<void>;
}

/** multipart/related is what the standard says, multipart/mixed is met too (MA-01). */
const SEVERAL = /^multipart\/(?:related|mixed)$/;

export function decoded({ headers, body }: IncomingEntity): Chunks {
  return decodeTransferEncoding(body, headers.get('Content-Transfer-Encoding'));
}

/**
 * Lets the payload come to rest, decoded.
 * @param split whether the documents of a multipart come apart (MA-03)
 * @throws As2Error; nothing is left behind then
 */
export async function restPayload(
  entity: IncomingEntity,
  o: { readonly spill: SpillOptions; readonly split: boolean; readonly mimeLimits?: MimeLimits },
): Promise<IncomingPayload> {
  const type = mediaTypeOfEntity(entity.headers);
  if (o.split && SEVERAL.test(type.value)) {
    return restAttachments(entity, type.parameters, o.spill, o.mimeLimits);
  }
  const bytes = await spill(decoded(entity), o.spill);
  return { headers: entity.headers, bytes, dispose: () => bytes.dispose() };
}

async function restAttachments(
  entity: IncomingEntity,
  parameters: ReadonlyMap<string, string>,
  spillOptions: SpillOptions,
  mimeLimits: MimeLimits | undefined,
): Promise<IncomingPayload> {
  const parts: { headers: Headers; bytes: SpilledBytes }[] = [];
  const dispose = async () => {
    for (const { bytes } of parts) await bytes.dispose();
  };
  try {
    let left = spillOptions.limitBytes;
    // All documents together hold no more memory than a single one may (law 3).
    let memoryLeft = spillOptions.thresholdBytes;
    for await (const chunks of readMultipart(decoded(entity), parameters.get('boundary'), mimeLimits)) {
      const part = await readEntity(chunks, mimeLimits);
      const bytes = await spill(decoded(part), {
        ...spillOptions,
        thresholdBytes: memoryLeft,
        ...(left === undefined ? {} : { limitBytes: left }),
      });
      parts.push({ headers: part.headers, bytes });
      if (left !== undefined) left -= bytes.length;
      if (bytes.buffer) memoryLeft -= bytes.length;
    }
    const start = parameters.get('start');
    const root = parts.find(({ headers }) => start !== undefined && hasContentId(headers, start)) ?? parts[0];
    if (!root) throw new As2Error('attachments-missing', {});
    return { ...root, attachments: parts.map((part) => ({ ...part, root: part === root })), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** `start` should repeat the Content-ID with its brackets (RFC 2387 §3.2); not everybody does. */
function hasContentId(headers: Headers, start: string): boolean {
  return withoutBrackets(headers.get('Content-ID') ?? '') === withoutBrackets(start);
}

export function withoutBrackets(contentId: string): string {
  return contentId.replace(/^<(.*)>$/, '$1');
}
