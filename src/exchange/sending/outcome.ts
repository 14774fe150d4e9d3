import type { As2Error } from '../../errors';
import { restoredError } from '../stored-error';
import type { SendOutcome, SentMessage } from '../types';
import type { OutgoingFacts } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';

/** What a record says about a message, for our user. */
export function sentMessage({ id, record }: OutgoingMessage): SentMessage {
  const { key, attempts, facts } = record;
  const { messageId, signed, encrypted } = facts;
  return {
    exchangeId: id,
    messageId,
    from: key.from,
    to: key.to,
    signed,
    encrypted,
    ...(attempts > 0 ? { attempts } : {}),
    ...present(facts, ['sizeBytes', 'mic', 'sentAt', 'httpStatus', 'receipt']),
  };
}

/** @param error as it happened; without it, as it was stored */
export function outcomeOf(message: OutgoingMessage, error?: As2Error): SendOutcome {
  const { state, facts } = message.record;
  const sent = sentMessage(message);
  if (state === 'completed') return { ...sent, ok: true };
  const stored = facts.error ?? { code: 'unexpected', message: `the state is ${state}` };
  return { ...sent, ok: false, error: error ?? restoredError(stored) };
}

function present<K extends keyof OutgoingFacts>(
  facts: OutgoingFacts,
  keys: readonly K[],
): Pick<OutgoingFacts, K> {
  const entries = keys.map((key) => [key, facts[key]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Pick<OutgoingFacts, K>;
}
