import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { bufferSource } from '../../src/bytes';
import { openReceipt, type Receipt } from '../../src/as2';
import { As2Error } from '../../src/errors';
import { allowedReceiptUrl } from '../../src/exchange/receiving/receipt-address';
import { Headers } from '../../src/mime';
import { alphaAndBeta } from '../partner/parties';
import { receiving } from '../partner/receiving';
import { withHttpServer } from '../partner/servers';
import type { StationOptions } from '../partner/station';
import { composeWire } from '../partner/wire-message';

describe('exchange: asynchronous receipts', () => {
  it('HTTP-12, MDN-13: 204 first, then the receipt to the address the partner names', async () => {
    const steps: string[] = [];
    const handOver: StationOptions['handOver'] = async () => {
      while (!steps.includes('answered')) await new Promise((resolve) => setTimeout(resolve, 5));
      return { accept: true };
    };
    await withReceiptAddress(200, async ({ address, received }) => {
      const partner = { receiptHosts: ['127.0.0.1'] };
      await receiving({ partner, handOver }, async ({ alpha, beta, post, station }) => {
        const answer = await post(
          await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } }),
        );
        steps.push('answered');
        assert.deepEqual([answer.status, answer.body.length], [204, 0]);
        assert.equal(answer.headers.has('Content-Length'), false);
        const sent = await station.event('receipt-sent');
        assert.equal(sent.httpStatus, 200);
        const [got] = received;
        assert.ok(got);
        assert.equal(got.headers.get('AS2-From'), '"Beta Corp"');
        assert.equal(got.headers.get('AS2-To'), 'ALPHA');
        assert.ok(got.headers.get('Message-ID'));
        assert.ok(got.headers.get('Subject'));
        assert.equal(got.headers.has('Disposition-Notification-To'), false);
        assert.equal(got.receipt.dispositionText, 'automatic-action/MDN-sent-automatically; processed');
        assert.equal(got.receipt.signature?.status, 'verified');
        assert.equal(station.messages[0]?.receipt.delivery, 'async');
      });
    });
  });

  it('a bad message: 204 and an error receipt later; a repeat: the same receipt again', async () => {
    await withReceiptAddress(204, async ({ address, received }) => {
      await receiving(
        { partner: { receiptHosts: ['127.0.0.1'] } },
        async ({ alpha, beta, post, station }) => {
          const receipt = { signed: true, deliveryUrl: address };
          const bad = await composeWire(alpha, beta, { receipt, protection: 'encrypted' });
          assert.equal((await post(bad)).status, 204);
          await station.event('receipt-sent');
          assert.match(received[0]?.receipt.dispositionText ?? '', /insufficient-message-security/);

          const good = await composeWire(alpha, beta, { receipt });
          for (const at of [1, 2]) {
            assert.equal((await post(good)).status, 204);
            await station.event('receipt-sent');
            assert.equal(received.length, at + 1);
          }
          assert.ok(received[1]?.body.equals(received[2]?.body ?? Buffer.alloc(0)));
          assert.equal(station.messages.length, 1);
        },
      );
    });
  });

  it('SEC-09: an address that is not the partner’s is not called; the message is processed', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await receiving({}, async ({ alpha, beta, post, station }) => {
        for (const deliveryUrl of [address, 'http://localhost:1880/']) {
          const receipt = { signed: true, deliveryUrl };
          assert.equal((await post(await composeWire(alpha, beta, { receipt }))).status, 204);
          const { error } = await station.event('receipt-not-sent');
          assert.equal(error?.code, 'receipt-url-refused');
        }
        assert.equal(received.length, 0);
        assert.equal(station.messages.length, 2);
      });
    });
  });

  it('SEC-09: which addresses are called', () => {
    const partner = {
      name: 'beta',
      url: 'https://as2.beta.example:4080/in',
      receiptHosts: ['mdn.beta.example:8080', '10.0.0.7'],
    };
    const called = [
      'https://as2.beta.example:4080/mdn?x=1',
      'http://as2.beta.example/',
      'https://AS2.beta.example/',
      'http://mdn.beta.example:8080/',
      'http://10.0.0.7:1234/',
    ];
    const refused = [
      'https://as2.beta.example:22/',
      'http://mdn.beta.example/',
      'http://169.254.169.254/latest/meta-data',
      'http://localhost:1880/',
      'http://[::1]/',
      'https://as2.beta.example.evil.example/',
      'https://as2.beta.example@evil.example/',
      'https://user:canary@as2.beta.example:4080/',
      'file:///etc/passwd',
      'mailto:edi@beta.example',
      'beta',
    ];
    for (const url of called) assert.equal(allowedReceiptUrl(url, partner).href, new URL(url).href);
    for (const url of refused) {
      assert.throws(
        () => allowedReceiptUrl(url, partner),
        (error) => {
          assert.ok(error instanceof As2Error);
          assert.equal(error.code, 'receipt-url-refused');
          assert.doesNotMatch(error.message, /canary/);
          return true;
        },
        url,
      );
    }
  });
});

interface Got {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly receipt: Receipt;
}

/** Where the partner takes receipts. */
async function withReceiptAddress(
  status: number,
  work: (o: { address: string; received: Got[] }) => Promise<void>,
): Promise<void> {
  const received: Got[] = [];
  const { beta } = await alphaAndBeta();
  await withHttpServer(
    async (request, response) => {
      const body = await buffer(request);
      const headers = Headers.fromRawHeaders(request.rawHeaders);
      const signingCertificates = [beta.keyPair.certificate];
      received.push({
        headers,
        body,
        receipt: await openReceipt({ headers, body: bufferSource(body) }, { signingCertificates }),
      });
      response.writeHead(status).end();
    },
    (url) => work({ address: `${url}/mdn`, received }),
  );
}
