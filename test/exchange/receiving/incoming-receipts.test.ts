import assert from 'node:assert/strict';
import { composeReceipt, newMessageId, processed, readAs2Headers } from '../../../src/as2';
import { bufferSource } from '../../../src/bytes';
import { As2Error } from '../../../src/errors';
import {
  Outbox,
  type ReceiptTaker,
  type Relationship,
  type SendOutcome,
  stationDirectory,
} from '../../../src/exchange';
import { entityFlow, Headers } from '../../../src/mime';
import { alphaAndBeta, type Party, relationshipOf } from '../../partner/parties';
import { receiving } from '../../partner/receiving';
import { withHttpServer } from '../../partner/servers';
import { openStation, type OpenStation } from '../../partner/station';
import { composeWire, ORDER, type WireMessage, withHeaders } from '../../partner/wire-message';
import { opensslSign } from '../../support/openssl-cms';
import { withTempDirectory } from '../../support/temp';
import { bufferFlow, readAll } from '../../../src/bytes';

describe('exchange: receipts that arrive', () => {
  it('HTTP-12, MDN-13, RCV-02: there and back between two stations, with asynchronous receipts', async () => {
    await withTwoStations(async ({ alpha, beta, outbox, relationship }) => {
      const outcome = new Promise<SendOutcome>((resolve) => outbox.attach('node', { outcome: resolve }));
      await outbox.submit({
        ...relationship,
        owner: 'node',
        payload: { content: bufferSource(ORDER), contentType: 'application/edifact', filename: 'o.edi' },
      });
      const { ok, error, receipt } = await outcome;
      assert.equal(error, undefined);
      assert.equal(ok, true);
      assert.deepEqual([receipt?.signed, receipt?.micMatches], [true, true]);
      assert.equal(beta.messages.length, 1);
      assert.equal((await beta.event('receipt-sent')).httpStatus, 200);
      await alpha.event('receipt-arrived');
      assert.equal(alpha.messages.length, 0, 'no message for the flow');
    });
  });

  it('RCV-01, MDN-11: every shape is known as a receipt, answered empty, and never causes one', async () => {
    const taken: Relationship[] = [];
    await receiving({ outbox: takerOf('matched', taken) }, async ({ alpha, beta, post, station }) => {
      const unsigned = await receiptOf(alpha, beta, { signed: false });
      const signed = await receiptOf(alpha, beta, { signed: true });
      const report = await opensslSign(await entityBytes(unsigned), alpha.keyPair, '-nodetach');
      const boundary = /boundary="?([^";]+)/.exec(unsigned.headers.get('Content-Type') ?? '')?.[1] ?? '';
      const notification = unsigned.body.toString('latin1').split(`--${boundary}`)[2] ?? '';
      const shapes: [string, WireMessage][] = [
        ['unsigned report', unsigned],
        ['signed report', signed],
        ['opaque signed', withBody(unsigned, 'application/pkcs7-mime; smime-type=signed-data', report)],
        [
          'bare notification',
          withBody(
            unsigned,
            'Message/Disposition-Notification',
            Buffer.from(notification.slice(notification.indexOf('\r\n\r\n') + 4), 'latin1'),
          ),
        ],
        [
          'report without its type',
          withHeaders(unsigned, { 'Content-Type': `Multipart/Report; boundary="${boundary}"` }),
        ],
      ];
      for (const [title, shape] of shapes) {
        // It asks for a receipt itself, signed and at an address: nothing must come of it.
        const answer = await post(
          withHeaders(shape, {
            'Disposition-Notification-To': 'edi@alpha.example',
            'Receipt-Delivery-Option': 'http://127.0.0.1:9/',
          }),
        );
        assert.deepEqual([answer.status, answer.body.length], [200, 0], title);
        await station.event('receipt-arrived');
        assert.equal(taken.splice(0).length, 1, title);
      }
      assert.equal(station.messages.length, 0);
      assert.ok(station.events.every(({ type }) => type === 'receipt-arrived'));
    });
  });

  it('a signed document is a message, whatever it is called', async () => {
    const taken: Relationship[] = [];
    await receiving({ outbox: takerOf('matched', taken) }, async ({ alpha, beta, post, station }) => {
      await post(await composeWire(alpha, beta, { filename: 'disposition-notification.txt' }));
      assert.deepEqual([station.messages.length, taken.length], [1, 0]);
    });
  });

  it('RCV-02: late and unknown ones are acknowledged, one that proves nothing is not', async () => {
    for (const [arrival, status] of [
      ['matched', 200],
      ['late', 200],
      ['unknown', 200],
      ['refused', 403],
    ] as const) {
      await receiving({ outbox: takerOf(arrival) }, async ({ alpha, beta, post }) => {
        assert.equal((await post(await receiptOf(alpha, beta, { signed: true }))).status, status, arrival);
      });
    }
  });

  it('HTTP-13: a receipt that could not be made durable: 503, and its sender comes again', async () => {
    const outbox: ReceiptTaker = {
      async receiptArrived() {
        throw new As2Error('store-full', { path: '/secret/spool' });
      },
    };
    await receiving({ outbox }, async ({ alpha, beta, post, station }) => {
      const answer = await post(await receiptOf(alpha, beta, { signed: true }));
      assert.equal(answer.status, 503);
      assert.ok(answer.headers.get('Retry-After'));
      assert.doesNotMatch(answer.body.toString(), /secret/);
      assert.equal((await station.event('request-refused')).error?.code, 'store-full');
    });
  });

  it('SEC-11: larger than receipts are: 413', async () => {
    const taken: Relationship[] = [];
    await receiving({ outbox: takerOf('matched', taken) }, async ({ alpha, beta, post, station }) => {
      for (const signed of [false, true]) {
        const receipt = await receiptOf(alpha, beta, { signed });
        const large = { ...receipt, body: Buffer.concat([receipt.body, Buffer.alloc(4 * 1024 * 1024)]) };
        assert.equal((await post(large)).status, 413);
        const { error } = await station.event('request-refused');
        assert.equal(error?.code, signed ? 'receipt-too-large' : 'request-too-large');
      }
      assert.equal(taken.length, 0);
    });
  });
});

