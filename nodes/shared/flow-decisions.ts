import type { PendingReceipts, ReceiptDecision, ReceivedMessage } from '../../src/exchange';

/** What a decision about one of several documents leads to. */
export type Verdict =
  /** The receipt is decided; resolves when that is durable. */
  | { readonly kept: Promise<void> }
  /** Accepted so far; the receipt waits for the others. */
  | { readonly accepted: number; readonly of: number };

/**
 * Decisions of the flow about the messages of one as2-in node. A message with several documents goes into the flow as a
 * sequence, and has one receipt all the same: it is accepted when all of them are, and rejected when one of them is.
 */
export class FlowDecisions {
  private readonly sequences = new Map<string, { readonly count: number; readonly accepted: Set<number> }>();

  constructor(private readonly pending: PendingReceipts) {}

  /** @param count of the messages that go into the flow */
  async wait(received: ReceivedMessage, count: number): Promise<ReceiptDecision> {
    const { exchangeId } = received;
    if (count > 1) this.sequences.set(exchangeId, { count, accepted: new Set() });
    try {
      return await this.pending.wait(received);
    } finally {
      this.sequences.delete(exchangeId);
    }
  }

  /**
   * @param index of the document in its sequence; undefined: the decision is about all of the message
   * @returns undefined when no message waits under that name
   */
  decide(exchangeId: string, decision: ReceiptDecision, index: number | undefined): Verdict | undefined {
    const sequence = this.sequences.get(exchangeId);
    if (sequence && index !== undefined && decision.accept) {
      const { count, accepted } = sequence;
      accepted.add(index);
      if (accepted.size < count) return { accepted: accepted.size, of: count };
    }
    const kept = this.pending.decide(exchangeId, decision);
    return kept && { kept };
  }

  close(): void {
    this.pending.close();
  }
}
