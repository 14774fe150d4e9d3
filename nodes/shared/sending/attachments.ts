import { As2Error } from '../../../src/errors';
import type { OutgoingDocument } from '../../../src/exchange';
import { usualContentType } from '../content-type';
import { core } from '../core';
import { readPayload } from '../payload';
import type { KeptDocument } from './kept-message';

/** More than anyone sends, and fewer than a reader of multiparts refuses. */
const MOST = 99;

export interface Attachment {
  readonly document: OutgoingDocument;
  /** Where it stands in its entry of the list, and what it is there; absent for a file, which the entry only names. */
  readonly kept?: { readonly name: 'payload' | 'content'; readonly kind: KeptDocument['kind'] };
}

/**
 * Documents that travel with the payload (RFC 6362): a list of `{payload, filename, contentType}`, as as2-in gives it;
 * `content` in the place of `payload` is what e-mail nodes give.
 * @throws As2Error `attachments-invalid`, and what reading a payload throws
 */
export async function readAttachments(value: unknown): Promise<Attachment[]> {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('this is no list');
  if (value.length > MOST) throw invalid(`there are ${value.length}, the most are ${MOST}`);
  return Promise.all(value.map((one: unknown, index) => readAttachment(one, index + 1)));
}

async function readAttachment(value: unknown, number: number): Promise<Attachment> {
  if (typeof value !== 'object' || value === null) throw invalid(`entry ${number} is no object`);
  const { payload, content, filename, contentType } = value as Record<string, unknown>;
  const name = payload === undefined || payload === null ? 'content' : 'payload';
  const document = payload ?? content;
  if (document === undefined || document === null) throw invalid(`entry ${number} has no payload`);
  const bytes = await readPayload(document, 'payload');
  const named = isText(filename) ? filename : bytes.path;
  const safeName = named === undefined ? undefined : core.mime.safeFilename(named, `attachment-${number}`);
  return {
    document: {
      content: bytes.content,
      contentType: isText(contentType) ? contentType : await usualContentType(safeName, bytes.head),
      ...(safeName === undefined ? {} : { filename: safeName }),
    },
    ...(bytes.kind ? { kept: { name, kind: bytes.kind } } : {}),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

const invalid = (reason: string): As2Error => new As2Error('attachments-invalid', { reason });
