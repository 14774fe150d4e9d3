import { looksLikeReceipt } from '../../as2';
import { As2Error } from '../../errors';
import {
  type ContentRange,
  entityTagOf,
  heldAnswer,
  type HttpAnswer,
  parseContentRange,
  refusalAnswer,
} from '../../http';
import type { BodyPart, TransferKey } from '../../store';
import type { Arrival } from './arrival';

/** The part of a body that a request brings, where its sender may take it up again (AS2 Restart). */
export interface TransferPart {
  readonly key: TransferKey;
  readonly part: BodyPart;
}

type Asked = Pick<Arrival, 'headers' | 'relationship' | 'receiver'>;

/**
 * @param thresholdBytes bodies up to this size are sent again as a whole
 * @returns undefined for a whole body of which nothing is kept when it breaks off
 * @throws As2Error `request-range-refused` (RST-04)
 */
export async function transferPart(
  arrival: Asked,
  thresholdBytes: number,
): Promise<TransferPart | undefined> {
  const { headers } = arrival;
  const key = keyOf(arrival);
  const range = parseContentRange(headers);
  const part = partOf(headers.get('Content-Length'), range);
  const keeps = key && !looksLikeReceipt(headers) && (part?.total ?? Infinity) > thresholdBytes;
  if (part && keeps) return { key, part };
  if (part?.first === 0) return undefined;
  const heldBytes = key ? ((await arrival.receiver.options.spool.partials.held(key)) ?? 0) : 0;
  const firstByte = typeof range === 'object' ? range.first : 0;
  throw new As2Error('request-range-refused', { firstByte, heldBytes });
}

/** RST-02: how many octets of a body are here. Others than its sender cannot know its tag. */
export async function answerStateQuery(arrival: Asked): Promise<HttpAnswer> {
  const key = keyOf(arrival);
  const heldBytes = key ? await arrival.receiver.options.spool.partials.held(key) : 0;
  if (heldBytes === undefined) return refusalAnswer(new As2Error('transfer-in-work', {}));
  return heldAnswer(heldBytes);
}

/** What was refused is sent again as a whole, if at all: perhaps it was kept badly. */
export async function forgetTransfer(arrival: Asked): Promise<void> {
  const key = keyOf(arrival);
  if (!key) return;
  // It is removed by its age, too.
  await arrival.receiver.options.spool.partials.discard(key).catch(() => undefined);
}

/** RST-07: the same tag of other stations is another transfer. */
function keyOf({ headers, relationship: { partner, identity } }: Asked): TransferKey | undefined {
  const tag = entityTagOf(headers);
  return tag === undefined ? undefined : { from: partner.as2Name, to: identity.as2Name, tag };
}

/** @returns undefined, when the range cannot be that of this body */
function partOf(
  length: string | undefined,
  range: ReturnType<typeof parseContentRange>,
): BodyPart | undefined {
  const sizeBytes = length === undefined ? undefined : Number(length);
  if (range === undefined) return { first: 0, total: sizeBytes };
  if (range === 'unreadable' || !isToTheEnd(range)) return undefined;
  const { first, last, total } = range;
  if (sizeBytes !== undefined && sizeBytes !== last - first + 1) return undefined;
  return { first, total };
}

function isToTheEnd({ last, total }: ContentRange): boolean {
  return total === undefined || last === total - 1;
}
