import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { newMessageId } from '../../src/as2';
import { As2Error } from '../../src/errors';
import type { ReceiptDecision } from '../../src/exchange';
import type { IncomingFacts } from '../../src/exchange/receiving/arrival';
import { allowedReceiptUrl } from '../../src/exchange/receiving/receipt-address';
import { alphaAndBeta, type Party, relationshipOf } from '../partner/parties';
import { withReceiptAddress } from '../partner/receipt-address';
import { receiving } from '../partner/receiving';
import type { StationOptions } from '../partner/station';
import { composeWire, withHeaders } from '../partner/wire-message';
import { testKeyPair } from '../support/keys';
import { until } from './sending/outbox-bench';
import { passing, SimulatedClock } from '../support/simulated-clock';

const partner = { receiptHosts: ['127.0.0.1'] };

describe('exchange: asynchronous receipts', () => {
  it('HTTP-12, MDN-13: 204 first, then the receipt to the address the partner names', async () => {
    const steps: string[] = [];
    const handOver: StationOptions['handOver'] = async () => {
      while (!steps.includes('answered')) await setTimeout(5);
      return { accept: true };
    };
    await withReceiptAddress(200, async ({ address, received }) => {
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

  it('a message that is too large for memory is opened at once, too', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await receiving({ partner, thresholdBytes: 10_000 }, async ({ alpha, beta, post, station }) => {
        const payload = Buffer.alloc(500_000, 'UNB+UNOC:3');
        const receipt = { signed: true, deliveryUrl: address };
        assert.equal((await post(await composeWire(alpha, beta, { payload, receipt }))).status, 204);
        assert.equal((await station.event('receipt-sent')).attempt, 1);
        assert.ok((await station.messages[0]?.payload.read())?.equals(payload));
        assert.match(received[0]?.receipt.dispositionText ?? '', /processed$/);
        assert.ok(station.events.every(({ error }) => error === undefined));
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

  it('SEC-13: a login in such an address is written down nowhere, and nothing is sent to it', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      const deliveryUrl = address.replace('//', '//alpha:geheim@');
      await receiving({ partner }, async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl } });
        for (let time = 0; time < 2; time++) {
          assert.equal((await post(message)).status, 204);
          const { error } = await station.event('receipt-not-sent');
          assert.match(error?.message ?? '', /it holds a user name or password/);
        }
        const [record] = await station.spool.list<IncomingFacts>({ limit: 1 });
        assert.ok(record);
        assert.equal(record.facts.receiptUrl, address.replace('//', '//***@'));
        const said = [station.events, record, await station.spool.history(record.id)];
        assert.doesNotMatch(JSON.stringify(said), /geheim/);
        const { directory } = station.spool;
        const entries = await readdir(directory, { recursive: true, withFileTypes: true });
        for (const file of entries.filter((entry) => entry.isFile())) {
          const content = await readFile(join(file.parentPath, file.name));
          assert.ok(!content.includes('geheim'), file.name);
        }
        assert.equal(received.length, 0);
      });
    });
  });

  it('REQ-10: mailto is not sent to; the message is processed, our user is told', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const receipt = { signed: true, deliveryUrl: 'http://x/' };
      const message = withHeaders(await composeWire(alpha, beta, { receipt }), {
        'Receipt-Delivery-Option': 'mailto:edi@alpha.example',
      });
      assert.equal((await post(message)).status, 204);
      const { error, exchangeId } = await station.event('receipt-not-sent');
      assert.equal(error?.code, 'receipt-url-refused');
      assert.match(error?.message ?? '', /only http and https/);
      const record = (await station.spool.get(exchangeId ?? ''))?.record;
      assert.deepEqual([record?.state, record?.dueAt], ['receipt-not-sent', undefined]);
      assert.equal(station.messages.length, 1);
    });
  });

  it('REL-03: an address that does not exist is not tried again', async () => {
    await withReceiptAddress(404, async ({ address, received }) => {
      await receiving({ partner }, async ({ alpha, beta, post, station }) => {
        const receipt = { signed: true, deliveryUrl: address };
        await post(await composeWire(alpha, beta, { receipt }));
        const { error, attempt } = await station.event('receipt-not-sent');
        assert.deepEqual([error?.code, attempt, received.length], ['http-not-found', 1, 1]);
      });
    });
  });

  it('REL-08: tried again with growing pauses, and given up after the last attempt', async () => {
    const clock = new SimulatedClock();
    await withReceiptAddress(500, async ({ address, received }) => {
      const options = { partner, clock, receiptPausesMs: [1000, 5000], receiptAttempts: 4 };
      await receiving(options, async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } });
        await post(message);
        let due = 0;
        for (const [attempt, pauseMs] of [
          [1, 1000],
          [2, 5000],
          [3, 5000],
        ] as const) {
          const retry = await passing(clock, station.event('receipt-retry'));
          assert.deepEqual([retry.attempt, received.length], [attempt, attempt]);
          assert.ok(clock.now() >= due, 'not before its time');
          due = Date.parse(retry.nextAttemptAt ?? '');
          const pause = due - clock.now();
          // Time may have passed since it was decided.
          assert.ok(pause <= 1.2 * pauseMs, `${pause} ms`);
        }
        const last = await passing(clock, station.event('receipt-not-sent'));
        assert.deepEqual([last.attempt, last.error?.code], [4, 'http-server-error']);
        const folder = await station.spool.get<IncomingFacts>(last.exchangeId ?? '');
        assert.deepEqual([folder?.record.state, folder?.record.dueAt], ['receipt-not-sent', undefined]);
        assert.equal(folder?.record.facts.error?.code, 'http-server-error');
        assert.equal(folder?.record.facts.accepted, true);

        // A repeat brings it up again, with a new schedule.
        assert.equal((await post(message)).status, 204);
        assert.equal((await station.event('receipt-retry')).attempt, 1);
        assert.equal(station.messages.length, 1);
      });
    });
  });

  it('REL-03: a server that says when to come again is listened to', async () => {
    const clock = new SimulatedClock();
    await withReceiptAddress(503, async (side) => {
      side.fields = { 'Retry-After': '600' };
      await receiving({ partner, clock }, async ({ alpha, beta, post, station }) => {
        await post(await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: side.address } }));
        const { nextAttemptAt = '' } = await station.event('receipt-retry');
        assert.equal(Date.parse(nextAttemptAt) - clock.now(), 600_000);
      });
    });
  });

  it('REL-04, REL-07: repeats while the flow decides: it sees one, and every one is answered', async () => {
    let decide = (_decision: ReceiptDecision): void => undefined;
    const decision = new Promise<ReceiptDecision>((resolve) => (decide = resolve));
    await withReceiptAddress(200, async ({ address, received }) => {
      await receiving({ partner, handOver: () => decision }, async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } });
        assert.equal((await post(message)).status, 204);
        await station.event('message-handed-over');
        for (let repeat = 0; repeat < 3; repeat++) assert.equal((await post(message)).status, 204);
        assert.equal((await station.event('message-repeated')).count, 1);
        while (station.receiver.inWork < 4) await new Promise((resolve) => setImmediate(resolve));
        decide({ accept: true });
        await station.event('receipt-sent');
        while (station.receiver.inWork > 0) await new Promise((resolve) => setImmediate(resolve));
        assert.equal(station.messages.length, 1);
        for (const { body } of received) assert.ok(body.equals(received[0]?.body ?? Buffer.alloc(0)));
        const rows = await station.spool.list({ direction: 'in', limit: 10 });
        assert.deepEqual(
          rows.map(({ state }) => state),
          ['receipt-sent'],
          'nothing is left of the repeats',
        );
      });
    });
  });

  it('REL-04: repeated with another way for the receipt: the stored one goes that way', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await receiving({ partner }, async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } });
        await post(message);
        await station.event('receipt-sent');
        const synchronous = withHeaders(message, { 'Receipt-Delivery-Option': undefined });
        const answer = await post(synchronous);
        assert.equal(answer.status, 200);
        assert.ok(answer.body.equals(received[0]?.body ?? Buffer.alloc(0)));
        await station.event('receipt-sent');
        const elsewhere = withHeaders(message, { 'Receipt-Delivery-Option': `${address}?again` });
        assert.equal((await post(elsewhere)).status, 204);
        await station.event('receipt-sent');
        assert.equal(received.length, 2);
        assert.ok(received[1]?.body.equals(received[0]?.body ?? Buffer.alloc(0)));
        assert.equal(station.messages.length, 1);
      });
    });
  });

  it('REL-06: the same id with other content: an error receipt, and the first one stays as it was', async () => {
    await withReceiptAddress(200, async ({ address, received }) => {
      await receiving({ partner }, async ({ alpha, beta, post, station }) => {
        const messageId = newMessageId('alpha.example');
        const receipt = { signed: true, deliveryUrl: address };
        await post(await composeWire(alpha, beta, { messageId, receipt }));
        await station.event('receipt-sent');
        await post(await composeWire(alpha, beta, { messageId, receipt, payload: Buffer.from('other') }));
        assert.equal((await station.event('message-rejected')).error?.code, 'message-id-reused');
        await station.event('receipt-sent');
        assert.deepEqual(
          received.map((one) => /error/.test(one.receipt.dispositionText)),
          [false, true],
        );
        assert.equal(station.messages.length, 1);
      });
    });
  });

  it('the flow fails: the message is handed over again after a pause, at last refused', async () => {
    const clock = new SimulatedClock();
    const handOver: StationOptions['handOver'] = () => {
      throw new Error('the database is down');
    };
    await withReceiptAddress(200, async ({ address, received }) => {
      const options = { partner, clock, handOver, receiptAttempts: 3, receiptPausesMs: [1000] };
      await receiving(options, async ({ alpha, beta, post, station }) => {
        await post(await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } }));
        for (const attempt of [1, 2]) {
          const postponed = await passing(clock, station.event('message-postponed'));
          assert.equal(postponed.attempt, attempt);
          assert.match(postponed.error?.message ?? '', /database is down/);
        }
        const decided = await passing(clock, station.event('message-decided'));
        assert.match(decided.error?.message ?? '', /database is down/);
        await station.event('receipt-sent');
        assert.match(received[0]?.receipt.dispositionText ?? '', /unexpected-processing-error$/);
        assert.doesNotMatch(received[0]?.receipt.text ?? '', /database/);
        assert.deepEqual(
          station.messages.map(({ redelivered }) => redelivered),
          [false, true, true],
        );
      });
    });
  });

  it('REL-07: given up only while nobody else works on it: what was decided meanwhile stays', async () => {
    const flow = Promise.withResolvers<ReceiptDecision>();
    flow.promise.catch(() => undefined);
    const handOver: StationOptions['handOver'] = () => flow.promise;
    await withReceiptAddress(200, async ({ address, received }) => {
      const options = { partner, handOver, receiptAttempts: 1 };
      await receiving(options, async ({ alpha, beta, post, station }) => {
        await post(await composeWire(alpha, beta, { receipt: { signed: true, deliveryUrl: address } }));
        const { exchangeId = '' } = await station.event('message-handed-over');
        const { key } = (await station.spool.get(exchangeId))!.record;
        await station.spool.exclusively('in', key, async () => {
          flow.reject(new Error('the database is down'));
          // Whoever does not wait for the others has decided by then.
          await Promise.race([station.event('message-decided'), setTimeout(300)]);
          const folder = (await station.spool.get<IncomingFacts>(exchangeId))!;
          const disposition = 'automatic-action/MDN-sent-automatically; processed';
          await folder.advance('accepted', { accepted: true, disposition }, { dueAt: null });
        });
        await until(() => station.receiver.inWork === 0, 'nothing is in work');
        const history = await station.spool.history(exchangeId);
        assert.deepEqual(
          history.map(({ state }) => state),
          ['received', 'taken', 'accepted'],
        );
        assert.equal(received.length, 0);
      });
    });
  });

  it('a partner whose address hangs holds up nobody else', async () => {
    const gamma: Party = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
    await withReceiptAddress(200, async (hanging) => {
      let release = (): void => undefined;
      hanging.gate = new Promise((resolve) => (release = resolve));
      await withReceiptAddress(200, async (working) => {
        const { alpha, beta } = await alphaAndBeta();
        const relationships = [alpha, gamma].map((other) => relationshipOf(beta, other, partner));
        await receiving({ relationships }, async ({ post, station }) => {
          const receipt = { signed: true, deliveryUrl: hanging.address };
          for (let n = 0; n < 20; n++) await post(await composeWire(alpha, beta, { receipt }));
          for (let n = 0; n < 20; n++) await station.event('message-decided');
          const other = { signed: true, deliveryUrl: working.address };
          await post(await composeWire(gamma, beta, { receipt: other }));
          assert.equal((await station.event('receipt-sent')).from, 'GAMMA');
          assert.ok(hanging.received.length <= 4, 'bounded for one partner');
          release();
          for (let n = 0; n < 20; n++) await station.event('receipt-sent');
          assert.equal(hanging.received.length, 20);
        });
      });
    });
  });

  it('MDN-14, SEC-09: which addresses are called, also of another host or scheme', () => {
    const named = {
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
    for (const url of called) assert.equal(allowedReceiptUrl(url, named).url.href, new URL(url).href);
    for (const url of refused) {
      assert.throws(
        () => allowedReceiptUrl(url, named),
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
