import { bufferSource } from '../../bytes';
import { type As2Error, toAs2Error } from '../../errors';
import { createHttpClient, type PostRequest, type PostResponse, statusError } from '../../http';
import { clientFor } from '../clients';
import { type Emit, emitterFor } from '../events';
import { isWorthRepeating, pauseAfter, retryAfterMs } from '../retry';
import { storedError } from '../stored-error';
import type { Partner } from '../types';
import { type IncomingFolder, type ReceiverContext, relationshipOf } from './arrival';
import { allowedReceiptUrl, type ReceiptTarget } from './receipt-address';
import { receiptConnection } from './receipt-connection';
import { storedReceipt } from './reply';

/**
 * Makes one attempt to bring an asynchronous receipt to where the partner wants it (RFC 4130 §7.2, MDN-13), and notes
 * what came of it: delivered, to be tried again (REL-08) with the same bytes and Message-ID, or given up.
 * @throws As2Error when that could not be noted; the receipt is then delivered again
 */
export async function deliverReceipt(receiver: ReceiverContext, folder: IncomingFolder): Promise<void> {
  const attempt = folder.record.attempts + 1;
  const emit = emitterOf(receiver, folder, attempt);
  const outcome = await post(receiver, folder).then(
    ({ status }) => ({ status }),
    (error: unknown) => ({ error: toAs2Error(error) }),
  );
  if ('status' in outcome) {
    const { status: httpStatus } = outcome;
    await folder.advance(
      'receipt-sent',
      {},
      { dueAt: null, attempts: attempt, detail: { attempt, httpStatus } },
    );
    emit('receipt-sent', { httpStatus });
    return;
  }
  // What is stopped in the middle is tried again after the next start.
  if (receiver.closing.aborted) return;
  const { error } = outcome;
  if (attempt < receiver.retry.attempts && mayPass(error))
    await putOff(receiver, folder, { attempt, error, emit });
  else await giveUp(folder, { attempt, error, emit });
}

interface Failure {
  readonly attempt: number;
  readonly error: As2Error;
  readonly emit: Emit;
}

async function putOff({ retry, clock }: ReceiverContext, folder: IncomingFolder, o: Failure): Promise<void> {
  const { attempt, error, emit } = o;
  const dueAt = clock.now() + Math.max(pauseAfter(attempt, retry), retryAfterMs(error) ?? 0);
  const nextAttemptAt = new Date(dueAt).toISOString();
  const detail = { attempt, nextAttemptAt, error: { code: error.code, message: error.message } };
  await folder.advance('receipt-retry', {}, { dueAt, attempts: attempt, detail });
  emit('receipt-retry', { error, nextAttemptAt });
}

async function giveUp(folder: IncomingFolder, { attempt, error, emit }: Failure): Promise<void> {
  const detail = { attempt, error: { code: error.code, message: error.message } };
  await folder.advance(
    'receipt-not-sent',
    { error: storedError(error) },
    { dueAt: null, attempts: attempt, detail },
  );
  emit('receipt-not-sent', { error });
}

/** A partner that was removed may come back, and so may our disk; an address that is not allowed stays so. */
function mayPass(error: As2Error): boolean {
  if (error.code === 'receipt-url-refused' || error.code === 'http-address-refused') return false;
  return isWorthRepeating(error) || !/^(?:http|proxy|tls)-/.test(error.code);
}

/** @throws As2Error, when the receipt is not where it should be */
async function post(receiver: ReceiverContext, folder: IncomingFolder): Promise<PostResponse> {
  const { partner } = relationshipOf(receiver, folder);
  const target = allowedReceiptUrl(folder.record.facts.receiptUrl ?? '', partner);
  const { url } = target;
  const { headers, body } = await storedReceipt(folder);
  const response = await postTo(target, partner, {
    headers,
    body: bufferSource(body),
    signal: receiver.closing,
  });
  const refusal = statusError(url, body.length, response);
  if (refusal) throw refusal;
  return response;
}

async function postTo(
  target: ReceiptTarget,
  partner: Partner,
  o: Omit<PostRequest, 'url'>,
): Promise<PostResponse> {
  const settings = receiptConnection(target, partner);
  if (target.isNamed) return clientFor(settings).post({ url: target.url.href, ...o });
  // Hosts that only fit a pattern may be many: nothing is kept for them.
  const client = createHttpClient(settings);
  try {
    return await client.post({ url: target.url.href, ...o });
  } finally {
    client.close();
  }
}

function emitterOf({ options }: ReceiverContext, { record }: IncomingFolder, attempt: number): Emit {
  const { id, key, facts } = record;
  const { partner, messageId, disposition } = facts;
  return emitterFor(options.onEvent, 'in', {
    exchangeId: id,
    ...(messageId === undefined ? {} : { messageId }),
    from: key.from,
    to: key.to,
    partner,
    ...(disposition === undefined ? {} : { disposition }),
    attempt,
  });
}
