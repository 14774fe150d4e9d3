import { buffer } from 'node:stream/consumers';
import { openReceipt, type Receipt } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { Headers } from '../../src/mime';
import { alphaAndBeta } from './parties';
import { withHttpServer } from './servers';

/** A receipt that Beta has brought to its partner. */
export interface BroughtReceipt {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly receipt: Receipt;
}

export interface ReceiptAddress {
  readonly address: string;
  readonly received: BroughtReceipt[];
  /** What the next ones are answered with. */
  status: number;
  /** Header fields of the answer. */
  fields: Record<string, string>;
  /** Holds the answers back while it is set. */
  gate: Promise<void> | undefined;
}

/** Where a partner takes asynchronous receipts. */
export async function withReceiptAddress(
  status: number,
  work: (o: ReceiptAddress) => Promise<void>,
): Promise<void> {
  const { beta } = await alphaAndBeta();
  const signingCertificates = [beta.keyPair.certificate];
  let at: ReceiptAddress | undefined;
  await withHttpServer(
    async (request, response) => {
      const body = await buffer(request);
      const headers = Headers.fromRawHeaders(request.rawHeaders);
      const receipt = await openReceipt({ headers, body: bufferSource(body) }, { signingCertificates });
      at?.received.push({ headers, body, receipt });
      await at?.gate;
      response.writeHead(at?.status ?? status, at?.fields).end('<html>thank you</html>');
    },
    async (url) => {
      at = { address: `${url}/mdn`, received: [], status, fields: {}, gate: undefined };
      await work(at);
    },
  );
}
