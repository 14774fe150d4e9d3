import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bufferSource } from '../../src/bytes';
import {
  createReceiver,
  type ExchangeEvent,
  Outbox,
  type ReceivedMessage,
  type Receiver,
  type Relationship,
  type SendOutcome,
  type SubmitOptions,
} from '../../src/exchange';
import { openSpool, type Spool } from '../../src/store';
import { TradingPartner } from './mock';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from './parties';

/** ALPHA, our own station with both ends on one address, and Beta Corp, a scripted partner. */
export class WholeStation {
  /** What the flow got. */
  readonly messages: ReceivedMessage[] = [];
  readonly events: ExchangeEvent[] = [];
  /** How ALPHA is configured for Beta Corp. */
  relationship: Relationship;
  readonly outbox: Outbox;
  readonly receiver: Receiver;
  private readonly outcomes = new Map<string, (outcome: SendOutcome) => void>();

  private constructor(
    readonly spool: Spool,
    /** Where it takes messages and receipts. */
    readonly url: string,
    readonly partner: TradingPartner,
    private readonly parties: { readonly alpha: Party; readonly beta: Party },
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.relationship = this.configured();
    const directory = { find: () => this.relationship };
    const onEvent = (event: ExchangeEvent): void => void this.events.push(event);
    this.outbox = Outbox.open({ spool, directory, onEvent });
    this.receiver = createReceiver({
      directory,
      spool,
      outbox: this.outbox,
      onEvent,
      handOver: (message) => {
        this.messages.push(message);
        return { accept: true };
      },
    });
    this.outbox.attach('test', {
      outcome: (outcome) => this.outcomes.get(outcome.messageId)?.(outcome),
    });
  }

  static async start(): Promise<WholeStation> {
    const { alpha, beta } = await alphaAndBeta();
    const temp = await mkdtemp(join(tmpdir(), 'as2-test-'));
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/as2`;
    const partner = await TradingPartner.start({
      as2Name: beta.as2Name,
      keyPair: beta.keyPair,
      peer: { as2Name: alpha.as2Name, certificate: alpha.keyPair.certificatePem, url },
    });
    const spool = await openSpool({ directory: join(temp, 'spool'), thresholdBytes: 64 * 1024 });
    const station = new WholeStation(spool, url, partner, { alpha, beta }, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(temp, { recursive: true, force: true, maxRetries: 5 });
    });
    server.on('request', (request, response) => void station.receiver.handle(request, response));
    return station;
  }

  async stop(): Promise<void> {
    await this.outbox.close(0);
    await this.receiver.close(0);
    await this.spool.close();
    await this.partner.stop();
    await this.cleanUp();
  }

  /** Configures ALPHA for Beta Corp; nothing is required of its messages. */
  configure(changes: PartnerChanges): void {
    this.relationship = this.configured(changes);
  }

  /** Queues a message and waits for what becomes of it. */
  async send(payload: Buffer, changes: Partial<SubmitOptions> = {}): Promise<SendOutcome> {
    const { messageId } = await this.submit(payload, changes);
    return this.outcomeOf(messageId);
  }

  async submit(payload: Buffer, changes: Partial<SubmitOptions> = {}): Promise<{ messageId: string }> {
    const content = bufferSource(payload);
    return this.outbox.submit({
      ...this.relationship,
      owner: 'test',
      payload: { content, contentType: 'application/edifact', filename: 'order.edi' },
      ...changes,
    });
  }

  async outcomeOf(messageId: string): Promise<SendOutcome> {
    return new Promise((resolve) => this.outcomes.set(messageId, resolve));
  }

  private configured(changes: PartnerChanges = {}): Relationship {
    const { alpha, beta } = this.parties;
    return relationshipOf(alpha, beta, { url: this.partner.url, requires: {}, ...changes });
  }
}
