import { As2Error } from '../../../src/errors';
import type { Outbox } from '../../../src/exchange';
import type { ExchangeRecord, Spool } from '../../../src/store';
import { core } from '../core';

export const ACTIONS = ['cancel', 'resend'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a message says when it is no document, but an order about one: `msg.as2 {action, exchange | messageId}`. */
export interface Order {
  readonly action: Action;
  readonly exchange?: string;
  readonly messageId?: string;
}

/**
 * @returns undefined for a document to be sent
 * @throws As2Error `action-unknown`, `action-incomplete`
 */
export function orderIn(as2: unknown): Order | undefined {
  if (typeof as2 !== 'object' || as2 === null || !('action' in as2)) return undefined;
  const { action: named, exchange, messageId } = as2 as Record<string, unknown>;
  if (named === undefined || named === null || named === '') return undefined;
  const action = ACTIONS.find((one) => one === named);
  if (!action)
    throw new As2Error('action-unknown', { action: JSON.stringify(named), known: ACTIONS.join(', ') });
  if (isName(exchange)) return { action, exchange };
  if (isName(messageId)) return { action, messageId };
  throw new As2Error('action-incomplete', { action });
}

/** @throws As2Error `exchange-not-found`, `exchange-ambiguous`, `cancel-too-late`, `resend-impossible` */
export async function carryOut(spool: Spool, outbox: Outbox, order: Order): Promise<ExchangeRecord> {
  const record = await findExchange(spool, order);
  const { id, state } = record;
  const { messageId } = record.key;
  if (order.action === 'cancel') {
    if (!(await outbox.cancel(id))) throw new As2Error('cancel-too-late', { messageId, state });
  } else if (!(await outbox.resend(id))) {
    throw new As2Error('resend-impossible', { messageId, state });
  }
  return record;
}

async function findExchange(spool: Spool, { exchange, messageId }: Order): Promise<ExchangeRecord> {
  const asked = exchange ?? messageId ?? '';
  const found =
    exchange === undefined
      ? await spool.list({ direction: 'out', messageId: core.as2.normalizeMessageId(asked), limit: 2 })
      : [(await spool.get(exchange))?.record].filter((record) => record !== undefined);
  const [record, another] = found.filter(({ direction }) => direction === 'out');
  if (!record) throw new As2Error('exchange-not-found', { asked });
  if (another) throw new As2Error('exchange-ambiguous', { messageId: asked });
  return record;
}

const isName = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
