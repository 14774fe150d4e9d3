import { judgeReceiptOf, looksLikeReceipt, openReceipt, type Receipt, type SentContent } from '../../as2';
import { bufferSource } from '../../bytes';
import { As2Error, isAs2Error, toAs2Error } from '../../errors';
import { parseHttpUrl, type PostResponse, statusError } from '../../http';
import { asStoreError } from '../../store';
import { clientFor } from '../clients';
import { type Emit, emitterFor } from '../events';
import { type OutgoingFacts, type SpooledMessage, spoolMessage } from './outgoing-folder';
import { reportReceipt } from '../receipt-report';
import { receiptFile } from '../receipt-file';
import { messageIdFor, planSending, type SendPlan } from './send-plan';
import type { ReceiptReport, SendOptions, SendOutcome, SentMessage } from '../types';

/**
 * Sends a message and waits for its synchronous receipt: composed, spooled, posted, the receipt opened, its MIC
 * compared with that of what was sent (RCV-03). It makes one attempt.
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
    const plan = planSending(o, messageId);
    if (o.signal?.aborted) throw new As2Error('send-aborted', { messageId, partner: partner.name });
    const spooled = await spoolMessage(o, plan);
    return await new Transmission(o, plan, spooled, draft, emit).run();
  } catch (error) {
    const problem = asStoreError(error, o.spool.directory) ?? toAs2Error(error);
    emit('send-failed', { error: problem });
    return { ...draft, ok: false, error: problem };
  }
}

/** What is found out about a transfer, step by step. */
type Progress = Pick<OutgoingFacts, 'sentAt' | 'httpStatus' | 'receipt'>;

/** One attempt to get a spooled message to its partner, and the record of it. */
class Transmission {
  private progress: Progress = {};

  constructor(
    private readonly o: SendOptions,
    private readonly plan: SendPlan,
    private readonly spooled: SpooledMessage,
    private readonly draft: SentMessage,
    private readonly emitPlain: Emit,
  ) {}

  async run(): Promise<SendOutcome> {
    const { sizeBytes } = this.spooled.folder.record.facts;
    this.emit('message-composed', sizeBytes === undefined ? {} : { sizeBytes });
    try {
      await this.transfer();
      return await this.finish(undefined);
    } catch (reason) {
      return this.finish(this.failureOf(reason));
    }
  }

  /** @throws As2Error, when the partner has not taken the message, or has not proved it as it was asked to */
  private async transfer(): Promise<void> {
    const { partner } = this.o;
    const response = await this.post();
    const refusal = statusError(parseHttpUrl(this.plan.url), this.sizeBytes, response);
    if (refusal) {
      // HTTP-10: a receipt in a refusal is shown, and the transfer has failed all the same.
      if (looksLikeReceipt(response.headers)) await this.readReceipt(response).catch(() => undefined);
      throw refusal;
    }
    if (partner.sending.receipt === 'none') {
      if (looksLikeReceipt(response.headers)) await this.reportUnexpected(response);
      return;
    }
    const problem = await this.readReceipt(response);
    if (problem) throw problem;
  }

  private async post(): Promise<PostResponse> {
    const { o, spooled } = this;
    const response = await clientFor(o.partner.connection).post({
      url: this.plan.url,
      headers: spooled.headers,
      body: await spooled.folder.source('request.raw'),
      ...(o.signal ? { signal: o.signal } : {}),
    });
    this.progress = { sentAt: new Date().toISOString(), httpStatus: response.status };
    this.emit('message-sent', { httpStatus: response.status });
    return response;
  }

  /** Keeps the receipt and judges it. @returns why it is not the proof that was asked for */
  private async readReceipt(response: PostResponse): Promise<As2Error | undefined> {
    const { identity, partner } = this.o;
    if (response.body.length > 0) {
      await this.spooled.folder.add('receipt', receiptFile(response.headers, response.body));
    }
    const receipt = await this.openReceipt(response);
    const verdict = await judgeReceiptOf(await this.sentContent(), receipt, {
      messageId: this.draft.messageId,
      mics: this.spooled.mics,
      signedRequired: partner.sending.receipt === 'signed',
      ownAs2Name: identity.as2Name,
      partnerAs2Name: partner.as2Name,
    });
    const report: ReceiptReport = reportReceipt(receipt, verdict);
    this.progress = { ...this.progress, receipt: report };
    const { problem } = verdict;
    this.emit('receipt-received', {
      disposition: report.disposition,
      ...(problem ? { error: problem } : {}),
    });
    return problem;
  }

  /** For another look, when the receipt does not fit. */
  private async sentContent(): Promise<SentContent> {
    const { o, plan, spooled } = this;
    const { signed, encrypted } = this.draft;
    const { compress: compressed } = plan;
    const request = { headers: spooled.headers, body: await spooled.folder.source('request.raw') };
    // Unprotected content lies in the spool; a payload that was a stream is gone.
    const body = signed || encrypted || compressed ? o.payload.content : request.body;
    return { entity: { headers: spooled.contentHeaders, body }, signed, encrypted, compressed, request };
  }

  private async openReceipt({ headers, body }: PostResponse): Promise<Receipt> {
    const { signingCertificates } = this.o.partner;
    return openReceipt({ headers, body: bufferSource(body) }, { signingCertificates });
  }

  /** HTTP-20: nobody asked for it, so it changes nothing. */
  private async reportUnexpected(response: PostResponse): Promise<void> {
    const receipt = await this.openReceipt(response).catch(() => undefined);
    if (receipt) this.emit('receipt-unexpected', { disposition: receipt.dispositionText });
  }

  private failureOf(reason: unknown): As2Error {
    const { messageId } = this.draft;
    if (isAs2Error(reason) && reason.code === 'http-aborted') {
      return new As2Error('send-aborted', { messageId, partner: this.o.partner.name }, { cause: reason });
    }
    return asStoreError(reason, this.spooled.folder.path) ?? toAs2Error(reason);
  }

  private async finish(error: As2Error | undefined): Promise<SendOutcome> {
    const { folder } = this.spooled;
    const { sizeBytes, mic } = folder.record.facts;
    const unrecorded = await this.record(error);
    const problem = error ?? unrecorded;
    const message: SentMessage = {
      ...this.draft,
      exchangeId: folder.record.id,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(mic === undefined ? {} : { mic }),
      ...this.progress,
    };
    this.emit(problem ? 'send-failed' : 'send-completed', problem ? { error: problem } : {});
    return problem ? { ...message, ok: false, error: problem } : { ...message, ok: true };
  }

  /** @returns why the record could not be written */
  private async record(error: As2Error | undefined): Promise<As2Error | undefined> {
    const outcome = error ? { error: { code: error.code, message: error.message } } : {};
    try {
      await this.spooled.folder.advance(error ? 'failed' : 'completed', { ...this.progress, ...outcome });
      return undefined;
    } catch (reason) {
      return toAs2Error(reason);
    }
  }

  private get sizeBytes(): number {
    return this.spooled.folder.record.facts.sizeBytes ?? 0;
  }

  private readonly emit: Emit = (type, details = {}) => {
    this.emitPlain(type, { exchangeId: this.spooled.folder.record.id, ...details });
  };
}
