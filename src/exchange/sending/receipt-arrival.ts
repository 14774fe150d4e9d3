import type { Receipt } from '../../as2';
import { type ByteSource, readAll } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import type { Headers } from '../../mime';
import { asStoreError, type ExchangeKey, type Spool } from '../../store';
import { type Emit, emitterFor } from '../events';
import { type ReceiptBytes, receiptFile } from '../receipt-file';
import type { ExchangeEvent, ReceiptArrival, Relationship } from '../types';
import { lock } from './lock';
import { outgoingKey } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';
import { counts, decision, isFinal, isOpenToReceipt } from './outgoing-state';
import { checkReceipt, readReceipt } from './receipt-check';
import type { Shelf } from './shelf';
import type { Steps } from './steps';

/** A receipt has a few KiB; some products send the message back with it. */
const LIMIT_BYTES = 4 * 1024 * 1024;

export interface ArrivedReceipt {
  readonly headers: Headers;
  readonly body: ByteSource;
}

interface Parts {
  readonly spool: Spool;
  readonly shelf: Shelf;
  readonly steps: Steps;
  readonly onEvent: ((event: ExchangeEvent) => void) | undefined;
}

/**
 * Receipts that come in requests of their own: each is brought to its message (RCV-02) and judged like one that comes
 * in an answer. Nothing in it is taken on trust.
 */
export class ReceiptArrivals {
  constructor(private readonly parts: Parts) {}

  /**
   * @returns when what the receipt changes is durable
   * @throws As2Error storage failures: it has to be sent again
   */
  async take({ headers, body }: ArrivedReceipt, relationship: Relationship): Promise<ReceiptArrival> {
    const { identity, partner } = relationship;
    const stations = { from: identity.as2Name, to: partner.as2Name, partner: partner.name };
    const emit = emitterFor(this.parts.onEvent, 'out', stations);
    try {
      const bytes = { headers, body: await readAll(body.open(), LIMIT_BYTES, tooLarge) };
      const receipt = await readReceipt(bytes, relationship);
      return await this.bring(receipt, bytes, relationship, emit);
    } catch (error) {
      const failure = asStoreError(error, this.parts.spool.directory);
      if (failure || !isAs2Error(error)) throw failure ?? error;
      emit('receipt-refused', { error });
      return 'refused';
    }
  }

  private async bring(
    receipt: Receipt,
    bytes: ReceiptBytes,
    relationship: Relationship,
    emit: Emit,
  ): Promise<ReceiptArrival> {
    const { originalMessageId, dispositionText: disposition } = receipt;
    const { identity, partner } = relationship;
    const unexpected = new As2Error('receipt-unexpected', {
      originalMessageId: originalMessageId ?? '(it names none)',
      partner: partner.name,
      disposition,
    });
    const known = {
      disposition,
      ...(originalMessageId === undefined ? {} : { messageId: originalMessageId }),
    };
    if (originalMessageId === undefined) {
      emit('receipt-unexpected', { ...known, error: unexpected });
      return 'unknown';
    }
    const key = outgoingKey(identity.as2Name, partner.as2Name, originalMessageId);
    const message = await this.parts.shelf.find(key);
    if (message) {
      try {
        return await lock(this.parts.spool, message, () =>
          this.settle(message, { receipt, bytes, relationship, unexpected }),
        );
      } finally {
        this.parts.shelf.release(message);
      }
    }
    const elsewhere = await this.parts.spool.list({ direction: 'out', messageId: key.messageId, limit: 1 });
    if (elsewhere.length === 0) {
      emit('receipt-unexpected', { ...known, error: unexpected });
      return 'unknown';
    }
    emit('receipt-refused', {
      ...known,
      error: otherPartner(key.messageId, relationship, elsewhere[0]?.key),
    });
    return 'refused';
  }

  private async settle(
    message: OutgoingMessage,
    arrived: {
      readonly receipt: Receipt;
      readonly bytes: ReceiptBytes;
      readonly relationship: Relationship;
      readonly unexpected: As2Error;
    },
  ): Promise<ReceiptArrival> {
    const { steps } = this.parts;
    const emit = steps.emitterOf(message);
    const { receipt, bytes, relationship, unexpected } = arrived;
    if (!isOpenToReceipt(message.record)) {
      emit('receipt-late', { disposition: receipt.dispositionText, error: unexpected });
      return 'late';
    }
    const { verdict, report } = await checkReceipt(receipt, message, relationship);
    const { problem } = verdict;
    const isCounted = counts(message, report) && problem?.code !== 'receipt-other-partner';
    emit('receipt-received', { disposition: report.disposition, ...(problem ? { error: problem } : {}) });
    if (problem && !isCounted) {
      emit('receipt-refused', { disposition: report.disposition, error: problem });
      // What a stranger can send must not undo what was reported.
      if (!isFinal(message.record)) {
        await message.folder.add('receipt', receiptFile(bytes.headers, bytes.body));
        await steps.keepRefused(message, problem, { receipt: report });
      }
      return 'refused';
    }
    await message.folder.add('receipt', receiptFile(bytes.headers, bytes.body));
    const known = { receipt: report, ...decision(message, report) };
    if (problem) await steps.fail(message, problem, known);
    else await steps.complete(message, known);
    return 'matched';
  }
}

function tooLarge(): As2Error {
  return new As2Error('receipt-too-large', { limitBytes: LIMIT_BYTES });
}

/** RCV-02: the id is right, but it was another partner's message. */
function otherPartner(
  messageId: string,
  { identity, partner }: Relationship,
  sent: ExchangeKey | undefined,
): As2Error {
  return new As2Error('receipt-other-partner', {
    messageId,
    from: partner.as2Name,
    to: identity.as2Name,
    expectedFrom: sent?.to,
    expectedTo: sent?.from,
  });
}
