import { composeMessage, type ComposeOptions, newMessageId, openReceipt, type Receipt } from '../../src/as2';
import { bufferFlow, bufferSource } from '../../src/bytes';
import { Headers } from '../../src/mime';
import { collect } from './chunks';
import { testKeyPair } from './keys';

export interface RawRequest {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: globalThis.Headers;
  readonly body: Buffer;
  /** Read as a receipt of Bob. */
  receipt(): Promise<Receipt>;
}

/** A message of Alice to Bob as bytes, signed, encrypted and with a wish for a signed receipt, to be broken by a test. */
export async function messageOfAlice(changes: Partial<ComposeOptions> = {}): Promise<RawRequest> {
  const alice = await testKeyPair('Alice');
  const bob = await testKeyPair('Bob');
  const composed = composeMessage({
    from: 'Alice',
    to: 'Bob B',
    messageId: newMessageId('alice.example'),
    payload: { content: bufferFlow(Buffer.from('an order')), contentType: 'text/plain' },
    sign: { keyPair: alice, digest: 'sha-256' },
    encrypt: { recipients: [bob.certificate], cipher: 'aes-256-cbc' },
    receipt: { signed: true },
    ...changes,
  });
  const body = await collect(composed.body.chunks);
  return { headers: Object.fromEntries(composed.headers.entries()), body };
}

export async function post(url: string, { headers, body }: RawRequest): Promise<RawResponse> {
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  const received = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    body: received,
    async receipt() {
      const { certificate } = await testKeyPair('Bob');
      const fields = Headers.fromPairs([...response.headers]);
      return openReceipt(
        { headers: fields, body: bufferSource(received) },
        { signingCertificates: [certificate] },
      );
    },
  };
}
