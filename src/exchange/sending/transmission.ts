import { isReceipt, looksLikeReceipt } from '../../as2';
import { bufferSource, type SizedSource, tap } from '../../bytes';
import { As2Error, isAs2Error, toAs2Error } from '../../errors';
import { couldNotConnect, type HttpClient, parseHttpUrl, type PostResponse, statusError } from '../../http';
import type { Headers } from '../../mime';
import { asStoreError, type Clock, systemClock } from '../../store';
import { clientFor } from '../clients';
import type { Emit } from '../events';
import type { ReceiptBytes } from '../receipt-file';
import type { Relationship } from '../types';
import type { OutgoingFacts } from './outgoing-facts';
import type { OutgoingMessage } from './outgoing-message';
import { checkReceipt, readReceipt } from './receipt-check';
import { RestartableTransfer } from './restart';
import { restartPauses } from './restart-settings';

export interface TransmissionOptions {
  readonly message: OutgoingMessage;
  readonly relationship: Relationship;
  readonly emit: Emit;
  readonly clock?: Clock;
  /** A repeat takes a new connection: the last one may have broken (HTTP-17). */
  readonly connection: 'kept' | 'fresh';
  readonly signal?: AbortSignal | undefined;
  /** Told how many octets of the body are on their way. */
  readonly onSent?: ((sentBytes: number) => void) | undefined;
  /** Told whenever it goes on after the line broke. */
  readonly onResumed?: (() => void) | undefined;
}

/** What one attempt came to. */
export interface Transmitted {
  readonly facts: Pick<OutgoingFacts, 'sentAt' | 'httpStatus' | 'receipt' | 'heldBytes'>;
  /** The partner has taken the message; its receipt comes later. */
  readonly awaitsReceipt?: boolean;
  /** The answer, where a receipt was expected or found in it; to be kept. */
  readonly answer?: ReceiptBytes;
  /** Why the message has not reached the partner, or why its receipt is not the proof that was asked for. */
  readonly error?: As2Error;
}

/** One attempt to get a spooled message to its partner. It never throws and writes nothing. */
export async function transmit(o: TransmissionOptions): Promise<Transmitted> {
  const attempt = new Attempt(o);
  try {
    return await attempt.run();
  } catch (reason) {
    return { ...attempt.result, error: failureOf(reason, o) };
  }
}

class Attempt {
  result: Transmitted = { facts: {} };

  constructor(private readonly o: TransmissionOptions) {}

  async run(): Promise<Transmitted> {
    const { message, relationship } = this.o;
    const { url, response } = await this.postToFirst(urlsOf(relationship));
    const refusal = statusError(parseHttpUrl(url), message.sizeBytes, response);
    if (refusal) {
      // HTTP-10: a receipt in a refusal is shown, and the transfer has failed all the same.
      if (looksLikeReceipt(response.headers)) await this.receiptIn(response).catch(() => undefined);
      return { ...this.result, error: refusal };
    }
    const { receiptWanted, receiptDelivery } = message.facts;
    if (receiptWanted === 'none') {
      if (looksLikeReceipt(response.headers)) await this.reportUnexpected(response);
      return this.result;
    }
    // Some products answer with the receipt although they were asked to send it later.
    if (receiptDelivery === 'async' && !(await isReceiptAnswer(response))) {
      return { ...this.result, awaitsReceipt: true };
    }
    const problem = await this.receiptIn(response);
    return problem ? { ...this.result, error: problem } : this.result;
  }

  /** Another address is tried when there is no connection to one; what was answered, or broke, is not asked again. */
  private async postToFirst(
    urls: readonly string[],
  ): Promise<{ readonly url: string; readonly response: PostResponse }> {
    const [url = '', ...others] = urls;
    try {
      return { url, response: await this.post(url) };
    } catch (error) {
      if (others.length === 0 || !couldNotConnect(error)) throw error;
      return this.postToFirst(others);
    }
  }

  private async post(url: string): Promise<PostResponse> {
    const { message, relationship, connection, signal, emit } = this.o;
    const client = clientFor(relationship.partner.connection);
    const headers = await message.headers();
    const response = headers.has('ETag')
      ? await this.restartable(client, url, headers).run()
      : await client.post({
          url,
          headers,
          body: this.watched(await message.body()),
          connection,
          parallel: relationship.partner.parallel,
          ...(signal ? { signal } : {}),
        });
    const sentAt = new Date((this.o.clock ?? systemClock).now()).toISOString();
    this.result = { facts: { ...this.result.facts, sentAt, httpStatus: response.status } };
    emit('message-sent', { httpStatus: response.status });
    return response;
  }

  private restartable(client: HttpClient, url: string, headers: Headers): RestartableTransfer {
    const { message, relationship, clock, signal, emit, onSent, onResumed } = this.o;
    return new RestartableTransfer({
      client,
      url,
      headers,
      totalBytes: message.sizeBytes,
      bodyFrom: (first) => message.bodyFrom(first),
      isFirst: message.isFresh,
      heldBytes: message.facts.heldBytes ?? 0,
      pausesMs: restartPauses(relationship.partner.sending),
      clock,
      signal,
      onSent,
      onHeld: (heldBytes) => {
        this.result = { ...this.result, facts: { ...this.result.facts, heldBytes } };
      },
      onResumed: (heldBytes, error) => {
        emit('send-resumed', { heldBytes, error });
        onResumed?.();
      },
    });
  }

  private watched(body: SizedSource): SizedSource {
    const { onSent } = this.o;
    if (!onSent) return body;
    return {
      length: body.length,
      open() {
        let sent = 0;
        return tap(body.open(), (chunk) => onSent((sent += chunk.length)));
      },
    };
  }

  /** Judges the receipt in an answer. @returns why it is not the proof that was asked for */
  private async receiptIn({ headers, body }: PostResponse): Promise<As2Error | undefined> {
    const { message, relationship, emit } = this.o;
    const { facts } = this.result;
    if (body.length > 0) this.result = { facts, answer: { headers, body } };
    const receipt = await readReceipt({ headers, body }, relationship);
    const { verdict, report } = await checkReceipt(receipt, message, relationship);
    this.result = { ...this.result, facts: { ...facts, receipt: report } };
    const { problem } = verdict;
    emit('receipt-received', { disposition: report.disposition, ...(problem ? { error: problem } : {}) });
    return problem;
  }

  /** HTTP-20: nobody asked for it, so it changes nothing. */
  private async reportUnexpected(response: PostResponse): Promise<void> {
    const { relationship, emit } = this.o;
    const receipt = await readReceipt(response, relationship).catch(() => undefined);
    if (receipt) emit('receipt-unexpected', { disposition: receipt.dispositionText });
  }
}

async function isReceiptAnswer({ headers, body }: PostResponse): Promise<boolean> {
  return body.length > 0 && isReceipt({ headers, body: bufferSource(body) });
}

/** @throws As2Error `partner-url-missing`, `http-url-invalid` */
function urlsOf({ partner }: Relationship): readonly string[] {
  if (partner.url === undefined) throw new As2Error('partner-url-missing', { partner: partner.name });
  const urls = [partner.url, ...(partner.urls ?? [])];
  for (const url of urls) parseHttpUrl(url);
  return urls;
}

function failureOf(reason: unknown, { message, relationship }: TransmissionOptions): As2Error {
  if (isAs2Error(reason) && reason.code === 'http-aborted') {
    const facts = { messageId: message.facts.messageId, partner: relationship.partner.name };
    return new As2Error('send-aborted', facts, { cause: reason });
  }
  return asStoreError(reason, message.folder.path) ?? toAs2Error(reason);
}
