import { As2Error, toAs2Error } from '../../errors';
import { asStoreError } from '../../store';
import { type Emit, emitterFor } from '../events';
import { receiptFile } from '../receipt-file';
import { storedError } from '../stored-error';
import type { SendOptions, SendOutcome, SentMessage } from '../types';
import { outcomeOf, sentMessage } from './outcome';
import { spoolMessage } from './outgoing-folder';
import type { OutgoingMessage } from './outgoing-message';
import { messageIdFor, planSending } from './send-plan';
import { transmit, type Transmitted } from './transmission';

/**
 * Sends a message and waits for its synchronous receipt: composed, spooled, posted, the receipt opened, its MIC
 * compared with that of what was sent (RCV-03). It makes one attempt and asks for no asynchronous receipt; `Outbox`
 * does both.
 * @returns what became of it; it never throws
 */
export async function sendMessage(o: SendOptions): Promise<SendOutcome> {
  const messageId = messageIdFor(o);
  const { identity, partner } = o;
  const stations = { from: identity.as2Name, to: partner.as2Name };
  const emit = emitterFor(o.onEvent, 'out', { messageId, ...stations, partner: partner.name });
  const draft: SentMessage = {
    messageId,
    ...stations,
    signed: partner.sending.sign !== 'none',
    encrypted: partner.sending.encrypt !== 'none',
  };
  try {
    const plan = planSending(o, messageId, 'sync');
    if (o.signal?.aborted) throw new As2Error('send-aborted', { messageId, partner: partner.name });
    const entry = { state: 'composed', receiptDelivery: 'sync', keepPayload: false } as const;
    return await attempt(o, await spoolMessage(o, plan, entry), emit);
  } catch (error) {
    const problem = asStoreError(error, o.spool.directory) ?? toAs2Error(error);
    emit('send-failed', { error: problem });
    return { ...draft, ok: false, error: problem };
  }
}

async function attempt(o: SendOptions, message: OutgoingMessage, emitPlain: Emit): Promise<SendOutcome> {
  const { identity, partner, signal } = o;
  const emit: Emit = (type, details = {}) => emitPlain(type, { exchangeId: message.id, ...details });
  emit('message-composed', { sizeBytes: message.sizeBytes });
  const relationship = { identity, partner };
  const transmitted = await transmit({ message, relationship, emit, connection: 'kept', signal });
  const unrecorded = await record(message, transmitted).then(() => undefined, toAs2Error);
  const error = transmitted.error ?? unrecorded;
  emit(error ? 'send-failed' : 'send-completed', error ? { error } : {});
  return error ? { ...sentMessage(message), ...transmitted.facts, ok: false, error } : outcomeOf(message);
}

/** The answer first: what the record says about it must be there. */
async function record({ folder }: OutgoingMessage, { facts, answer, error }: Transmitted): Promise<void> {
  if (answer) await folder.add('receipt', receiptFile(answer.headers, answer.body));
  const outcome = error ? { error: storedError(error) } : {};
  await folder.advance(error ? 'failed' : 'completed', { ...facts, ...outcome });
}
