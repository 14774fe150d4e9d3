import type { SendOutcome } from '../../src/exchange';
import type { ErrorReport } from './describe';
import { withoutGaps } from './plain';

/** `msg.as2` behind as2-out: plain JSON; as much of it as is known, also when sending failed. */
export interface SentReport extends Partial<
  Pick<
    SendOutcome,
    | 'messageId'
    | 'from'
    | 'to'
    | 'signed'
    | 'encrypted'
    | 'mic'
    | 'attempts'
    | 'sentAt'
    | 'httpStatus'
    | 'receipt'
  >
> {
  /** Our user's name for the partner. */
  partner?: string;
  subject?: string;
  contentType?: string;
  filename?: string;
  /** Bytes of the payload; unknown for a stream. */
  size?: number;
  exchange?: string;
  /** Documents that travel with it. */
  attachments?: number;
  /** True when the flow was started anew since the message came: it was made again from what was kept. */
  resumed?: boolean;
  /** True when the flow may have been told before. */
  redelivered?: boolean;
  /** Properties of a resumed message that could not be kept, or only in part. */
  missing?: readonly string[];
  error?: ErrorReport;
}

export function outcomeReport(outcome: SendOutcome): SentReport {
  const { exchangeId, messageId, from, to, signed, encrypted, mic, attempts, sentAt, httpStatus, receipt } =
    outcome;
  return withoutGaps({
    exchange: exchangeId,
    messageId,
    from,
    to,
    signed,
    encrypted,
    mic,
    attempts,
    sentAt,
    httpStatus,
    receipt,
  });
}
