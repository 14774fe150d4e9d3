import { tmpdir } from 'node:os';
import { buffer } from 'node:stream/consumers';
import {
  composeReceipt,
  type Disposition,
  type Mic,
  newMessageId,
  openMessage,
  processed,
  readAs2Headers,
  type RequestHeaders,
} from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { Headers } from '../../src/mime';
import type { Party } from './parties';
import { withHttpServer } from './servers';

/** A message that arrived at the partner. */
export interface Arrived {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly request: RequestHeaders;
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | string;
}

/** What the partner does with a message; each call is one request. */
export type Script = (
  arrived: Arrived,
  partner: TradingPartner,
) => Answer | 'reset' | Promise<Answer | 'reset'>;

/** A remote station that does what its script says; by default it opens every message and gives a true receipt. */
export interface TradingPartner {
  readonly url: string;
  readonly arrived: Arrived[];
  /** A receipt for a message, with what the test wants to be wrong about it. */
  receipt(arrived: Arrived, changes?: ReceiptChanges): Promise<Answer>;
}

export interface ReceiptChanges {
  readonly disposition?: Disposition;
  /** Default: of the content. `none`: left away. */
  readonly mic?: Mic | 'none';
  /** Which message it says to be for. */
  readonly messageId?: string;
  /** Default: the partner itself. `nobody`: not signed. */
  readonly signer?: Party | 'nobody';
  readonly text?: string;
  readonly from?: string;
}

export async function withTradingPartner<T>(
  own: Party,
  peer: Party,
  script: Script | undefined,
  work: (partner: TradingPartner) => Promise<T>,
): Promise<T> {
  const arrived: Arrived[] = [];
  let partner: TradingPartner | undefined;
  return withHttpServer(
    async (incoming, response) => {
      const headers = Headers.fromRawHeaders(incoming.rawHeaders);
      const message: Arrived = { headers, body: await buffer(incoming), request: readAs2Headers(headers) };
      arrived.push(message);
      if (!partner) throw new Error('a request before the partner was there');
      const answer = script ? await script(message, partner) : await partner.receipt(message);
      if (answer === 'reset') incoming.socket.resetAndDestroy();
      else response.writeHead(answer.status, answer.headers.flat()).end(answer.body);
    },
    (url) => {
      partner = {
        url: `${url}/as2`,
        arrived,
        receipt: (message, changes) => receiptFor(message, own, peer, changes),
      };
      return work(partner);
    },
  );
}

async function receiptFor(
  { headers, body, request }: Arrived,
  own: Party,
  peer: Party,
  changes: ReceiptChanges = {},
): Promise<Answer> {
  const opened = await openMessage(
    { headers, body: bufferSource(body) },
    {
      keys: [own.keyPair],
      signingCertificates: [peer.keyPair.certificate],
      spill: { directory: tmpdir(), thresholdBytes: 10_000_000 },
      ...(request.receipt?.micalg ? { micAlgorithms: request.receipt.micalg.values } : {}),
    },
  );
  const { disposition = processed, mic = opened.mic, messageId = request.messageId, signer = own } = changes;
  const receipt = await composeReceipt({
    request: {
      ...request,
      ...(messageId === undefined ? {} : { messageId }),
      toField: changes.from ?? request.toField,
    },
    disposition,
    ...(mic === 'none' ? {} : { mic }),
    text: changes.text ?? 'Thank you.',
    product: 'trading-partner/1',
    messageId: newMessageId('partner.example'),
    ...(signer === 'nobody' || !request.receipt?.protocol ? {} : { sign: { keyPair: signer.keyPair } }),
  });
  return { status: 200, headers: receipt.headers.entries(), body: receipt.body };
}
