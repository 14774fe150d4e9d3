import { bufferFlow, bufferSource, readAll, type SpillOptions } from '../../src/bytes';
import {
  composeCompressedMessage,
  composeMessage,
  type ComposeOptions,
  type CompressOptions,
  newMessageId,
  openMessage,
  type OpenedMessage,
  type OpenOptions,
} from '../../src/as2';
import { As2Error } from '../../src/errors';
import { Headers } from '../../src/mime';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { payloadBody } from '../support/payload-part';

/** Two stations that know each other: alpha sends, beta receives. */
export interface Stations {
  readonly alpha: TestKeyPair;
  readonly beta: TestKeyPair;
}

export async function stations(): Promise<Stations> {
  const [alpha, beta] = await Promise.all([testKeyPair('alpha'), testKeyPair('beta')]);
  return { alpha, beta };
}

export const alphaName = 'ALPHA';
export const betaName = 'Beta Corp';

/** A message as it arrives. */
export interface Wire {
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Everything stays in memory: for messages of which the layers are the subject. */
export const inMemory: SpillOptions = { directory: '/nonexistent', thresholdBytes: 1024 * 1024 * 1024 };

export function messageOptions(options: Partial<ComposeOptions> = {}): ComposeOptions {
  return {
    from: alphaName,
    to: betaName,
    messageId: newMessageId('alpha.example'),
    subject: 'Order 4711',
    payload: { content: bufferFlow(payloadBody), contentType: 'application/edi-x12', filename: 'po.edi' },
    ...options,
  };
}

export async function composed(options: Partial<ComposeOptions> = {}) {
  const message = composeMessage(messageOptions(options));
  const body = await collect(message.body.chunks);
  const { headers, contentHeaders } = message;
  return { headers, contentHeaders, body, length: message.body.length, mics: message.mics() };
}

export async function composedCompressed(
  options: Partial<ComposeOptions> & { readonly compress: CompressOptions },
) {
  const message = await composeCompressedMessage({ ...messageOptions(options), compress: options.compress });
  const body = await collect(message.body.chunks);
  await message.dispose();
  const { headers, contentHeaders } = message;
  return { headers, contentHeaders, body, length: message.body.length, mics: message.mics() };
}

/** Opens a message as beta, from alpha. */
export async function opened(wire: Wire, options: Partial<OpenOptions> = {}): Promise<OpenedMessage> {
  const { alpha, beta } = await stations();
  return openMessage(
    { headers: wire.headers, body: bufferSource(wire.body) },
    { keys: [beta], signingCertificates: [alpha.certificate], spill: inMemory, ...options },
  );
}

export function wire(fields: Readonly<Record<string, string>>, body: Buffer | string): Wire {
  return { headers: Headers.fromPairs(Object.entries(fields)), body: Buffer.from(body) };
}

export async function payloadBytes(message: OpenedMessage): Promise<Buffer> {
  return collect(message.payload.bytes.open());
}

export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  return readAll(chunks, Infinity, () => new As2Error('unexpected', { reason: 'no limit' }));
}

/** The headers of an HTTP entity that belong to MIME, and its body: what S/MIME tools call a message. */
export function asMimeFile({ headers, body }: Wire): Buffer {
  const mime = headers.entries().filter(([name]) => /^(?:content-|mime-)/i.test(name));
  return Buffer.concat([Headers.fromPairs(mime).toBuffer(), Buffer.from('\r\n'), body]);
}
