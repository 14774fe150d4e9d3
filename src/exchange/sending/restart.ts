import { setTimeout as delay } from 'node:timers/promises';
import { type SizedSource, tap } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import {
  couldNotConnect,
  formatContentRange,
  heldOf,
  type HttpClient,
  parseHttpUrl,
  type PostResponse,
  statusError,
} from '../../http';
import { Headers } from '../../mime';
import type { Clock } from '../../store';
import { isWorthRepeating } from '../retry';
import { type Held, StateQuery } from './state-query';

export interface TransferOptions {
  readonly client: HttpClient;
  readonly url: string;
  /** Of the message, with the tag that names the transfer (RST-01). */
  readonly headers: Headers;
  readonly totalBytes: number;
  /** The body from an octet on. */
  readonly bodyFrom: (first: number) => Promise<SizedSource>;
  /** No attempt was made before, so that nothing can be there. */
  readonly isFirst: boolean;
  /** What the partner is known to have from an earlier attempt. */
  readonly heldBytes: number;
  /** Before it is asked again what it has; when all have passed without progress, the attempt has failed. */
  readonly pausesMs: readonly number[];
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onSent?: ((sentBytes: number) => void) | undefined;
  /** The partner has said what it has. */
  readonly onHeld: (heldBytes: number) => void;
  /** It goes on after a break. */
  readonly onResumed: (heldBytes: number, error: As2Error) => void;
}

/** Nobody has refused the message: its way, or what waits on it, broke off. */
const BROKEN = new Set([408, 500, 502, 504]);
/** A receiver that does not know where it is any more. */
const MOST_RANGES_REFUSED = 3;
/** Less than this is no progress. */
const PROGRESS_BYTES = 64 * 1024;

type Outcome = { readonly response: PostResponse } | { readonly error: As2Error };

/**
 * Brings one body to its receiver, in as many pieces as the line breaks it into, as long as it comes forward
 * (draft-harding-as2-restart-07). A receiver that does not know this just gets everything in one request.
 */
export class RestartableTransfer {
  private heldBytes: number;
  /** The most that was there. */
  private best = 0;
  private stalls = 0;
  private hasSent = false;
  private readonly query: StateQuery;

  constructor(private readonly o: TransferOptions) {
    this.heldBytes = o.heldBytes;
    this.query = new StateQuery(o);
  }

  /** @throws As2Error as `HttpClient.post` */
  async run(): Promise<PostResponse> {
    let first = this.o.isFirst ? 0 : await this.firstOctet();
    for (let refused = 0; ;) {
      this.best = Math.max(this.best, first);
      const outcome = await this.post(first);
      if ('response' in outcome && outcome.response.status === 416 && refused < MOST_RANGES_REFUSED) {
        refused++;
        first = await this.afterRefusal(outcome.response);
        continue;
      }
      const problem = this.problemOf(outcome);
      const next = problem && (await this.goOn(problem));
      if (next !== undefined) {
        first = next;
        refused = 0;
      } else if ('error' in outcome) throw outcome.error;
      else return outcome.response;
    }
  }

  /** Where a later attempt begins. RST-06: what was there once is asked for again, not sent again. */
  private async firstOctet(): Promise<number> {
    let asked = await this.ask();
    for (const pauseMs of this.o.pausesMs) {
      if ('heldBytes' in asked || !asked.answered) break;
      await this.pause(pauseMs);
      asked = await this.ask();
    }
    if ('heldBytes' in asked) return this.octetAfter(asked.heldBytes);
    if (this.heldBytes > 0) throw asked.problem;
    return 0;
  }

  /** @returns why it broke, when it did; a refusal is none */
  private problemOf(outcome: Outcome): As2Error | undefined {
    if ('response' in outcome) {
      const { response } = outcome;
      if (!BROKEN.has(response.status)) return undefined;
      return statusError(parseHttpUrl(this.o.url), this.o.totalBytes, response);
    }
    const { error } = outcome;
    return this.hasSent && isBreak(error) ? error : undefined;
  }

  /** @returns the octet to go on with; undefined, when it does not come forward */
  private async goOn(problem: As2Error): Promise<number | undefined> {
    const { pausesMs, totalBytes, onResumed } = this.o;
    while (this.stalls < pausesMs.length) {
      await this.pause(pausesMs[this.stalls++] ?? 0);
      const asked = await this.ask();
      if (!('heldBytes' in asked)) continue;
      const { heldBytes } = asked;
      // Not known there, or nothing left of it.
      if (heldBytes === 0) return undefined;
      const isForward =
        heldBytes - this.best >= PROGRESS_BYTES || (heldBytes === totalBytes && heldBytes > this.best);
      if (isForward) this.stalls = 0;
      this.best = Math.max(this.best, heldBytes);
      onResumed(heldBytes, problem);
      return this.octetAfter(heldBytes);
    }
    return undefined;
  }

  /** RST-04. */
  private async afterRefusal({ headers }: PostResponse): Promise<number> {
    const heldBytes = heldOf(headers);
    if (heldBytes === undefined || heldBytes > this.o.totalBytes) return this.firstOctet();
    this.note(heldBytes);
    return this.octetAfter(heldBytes);
  }

  /** RST-05: at least the last octet is posted, because the receipt comes in the answer. */
  private octetAfter(heldBytes: number): number {
    return Math.min(heldBytes, this.o.totalBytes - 1);
  }

  private async post(first: number): Promise<Outcome> {
    const { client, url, headers, totalBytes, bodyFrom, signal, onSent } = this.o;
    const body = await bodyFrom(first);
    const sent = (bytes: number): void => {
      this.hasSent = true;
      onSent?.(first + bytes);
    };
    try {
      const range = formatContentRange(first, totalBytes);
      const response = await client.post({
        url,
        headers: Headers.fromPairs([...headers.entries(), ['Content-Range', range]]),
        body: watched(body, sent),
        // A kept connection would be tried again by itself, from the beginning.
        connection: 'fresh',
        ...(signal ? { signal } : {}),
      });
      return { response };
    } catch (error) {
      if (!isAs2Error(error)) throw error;
      return { error };
    }
  }

  private async ask(): Promise<Held> {
    const asked = await this.query.held();
    if ('heldBytes' in asked) this.note(asked.heldBytes);
    return asked;
  }

  private note(heldBytes: number): void {
    this.heldBytes = heldBytes;
    this.o.onHeld(heldBytes);
  }

  /** @throws As2Error `http-aborted` */
  private async pause(ms: number): Promise<void> {
    const { clock, signal, url } = this.o;
    await waiting(ms, clock, signal);
    if (signal?.aborted) throw new As2Error('http-aborted', { host: parseHttpUrl(url).hostname });
  }
}

/** The line, and not the message or our own disk. */
function isBreak(error: As2Error): boolean {
  return error.code !== 'http-aborted' && (isWorthRepeating(error) || couldNotConnect(error));
}

function watched(body: SizedSource, onSent: (sentBytes: number) => void): SizedSource {
  return {
    length: body.length,
    open() {
      let sent = 0;
      return tap(body.open(), (chunk) => onSent((sent += chunk.length)));
    },
  };
}

/** Ends early when it is not wanted any more. */
async function waiting(ms: number, clock: Clock | undefined, signal: AbortSignal | undefined): Promise<void> {
  // Who has no clock waits for the outcome, and nothing else may keep the process alive meanwhile.
  if (!clock) return delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
