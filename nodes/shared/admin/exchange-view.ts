import type { ExchangeRecord } from '../../../src/store';
import { withoutGaps } from '../plain';

/** One line of the list of exchanges; plain JSON. Much of it was written by partners: show it as text. */
export interface ExchangeLine {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly state: string;
  /** Our user's name for the partner. */
  readonly partner?: string;
  /** AS2 names of the message. */
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly filename?: string;
  readonly contentType?: string;
  /** Attempts to send the message, or to deliver its asynchronous receipt. */
  readonly attempts: number;
  /** ISO times. */
  readonly nextAttemptAt?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly disposition?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

type Facts = Readonly<Record<string, unknown>>;

/** What is worth seeing of one exchange, and of whom; both directions have their own facts. */
const DETAILS = [
  'remoteAddress',
  'receivedAt',
  'sentAt',
  'httpStatus',
  'signed',
  'encrypted',
  'compressed',
  'algorithms',
  'signer',
  'sizeBytes',
  'mic',
  'receiptWanted',
  'receiptDelivery',
  'receiptUrl',
  'receipt',
  'redelivered',
  'accepted',
  'remark',
  'attachments',
] as const;

export function exchangeLine(record: ExchangeRecord): ExchangeLine {
  const { id, direction, state, key, attempts, dueAt, createdAt, updatedAt } = record;
  const facts = factsOf(record);
  const { code, message } = objectOf(facts.error);
  return withoutGaps({
    id,
    direction,
    state,
    partner: textOf(facts.partner),
    from: key.from,
    to: key.to,
    messageId: textOf(facts.messageId) ?? key.messageId,
    subject: textOf(facts.subject),
    filename: textOf(facts.filename),
    contentType: textOf(facts.contentType),
    attempts,
    nextAttemptAt: dueAt === undefined ? undefined : new Date(dueAt).toISOString(),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    disposition: textOf(facts.disposition) ?? textOf(objectOf(facts.receipt).disposition),
    error: typeof code === 'string' ? { code, message: textOf(message) ?? code } : undefined,
  });
}

export function exchangeDetails(record: ExchangeRecord): Record<string, unknown> {
  const facts = factsOf(record);
  return withoutGaps(Object.fromEntries(DETAILS.map((name) => [name, facts[name]])));
}

/** Of messages that came in, what is known about the message itself lies one level deeper. */
function factsOf({ facts }: ExchangeRecord): Facts {
  const own = objectOf(facts);
  return { ...objectOf(own.message), ...own };
}

function objectOf(value: unknown): Facts {
  return typeof value === 'object' && value !== null ? (value as Facts) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
