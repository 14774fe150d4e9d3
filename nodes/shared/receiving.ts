import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node } from 'node-red';
import { As2Error, toAs2Error } from '../../src/errors';
import type {
  AccessSettings,
  ExchangeEvent,
  ReceivedMessage,
  ReceiptDecision,
  Receiver,
} from '../../src/exchange';
import { CLOSING_MS } from './closing-times';
import { core } from './core';
import type { TrustedProxies } from './endpoint-table';
import { FlowDecisions } from './flow-decisions';
import { handedOn } from './handed-on';
import { inMessages, type InMessageOptions, tooLargeFor } from './in-message';
import { ownerOf } from './sending/owner';
import type { State } from './state';

export interface ReceivingOptions extends InMessageOptions {
  readonly identityId: string | undefined;
  /** What everybody must bring who comes to the path. */
  readonly access: AccessSettings;
  readonly trustedProxies: TrustedProxies | undefined;
  readonly receiptTimeoutMs: number;
  /** What the partner is told when the flow does not decide in time. */
  readonly onTimeout: 'accept' | 'reject';
  readonly onEvent: (event: ExchangeEvent) => void;
  /** The spool cannot be used, or can be used again. */
  readonly onStore: (problem: As2Error | undefined) => void;
}

const TELL_AGAIN_MS = 300_000;

/** The receiver of one as2-in node; made when the flows run, or at the first request: it needs the spool. */
export class Receiving {
  private receiver: Promise<Receiver> | undefined;
  private decisions: FlowDecisions | undefined;
  private readonly closed = Promise.withResolvers<void>();
  private isClosed = false;
  private isResumed = false;
  private told: { readonly code: string; readonly at: number } | undefined;

  constructor(
    private readonly node: Node,
    private readonly state: State,
    private readonly options: ReceivingOptions,
  ) {}

  /** From now on requests come. */
  begin(): void {
    this.state.exchanges.use(this.node);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let receiver: Receiver;
    try {
      receiver = await this.open();
    } catch {
      await core.http.sendAnswer(request, response, core.http.busyAnswer());
      return;
    }
    await receiver.handle(request, response);
  }

  /** Takes up what was left from before, once; for when the flows run. */
  async resume(): Promise<void> {
    if (this.isResumed || this.isClosed) return;
    const receiver = await this.open();
    this.isResumed = true;
    await receiver.resume();
  }

  /** What waits for the flow is not decided any more: the partner is told to send again. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.closed.resolve();
    const receiver = await this.receiver?.catch(() => undefined);
    if (this.decisions) {
      this.state.decisions.delete(this.decisions);
      this.decisions.close();
    }
    await receiver?.close(CLOSING_MS.receiving);
    await this.state.exchanges.release(this.node);
  }

  /** @throws As2Error when the spool cannot be used; the next call tries again */
  private async open(): Promise<Receiver> {
    const opening = (this.receiver ??= this.create());
    try {
      return await opening;
    } catch (error) {
      if (this.receiver === opening) this.receiver = undefined;
      this.tell(toAs2Error(error));
      throw error;
    }
  }

  private async create(): Promise<Receiver> {
    const { exchanges, partners, decisions, settings } = this.state;
    const spool = await exchanges.spool();
    const { createReceiver, PendingReceipts } = core.exchange;
    const { access, trustedProxies } = this.options;
    const { mode, receiptTimeoutMs, onTimeout, identityId, maxMessageBytes, attachments, onEvent } =
      this.options;
    if (mode === 'flow' && !this.decisions) {
      this.decisions = new FlowDecisions(
        new PendingReceipts({
          timeoutMs: receiptTimeoutMs,
          ...(onTimeout === 'accept' ? { onTimeout: { accept: true } } : {}),
        }),
      );
      decisions.add(this.decisions);
    }
    this.told = undefined;
    this.options.onStore(undefined);
    return createReceiver({
      ...settings.receiving,
      directory: partners.directory(identityId),
      access,
      ...(trustedProxies ? { trustedProxies } : {}),
      spool,
      owner: ownerOf(this.node),
      outbox: {
        receiptArrived: async (receipt, relationship) =>
          (await exchanges.outbox()).receiptArrived(receipt, relationship),
      },
      splitAttachments: attachments !== 'whole',
      maxMessageBytes,
      onEvent,
      handOver: (received) => this.handOver(received),
    });
  }

  /** Partners come again and again while the store does not work. */
  private tell(problem: As2Error): void {
    const { code } = problem;
    const now = Date.now();
    if (this.told?.code === code && now - this.told.at < TELL_AGAIN_MS) return;
    this.told = { code, at: now };
    this.options.onStore(problem);
  }

  private async handOver(received: ReceivedMessage): Promise<ReceiptDecision> {
    const reason = tooLargeFor(received, this.options);
    if (reason) return { accept: false, text: 'The document is larger than this system takes.', reason };
    const messages = await inMessages(received, this.options);
    // In the middle of a deploy the nodes behind this one may be closed already.
    await Promise.race([this.state.exchanges.flowsRun(), this.closed.promise]);
    // Node-RED stops all nodes at once: those behind us do not get it any more (law 2).
    if (this.isClosed) throw new As2Error('station-closing', { messageId: received.messageId });
    // Before the message goes out: a flow may answer at once.
    const decision =
      this.decisions?.wait(received, messages.length) ?? Promise.resolve<ReceiptDecision>({ accept: true });
    // When sending throws, nobody waits for the decision any more.
    decision.catch(() => undefined);
    this.node.send([messages]);
    await handedOn();
    return decision;
  }
}
