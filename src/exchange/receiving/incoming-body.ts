import type { IncomingMessage } from 'node:http';
import { looksLikeReceipt } from '../../as2';
import type { SpilledBytes } from '../../bytes';
import { As2Error, type As2ErrorCode, toAs2Error } from '../../errors';
import { readRequestBody, requestBody, type RequestLimits } from '../../http';
import type { PartialBody, Spool } from '../../store';
import type { Arrival } from './arrival';
import { RECEIPT_LIMIT_BYTES } from './incoming-receipt';
import { type TransferPart, transferPart } from './transfer-part';

/** The sender is gone or silent; it may come again. */
const INTERRUPTIONS: ReadonlySet<As2ErrorCode> = new Set([
  'request-cut-off',
  'request-timeout',
  'request-too-slow',
]);

/** Less is sent again sooner than it is asked for. */
const WORTH_KEEPING_BYTES = 16 * 1024;

/**
 * Reads the body of a message, or what is still missing of it (RST-03).
 * @throws As2Error `request-…`, `transfer-in-work`, storage failures
 */
export async function readIncomingBody(
  request: IncomingMessage,
  arrival: Arrival,
  receiverLimits: RequestLimits,
): Promise<SpilledBytes> {
  const { receiver, headers, relationship, remoteAddress } = arrival;
  const limits = {
    ...receiverLimits,
    limitBytes: Math.min(
      receiverLimits.limitBytes,
      relationship.partner.inbound?.maxMessageBytes ?? Infinity,
      looksLikeReceipt(headers) ? RECEIPT_LIMIT_BYTES : Infinity,
    ),
  };
  const { partials, spill } = receiver.options.spool;
  const transfer = await transferPart(arrival, spill.thresholdBytes);
  if ((transfer?.part.total ?? 0) > limits.limitBytes) throw tooLarge(limits, remoteAddress);
  const body = transfer && (await partials.open(transfer.key, transfer.part, () => request.destroy()));
  if (!transfer || !body) return readRequestBody(request, limits, receiver.spill());
  return readPart(request, { transfer, body, limits, remoteAddress, spill });
}

interface Reading {
  readonly transfer: TransferPart;
  readonly body: PartialBody;
  readonly limits: RequestLimits;
  readonly remoteAddress: string;
  readonly spill: Spool['spill'];
}

/** What came is kept when the line breaks; with everything else that goes wrong it is not worth keeping. */
async function readPart(
  request: IncomingMessage,
  { transfer, body, limits, remoteAddress, spill }: Reading,
): Promise<SpilledBytes> {
  try {
    let bytes = transfer.part.first;
    for await (const chunk of requestBody(request, limits)) {
      bytes += chunk.length;
      if (bytes > limits.limitBytes) throw tooLarge(limits, remoteAddress);
      await body.write(chunk);
    }
  } catch (reason) {
    const error = toAs2Error(reason);
    if (!INTERRUPTIONS.has(error.code) || body.heldBytes < WORTH_KEEPING_BYTES) {
      await body.discard();
      throw error;
    }
    await body.keep();
    throw error.code === 'request-cut-off' ? interrupted(body, remoteAddress, error) : error;
  }
  if (!body.isPartial) return body.complete(spill.directory);
  await body.keep();
  throw interrupted(body, remoteAddress);
}

function interrupted({ heldBytes }: PartialBody, remoteAddress: string, cause?: As2Error): As2Error {
  return new As2Error('request-interrupted', { remoteAddress, heldBytes }, cause ? { cause } : {});
}

function tooLarge({ limitBytes }: RequestLimits, remoteAddress: string): As2Error {
  return new As2Error('request-too-large', { limitBytes, remoteAddress });
}
