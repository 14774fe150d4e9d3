import { bufferSource } from '../../bytes';
import { As2Error } from '../../errors';
import type { Spool } from '../../store';
import { sendMessage } from '../sending/send';
import type { Relationship } from '../types';
import type { Notebook } from './step-runner';

export interface TestMessage {
  readonly relationship: Relationship;
  readonly spool: Spool;
  readonly responseTimeoutMs: number;
}

/**
 * A real message with a text that says what it is, protected as configured, one attempt, its receipt verified like any
 * other.
 * @throws As2Error as the outcome of `sendMessage`
 */
export async function sendTestMessage(
  notes: Notebook<'message'>,
  { relationship: { identity, partner }, spool, responseTimeoutMs }: TestMessage,
  signal: AbortSignal,
): Promise<void> {
  const { receipt, receiptDelivery } = partner.sending;
  if (receipt !== 'none' && receiptDelivery === 'async') {
    notes.warn(new As2Error('test-receipt-at-once', { partner: partner.name }));
  }
  const outcome = await sendMessage({
    identity,
    partner: { ...partner, connection: { ...partner.connection, responseTimeoutMs } },
    payload: {
      content: bufferSource(Buffer.from(textOf(identity.as2Name, partner.as2Name))),
      contentType: 'text/plain',
      filename: 'as2-connection-test.txt',
    },
    subject: 'AS2 connection test',
    spool,
    signal,
  });
  const { messageId, sizeBytes, signed, encrypted, httpStatus, receipt: received } = outcome;
  notes.note({ messageId, signed, encrypted });
  notes.note({
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(received ? { receipt: received } : {}),
  });
  if (!outcome.ok) throw outcome.error;
}

function textOf(from: string, to: string): string {
  return [
    'This is a test of the AS2 connection. It holds no business document: please ignore it.',
    `From: ${from}`,
    `To: ${to}`,
    `Sent: ${new Date().toISOString()}`,
    '',
  ].join('\r\n');
}
