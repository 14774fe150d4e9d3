import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI } from 'node-red';
import { As2Error } from '../../src/errors';
import type {
  ExchangeEvent,
  PendingReceipts,
  ReceivedMessage,
  ReceiptDecision,
  Receiver,
} from '../../src/exchange';
import { core } from './core';
import { flowError } from './describe';
import { inMessage, type InMessageOptions, tooLargeFor } from './in-message';
import type { State } from './state';

export interface ReceivingOptions extends InMessageOptions {
  readonly identityId: string | undefined;
  readonly receiptTimeoutMs: number;
  /** What the partner is told when the flow does not decide in time. */
  readonly onTimeout: 'accept' | 'reject';
  readonly onEvent: (event: ExchangeEvent) => void;
}

/** Messages in transfer get this long when the node closes; Node-RED waits 15 s for a node. */
const CLOSE_GRACE_MS = 8_000;

/** The receiver of one as2-in node; made at the first request, because it needs the spool. */
export class Receiving {
  private receiver: Promise<Receiver> | undefined;
  private pending: PendingReceipts | undefined;
  private closed = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly state: State,
    private readonly options: ReceivingOptions,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let receiver: Receiver;
    try {
      receiver = await this.open();
    } catch (error) {
      this.node.error(flowError(this.RED, error));
      await core.http.sendAnswer(request, response, core.http.busyAnswer());
      return;
    }
    await receiver.handle(request, response);
  }

  /** @throws As2Error when the spool cannot be used; the next call tries again */
  async open(): Promise<Receiver> {
    this.receiver ??= this.create();
    try {
      return await this.receiver;
    } catch (error) {
      this.receiver = undefined;
      throw error;
    }
  }

  /** What waits for the flow is not decided any more: the partner is told to send again. */
  async close(): Promise<void> {
    this.closed = true;
    const receiver = await this.receiver?.catch(() => undefined);
    if (this.pending) {
      this.state.pendingReceipts.delete(this.pending);
      this.pending.close();
    }
    await receiver?.close(CLOSE_GRACE_MS);
  }

  private async create(): Promise<Receiver> {
    const spool = await this.state.spool();
    const { createReceiver, PendingReceipts } = core.exchange;
    const { mode, receiptTimeoutMs, onTimeout, identityId, maxMessageBytes, onEvent } = this.options;
    if (mode === 'flow') {
      this.pending = new PendingReceipts({
        timeoutMs: receiptTimeoutMs,
        ...(onTimeout === 'accept' ? { onTimeout: { accept: true } } : {}),
      });
      this.state.pendingReceipts.add(this.pending);
    }
    return createReceiver({
      directory: this.state.partners.directory(identityId),
      spool,
      maxMessageBytes,
      onEvent,
      handOver: (received) => this.handOver(received),
    });
  }

  private async handOver(received: ReceivedMessage): Promise<ReceiptDecision> {
    const reason = tooLargeFor(received, this.options);
    if (reason) return { accept: false, text: 'The document is larger than this system takes.', reason };
    const message = await inMessage(received, this.options);
    // Node-RED stops all nodes at once: those behind us do not get it any more (law 2).
    if (this.closed) throw new As2Error('station-closing', { messageId: received.messageId });
    // Before the message goes out: a flow may answer at once.
    const decision = this.pending?.wait(received) ?? Promise.resolve<ReceiptDecision>({ accept: true });
    // When sending throws, nobody waits for the decision any more.
    decision.catch(() => undefined);
    this.node.send(message);
    return decision;
  }
}
