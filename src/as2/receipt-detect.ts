import type { ByteSource, Chunks } from '../bytes';
import { openContentInfo, openSignedData } from '../cms';
import { isAs2Error } from '../errors';
import { decodeTransferEncoding, type Headers, readEntity, readMultipart } from '../mime';
import { binaryCms } from './cms-bytes';
import { entityKind, mediaTypeOfEntity } from './media-types';

/** More layers than this are around no receipt: one signature. */
const MOST_LAYERS = 3;

/** Whether the headers alone say that this is a receipt: an unsigned one (RCV-01). */
export function looksLikeReceipt(headers: Headers): boolean {
  const kind = entityKind(headers);
  if (kind === 'notification') return true;
  const reportType = mediaTypeOfEntity(headers).parameters.get('report-type')?.toLowerCase();
  return kind === 'report' && (reportType === undefined || reportType === 'disposition-notification');
}

/**
 * Whether this is a receipt, by its structure: a report, or a report as the first part of a signed entity (RCV-01).
 * Reads no more than the headers of the layers.
 */
export async function isReceipt(message: {
  readonly headers: Headers;
  readonly body: ByteSource;
}): Promise<boolean> {
  try {
    return await isReportEntity(message.headers, () => message.body.open(), 1);
  } catch (error) {
    // What cannot be read is opened as a message, and refused there with a reason.
    if (isAs2Error(error)) return false;
    throw error;
  }
}

async function isReportEntity(headers: Headers, open: () => Chunks, depth: number): Promise<boolean> {
  if (looksLikeReceipt(headers)) return true;
  const kind = entityKind(headers);
  if (depth >= MOST_LAYERS || (kind !== 'signed' && kind !== 'cms')) return false;
  const decoded = decodeTransferEncoding(open(), headers.get('Content-Transfer-Encoding'));
  return kind === 'signed' ? isSignedReport(headers, decoded, depth) : isOpaqueReport(decoded, depth);
}

async function isSignedReport(headers: Headers, body: Chunks, depth: number): Promise<boolean> {
  const boundary = mediaTypeOfEntity(headers).parameters.get('boundary');
  for await (const part of readMultipart(body, boundary)) return isReportContent(part, depth);
  return false;
}

async function isOpaqueReport(body: Chunks, depth: number): Promise<boolean> {
  const opened = await openContentInfo(await binaryCms(body));
  try {
    if (opened.type !== 'signed-data') return false;
    const { content } = await openSignedData(opened);
    return content ? await isReportContent(content, depth) : false;
  } finally {
    await opened.close();
  }
}

async function isReportContent(chunks: Chunks, depth: number): Promise<boolean> {
  const entity = await readEntity(chunks);
  return isReportEntity(entity.headers, () => entity.body, depth + 1);
}
