import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isReceipt, judgeReceipt, openReceipt, type Receipt, type ReceiptVerdict } from '../../../src/as2';
import { bufferSource } from '../../../src/bytes';
import { Headers } from '../../../src/mime';
import { type Certificate, issueSelfSigned, type KeyPair, makeKeyPair } from '../../../src/pki';
import { readCertificates, readPrivateKey } from '../../../src/pki';
import { type ArrivedMessage, openArrived } from './arrival';
import type { Behaviour } from './behaviour';
import type { HttpAnswer } from './http-answer';
import { type RequestScript, sendRequest } from './http-request';
import { type ComposedMessage, type MessageScript, writeMessage } from './message';
import { Queue } from './queue';
import { type ReceiptScript, writeReceipt, type WrittenReceipt } from './receipt';
import { answerRequest } from './answer';

/** The station under test, as the partner sees it. */
export interface Peer {
  readonly as2Name: string;
  /** PEM. Needed to check its signatures and to encrypt for it. */
  readonly certificate?: string;
  /** Where it takes messages; needed only when the partner sends. */
  readonly url?: string;
}

export interface TradingPartnerOptions {
  readonly peer: Peer;
  /** Default: `Test Partner`. */
  readonly as2Name?: string;
  /** Default: one that is made for it, with a self-signed certificate. */
  readonly keyPair?: KeyPair;
  /** Default: any free one. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** For every message for which nothing else is planned. */
  readonly usually?: Behaviour | Decision;
}

/** Looks at a message before it says what becomes of it. */
export type Decision = (message: ArrivedMessage) => Behaviour | Promise<Behaviour>;

/** What came of a message the partner sent. */
export interface Sent {
  readonly message: ComposedMessage;
  /** Undefined when the connection was to be broken. */
  readonly answer?: HttpAnswer;
  /** The synchronous receipt, when there is one. */
  readonly receipt?: Receipt;
  readonly verdict?: ReceiptVerdict;
}

/** A receipt that came as a request of its own. */
export interface ArrivedReceipt {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly receipt: Receipt;
}

/** What came of an asynchronous receipt the partner sent. */
export interface Delivery {
  readonly messageId?: string;
  readonly answer?: HttpAnswer;
  readonly error?: Error;
}

/**
 * A remote AS2 station for tests: it takes messages, answers them with receipts, and sends messages, over real HTTP
 * and with real signatures; and it makes every mistake it is told to make.
 */
export class TradingPartner {
  /** Every message that came, also the ones for which the connection was broken afterwards. */
  readonly messages = new Queue<ArrivedMessage>('message');
  /** Every receipt that came as a request of its own. */
  readonly receipts = new Queue<ArrivedReceipt>('receipt');
  /** What became of the asynchronous receipts it sent. */
  readonly deliveries = new Queue<Delivery>('delivery of a receipt');
  /** Requests whose body it did not read to the end, or that were no AS2. */
  brokenRequests = 0;
  /** What went wrong with those, if it was not planned. */
  readonly failures: unknown[] = [];
  peer: Peer;
  usually: Behaviour | Decision;

  private readonly plans: (Behaviour | Decision)[] = [];
  private readonly plansForReceipts: Behaviour[] = [];
  private readonly held: (() => void)[] = [];
  private foreign: Promise<KeyPair> | undefined;

