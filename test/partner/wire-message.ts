import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { composeMessage, type ComposeOptions, newMessageId, openReceipt, type Receipt } from '../../src/as2';
import { bufferFlow, bufferSource, readAll } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { Headers } from '../../src/mime';
import type { Certificate } from '../../src/pki';
import type { Party } from './parties';

/** A message as it travels, to be changed before it is posted. */
export interface WireMessage {
  readonly headers: Headers;
  readonly body: Buffer;
  /** Of the sender. */
  readonly localAddress?: string;
}

export interface WireOptions extends Partial<Omit<ComposeOptions, 'payload' | 'receipt'>> {
  readonly payload?: Buffer;
  readonly contentType?: string;
  readonly filename?: string;
  /** Default: a signed synchronous one. */
  readonly receipt?: ComposeOptions['receipt'] | 'none';
  /** Default: signed and encrypted. */
  readonly protection?: 'signed+encrypted' | 'signed' | 'encrypted' | 'none';
}

export const ORDER = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA+260303:1015+1'UNZ+0+1'\r\n");

/** What a partner of ours sends. */
export async function composeWire(from: Party, to: Party, options: WireOptions = {}): Promise<WireMessage> {
  const {
    payload = ORDER,
    contentType = 'application/edifact',
    filename = 'order.edi',
    receipt,
    protection = 'signed+encrypted',
    ...rest
  } = options;
  const composed = composeMessage({
    from: from.as2Name,
    to: to.as2Name,
    messageId: newMessageId('partner.example'),
    ...(protection.startsWith('signed') ? { sign: { keyPair: from.keyPair, digest: 'sha-256' } } : {}),
    ...(protection.endsWith('encrypted')
      ? { encrypt: { recipients: [to.keyPair.certificate], cipher: 'aes-256-cbc' } }
      : {}),
    ...(receipt === 'none' ? {} : { receipt: receipt ?? { signed: true } }),
    ...rest,
    payload: { content: bufferFlow(payload), contentType, filename },
  });
  const body = await readAll(composed.body.chunks, 100_000_000, tooMuch);
  return { headers: composed.headers, body };
}

/** The same header fields with some replaced, added, or (undefined) left away. */
export function withHeaders(
  message: WireMessage,
  changes: Readonly<Record<string, string | undefined>>,
): WireMessage {
  const names = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  const kept = message.headers.entries().filter(([name]) => !names.has(name.toLowerCase()));
  const added = Object.entries(changes).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return { ...message, headers: Headers.fromPairs([...kept, ...added]) };
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export async function postWire(
  url: string,
  { headers, body, localAddress }: WireMessage,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent: false, localAddress }, (response) => {
      buffer(response).then((answered) => {
        const { statusCode: status = 0, rawHeaders } = response;
        resolve({ status, headers: Headers.fromRawHeaders(rawHeaders), body: answered });
      }, reject);
    });
    request.on('error', reject);
    for (const [name, value] of headers.entries()) request.setHeader(name, value);
    request.setHeader('Content-Length', body.length);
    request.end(body);
  });
}

export async function receiptIn(answer: WireAnswer, ...signingCertificates: Certificate[]): Promise<Receipt> {
  return openReceipt({ headers: answer.headers, body: bufferSource(answer.body) }, { signingCertificates });
}

function tooMuch(): As2Error {
  return new As2Error('truncated', { expected: 0 });
}
