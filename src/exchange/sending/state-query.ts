import { randomUUID } from 'node:crypto';
import { bufferSource } from '../../bytes';
import { type As2Error, isAs2Error } from '../../errors';
import { type HttpClient, parseHttpUrl, type PostResponse, statusError } from '../../http';
import { Headers } from '../../mime';
import { isWorthRepeating } from '../retry';

/** How much of a body is with its receiver; or why that cannot be known now. */
export type Held =
  | { readonly heldBytes: number }
  | {
      readonly problem: As2Error;
      /** It was reached, and said "later". */
      readonly answered: boolean;
    };

export interface StateQueryOptions {
  readonly client: HttpClient;
  readonly url: string;
  /** Of the message, with its tag. */
  readonly headers: Headers;
  readonly totalBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Header fields by which a receiver finds the transfer again, beside its tag. */
const QUERY_FIELDS = new Set(['as2-from', 'as2-to', 'as2-version', 'user-agent']);
const NOTHING = bufferSource(Buffer.alloc(0));

/** Asks a receiver how much of a body it has (RST-02). */
export class StateQuery {
  /** Whether what it answers is about the body; unknown until it matters. */
  private counts: boolean | undefined;

  constructor(private readonly o: StateQueryOptions) {}

  /**
   * @returns 0 octets, too, of a receiver that does not know the transfer, or nothing of all this
   * @throws As2Error `http-aborted`
   */
  async held(): Promise<Held> {
    const asked = await this.ask(this.o.headers.get('ETag') ?? '');
    if (!('heldBytes' in asked) || asked.heldBytes === 0) return asked;
    if (this.counts === undefined) {
      // Who knows nothing of this may answer every HEAD with the length of some page.
      const control = await this.ask(`"${randomUUID()}"`);
      if (!('heldBytes' in control)) return control;
      this.counts = control.heldBytes === 0;
    }
    return this.counts && asked.heldBytes <= this.o.totalBytes ? asked : { heldBytes: 0 };
  }

  private async ask(tag: string): Promise<Held> {
    const { client, url, headers, signal } = this.o;
    const fields = headers.entries().filter(([name]) => QUERY_FIELDS.has(name.toLowerCase()));
    let response: PostResponse;
    try {
      response = await client.post({
        method: 'HEAD',
        url,
        headers: Headers.fromPairs([...fields, ['ETag', tag]]),
        body: NOTHING,
        connection: 'fresh',
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (!isAs2Error(error) || error.code === 'http-aborted') throw error;
      return { problem: error, answered: false };
    }
    const problem = statusError(parseHttpUrl(url), 0, response);
    if (problem && isWorthRepeating(problem)) return { problem, answered: true };
    const length = response.headers.get('Content-Length')?.trim() ?? '';
    return { heldBytes: !problem && /^\d{1,15}$/.test(length) ? Number(length) : 0 };
  }
}