function takerOf(
  arrival: Awaited<ReturnType<ReceiptTaker['receiptArrived']>>,
  taken: Relationship[] = [],
): ReceiptTaker {
  return {
    async receiptArrived({ body }, relationship) {
      await readAll(body.open(), 10_000_000, () => new As2Error('truncated', { expected: 0 }));
      taken.push(relationship);
      return arrival;
    },
  };
}

/** What `from` says about a message of `to`. */
async function receiptOf(from: Party, to: Party, { signed }: { signed: boolean }): Promise<WireMessage> {
  const message = await composeWire(to, from);
  const { headers, body } = await composeReceipt({
    request: readAs2Headers(message.headers),
    disposition: processed,
    text: 'The message was received.',
    product: 'another product',
    messageId: newMessageId('alpha.example'),
    ...(signed ? { sign: { keyPair: from.keyPair } } : {}),
  });
  return { headers, body };
}

function withBody(message: WireMessage, contentType: string, body: Buffer): WireMessage {
  return { ...withHeaders(message, { 'Content-Type': contentType }), body };
}

async function entityBytes({ headers, body }: WireMessage): Promise<Buffer> {
  const inner = Headers.fromPairs([['Content-Type', headers.get('Content-Type') ?? '']]);
  const { chunks } = entityFlow({ headers: inner, body: bufferFlow(body) });
  return readAll(chunks, 1_000_000, () => new As2Error('truncated', { expected: 0 }));
}

/** ALPHA sends to Beta Corp; both are ours, and each has its own server and spool. */
async function withTwoStations(
  work: (o: {
    alpha: OpenStation;
    beta: OpenStation;
    outbox: Outbox;
    relationship: Relationship;
  }) => Promise<void>,
): Promise<void> {
  const parties = await alphaAndBeta();
  const stations: { alpha?: OpenStation; beta?: OpenStation; outbox?: Outbox } = {};
  await withTempDirectory(async (temp) => {
    const serving = (name: 'alpha' | 'beta', then: (url: string) => Promise<void>): Promise<void> =>
      withHttpServer(async (request, response) => stations[name]?.receiver.handle(request, response), then);
    await serving('alpha', async (alphaUrl) =>
      serving('beta', async (betaUrl) => {
        const relationship = relationshipOf(parties.alpha, parties.beta, {
          url: betaUrl,
          sending: { receiptDelivery: 'async', receiptUrl: `${alphaUrl}/mdn` },
        });
        const beta = await openStation(`${temp}/beta`, {
          relationships: [relationshipOf(parties.beta, parties.alpha, { receiptHosts: ['127.0.0.1'] })],
        });
        stations.beta = beta;
        const alpha = await openStation(`${temp}/alpha`, {
          relationships: [relationship],
          outbox: {
            receiptArrived: async (receipt, between) => {
              assert.ok(stations.outbox);
              return stations.outbox.receiptArrived(receipt, between);
            },
          },
        });
        stations.alpha = alpha;
        const directory = stationDirectory([relationship]);
        const outbox = Outbox.open({ spool: alpha.spool, directory });
        stations.outbox = outbox;
        try {
          await work({ alpha, beta, outbox, relationship });
        } finally {
          await outbox.close();
          await alpha.close();
          await beta.close();
        }
      }),
    );
  });
}