  private constructor(
    private readonly server: Server,
    readonly as2Name: string,
    readonly keyPair: KeyPair,
    /** Where it takes messages and receipts. */
    readonly url: string,
    { peer, usually = {} }: TradingPartnerOptions,
  ) {
    this.peer = peer;
    this.usually = usually;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.take(request, response).catch((error: unknown) => {
        this.failures.push(error);
        this.brokenRequests += 1;
        response.destroy();
      });
    });
  }

  static async start(options: TradingPartnerOptions): Promise<TradingPartner> {
    const { as2Name = 'Test Partner', host = '127.0.0.1', port = 0 } = options;
    const keyPair = options.keyPair ?? (await newKeyPair(as2Name));
    // Old products fold header fields; the test decides what is right, not the parser.
    const server = createServer({ insecureHTTPParser: true, requestTimeout: 0, maxHeaderSize: 64 * 1024 });
    server.listen(port, host);
    await once(server, 'listening');
    const url = `http://${host}:${(server.address() as AddressInfo).port}/as2`;
    return new TradingPartner(server, as2Name, keyPair, url, options);
  }

  /** PEM, to be entered for this partner in the station under test. */
  get certificatePem(): string {
    return this.keyPair.certificate.toPem();
  }

  /** What it does with the next messages, one after the other. */
  plan(...behaviours: readonly (Behaviour | Decision)[]): void {
    this.plans.push(...behaviours);
  }

  /** What it does with the next receipts that come as requests of their own; of a behaviour only the answer counts. */
  planForReceipts(...behaviours: readonly Behaviour[]): void {
    this.plansForReceipts.push(...behaviours);
  }

  /** Lets go everything that was held. */
  release(): void {
    for (const go of this.held.splice(0)) go();
  }

  /** How many answers and receipts are held. */
  get holding(): number {
    return this.held.length;
  }

  /** Sends a message to the peer, and opens the synchronous receipt if there is one. */
  async send(script: MessageScript & RequestScript = {}): Promise<Sent> {
    return this.post(await this.compose(script), script);
  }

  /** A message as it will travel; `post` sends it, also more than once. */
  async compose(script: MessageScript = {}): Promise<ComposedMessage> {
    const [certificate] = this.peerCertificates;
    return writeMessage(script, {
      from: { as2Name: this.as2Name, keyPair: this.keyPair },
      to: { as2Name: this.peer.as2Name, ...(certificate ? { certificate } : {}) },
      ownUrl: this.url,
    });
  }

  async post(message: ComposedMessage, script: RequestScript = {}): Promise<Sent> {
    const { url, as2Name: partnerAs2Name } = this.peer;
    if (url === undefined) throw new TypeError('the peer has no url to send to');
    const answer = await sendRequest({ url, fields: message.fields, body: message.body }, script);
    const receipt = answer && (await this.receiptIn(answer));
    if (!answer || !receipt) return { message, ...(answer ? { answer } : {}) };
    const { messageId, mics, signedReceipt: signedRequired } = message;
    const stations = { ownAs2Name: this.as2Name, partnerAs2Name };
    const verdict = judgeReceipt(receipt, { messageId, mics, signedRequired, ...stations });
    return { message, answer, receipt, verdict };
  }

  /** A receipt as it would travel, for tests that bring it on its way themselves. */
  async receiptFor(message: ArrivedMessage, script: ReceiptScript = {}): Promise<WrittenReceipt> {
    return writeReceipt(message, script, {
      partner: this.keyPair,
      stranger: () => (this.foreign ??= newKeyPair('Stranger')),
    });
  }

  /** Ends every connection and the server. */
  async stop(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private get peerCertificates(): Certificate[] {
    const { certificate } = this.peer;
    return certificate === undefined ? [] : readCertificates(certificate);
  }

  private async receiptIn({ headers, body }: Omit<HttpAnswer, 'status'>): Promise<Receipt | undefined> {
    const message = { headers, body: bufferSource(body) };
    if (!(await isReceipt(message))) return undefined;
    return openReceipt(message, { signingCertificates: this.peerCertificates });
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [planned = this.usually] = this.plans;
    const breaks = typeof planned === 'function' ? undefined : planned.breaks;
    if (breaks === 'before-body' || breaks === 'in-body') {
      this.plans.shift();
      if (breaks === 'in-body') await once(request, 'data');
      request.socket.resetAndDestroy();
      this.brokenRequests += 1;
      return;
    }
    const headers = Headers.fromRawHeaders(request.rawHeaders);
    const body = await bodyOf(request);
    const receipt = await this.receiptIn({ headers, body, interim: [] });
    if (receipt) {
      this.receipts.add({ headers, body, receipt });
      const behaviour = this.plansForReceipts.shift() ?? {};
      await answerRequest(request, response, behaviour, { status: 200, fields: [], body: Buffer.alloc(0) });
      return;
    }
    const keys = { own: [this.keyPair], peer: this.peerCertificates };
    const message = await openArrived(headers, body, request.socket.remoteAddress ?? '', keys);
    const decision = this.plans.shift() ?? this.usually;
    this.messages.add(message);
    const behaviour = typeof decision === 'function' ? await decision(message) : decision;
    if (message.as2.receipt?.deliveryUrl === undefined)
      await this.answerNow(message, behaviour, request, response);
    else await this.answerLater(message, behaviour, request, response);
  }

  private async answerNow(
    message: ArrivedMessage,
    behaviour: Behaviour,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (behaviour.held) await this.hold();
    const script = this.receiptScript(message, behaviour);
    const receipt = script && (await this.receiptFor(message, script));
    await answerRequest(request, response, behaviour, {
      status: 200,
      fields: [],
      body: Buffer.alloc(0),
      ...receipt,
    });
  }

  private async answerLater(
    message: ArrivedMessage,
    behaviour: Behaviour,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { later = {}, held } = behaviour;
    const script = this.receiptScript(message, behaviour);
    const receipt = script && (await this.receiptFor(message, script));
    const deliver = async (): Promise<void> => {
      if (held) await this.hold();
      for (let count = later.times ?? 1; receipt && count > 0; count--)
        await this.deliver(message, receipt, later);
    };
    if (later.early) await deliver();
    await answerRequest(request, response, behaviour, { status: 204, fields: [], body: Buffer.alloc(0) });
    if (!later.early) await deliver();
  }

  /** Undefined when no receipt is to be given. */
  private receiptScript(
    { as2 }: ArrivedMessage,
    { receipt, status, body }: Behaviour,
  ): Exclude<Behaviour['receipt'], 'none'> {
    if (!as2.receipt || receipt === 'none') return undefined;
    return receipt ?? (status === undefined && body === undefined ? {} : undefined);
  }

  private async deliver(
    { as2 }: ArrivedMessage,
    receipt: WrittenReceipt,
    later: NonNullable<Behaviour['later']>,
  ): Promise<void> {
    const url = later.url ?? as2.receipt?.deliveryUrl ?? '';
    const named = as2.messageId === undefined ? {} : { messageId: as2.messageId };
    try {
      const answer = await sendRequest({ url, ...receipt }, later);
      this.deliveries.add({ ...named, ...(answer ? { answer } : {}) });
    } catch (error) {
      this.deliveries.add({ ...named, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  private async hold(): Promise<void> {
    await new Promise<void>((resolve) => this.held.push(resolve));
  }
}

async function newKeyPair(commonName: string): Promise<KeyPair> {
  const { certificatePem, privateKeyPem } = await issueSelfSigned({ commonName });
  const [certificate] = readCertificates(certificatePem);
  if (!certificate) throw new Error('no certificate was issued');
  return makeKeyPair(certificate, readPrivateKey(privateKeyPem));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
