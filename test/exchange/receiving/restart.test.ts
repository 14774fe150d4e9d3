import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatMic } from '../../../src/as2';
import { alphaAndBeta, relationshipOf } from '../../partner/parties';
import { receiving, type Receiving } from '../../partner/receiving';
import { withStation } from '../../partner/station';
import { composeWire, receiptIn, type WireMessage } from '../../partner/wire-message';
import { exchangeRaw } from '../../hostile/raw-connection';
import { SimulatedClock } from '../../support/simulated-clock';
import { type Head, RestartingSender } from './restarting-sender';

const SIZE = 400_000;
const payload = randomBytes(SIZE);

/** A receiver that keeps what breaks off, and a sender with a message for it. */
async function restarting(
  work: (o: Receiving & { readonly sender: RestartingSender; readonly wire: WireMessage }) => Promise<void>,
  options: Parameters<typeof receiving>[0] = {},
): Promise<void> {
  await receiving({ thresholdBytes: 10_000, ...options }, async (o) => {
    const wire = await composeWire(o.alpha, o.beta, { payload });
    await work({ ...o, wire, sender: new RestartingSender(o.station.url, wire) });
  });
}

async function receivedOnce({ station }: Receiving): Promise<void> {
  assert.equal(station.messages.length, 1, 'the flow got it once');
  assert.ok((await station.messages[0]?.payload.read())?.equals(payload));
}

async function answered(asked: Promise<Head>): Promise<[number, string | undefined]> {
  const { status, length } = await asked;
  return [status, length];
}

async function rangeRefused(
  posted: ReturnType<RestartingSender['post']>,
): Promise<[number, string | undefined]> {
  const { status, headers } = await posted;
  return [status, headers.get('Content-Range')];
}

describe('exchange: AS2 Restart at the receiver', () => {
  it('RST-01: any entity tag is taken, with and without quotes, and small messages with one as all others', async () => {
    await restarting(async (o) => {
      for (const tag of ['"x"', 'unquoted-7', '""', 'W/"weak"', '"../../x"', `"${'a'.repeat(4000)}"`]) {
        const wire = await composeWire(o.alpha, o.beta);
        const answer = await new RestartingSender(o.station.url, wire, tag).post(0, {
          'Content-Range': undefined,
        });
        assert.equal(answer.status, 200);
        const receipt = await receiptIn(answer, o.beta.keyPair.certificate);
        assert.match(receipt.dispositionText, /processed$/);
      }
    });
  });

  it('RST-02: HEAD says how many octets are here: none before, some after a cut, and none of what is unknown', async () => {
    await restarting(async ({ sender, station }) => {
      assert.deepEqual(await answered(sender.head()), [200, '0']);
      const held = await sender.cut(0, 150_000);
      assert.ok(held > 0 && held <= 150_000, String(held));
      const { error } = await station.event('request-refused');
      assert.equal(error?.code, 'request-interrupted');
      assert.equal(error.facts.heldBytes, held);
      assert.deepEqual(await answered(sender.head({ ETag: '0b9e2a2e-51c1-4f0e-9f0d-6a1f5f1a2b3c' })), [
        200,
        String(held),
      ]);
      assert.deepEqual(await answered(sender.head({ ETag: '"another"' })), [200, '0']);
      assert.deepEqual(await answered(sender.head({ ETag: `W/${sender.tag}` })), [200, '0']);
    });
  });

  it('RST-02: some few octets are not worth a file', async () => {
    await restarting(async ({ sender, station }) => {
      const hanging = await sender.hang(0, 5_000);
      await sender.busy();
      hanging.destroy();
      assert.equal((await station.event('request-refused')).error?.code, 'request-cut-off');
      assert.equal(await sender.held(), 0);
      assert.deepEqual(await readdir(join(station.spool.directory, 'partial')), []);
    });
  });

  it('RST-02: without a tag HEAD is answered as ever, and without names it is refused', async () => {
    await restarting(async ({ sender }) => {
      assert.equal((await sender.head({ ETag: undefined })).status, 405);
      assert.equal((await sender.head({ 'AS2-To': undefined })).status, 400);
    });
  });

  it('RST-03: a message goes on where it broke off, twice, and its MIC is that of the whole', async () => {
    await restarting(async (o) => {
      const { sender, beta } = o;
      const first = await sender.cut(0, 100_000);
      const second = await sender.cut(first, first + 100_000);
      assert.ok(second > first);
      const answer = await sender.post(second);
      assert.equal(answer.status, 200);
      const receipt = await receiptIn(answer, beta.keyPair.certificate);
      assert.match(receipt.dispositionText, /processed$/);
      await receivedOnce(o);
      assert.equal(
        receipt.mic && formatMic({ ...receipt.mic, algorithm: 'sha-256' }),
        o.station.messages[0]?.mic,
      );
      assert.deepEqual(await readdir(o.station.spool.spill.directory), [], 'nothing is left aside');
    });
  });

  it('RST-03: a range without its unit, as in the first draft', async () => {
    await restarting(async (o) => {
      const held = await o.sender.cut(0, 100_000, { 'Content-Range': undefined });
      const answer = await o.sender.post(held, {
        'Content-Range': o.sender.range(held).replace('bytes ', ''),
      });
      assert.equal(answer.status, 200);
      await receivedOnce(o);
    });
  });

  it('RST-03: a first request in chunks, which does not say how long it is', async () => {
    await restarting(async (o) => {
      const chunked = {
        'Content-Length': undefined,
        'Content-Range': undefined,
        'Transfer-Encoding': 'chunked',
      };
      const held = await o.sender.cut(0, 100_000, chunked);
      assert.equal((await o.sender.post(held)).status, 200);
      await receivedOnce(o);
    });
  });

  it('RST-03: written by hand, the rest of a body follows in a request of its own', async () => {
    await restarting(async (o) => {
      const { sender, wire } = o;
      const held = await sender.cut(0, 123_456);
      const fields = wire.headers.entries().map(([name, value]) => `${name}: ${value}`);
      const head = [
        'POST /as2 HTTP/1.1',
        'Host: localhost',
        ...fields,
        'ETag: 0b9e2a2e-51c1-4f0e-9f0d-6a1f5f1a2b3c',
        `Content-Range: ${held}-${sender.total - 1}/${sender.total}`,
        `Content-Length: ${sender.total - held}`,
        '\r\n',
      ].join('\r\n');
      const { statuses } = await exchangeRaw(o.station.url, [Buffer.from(head), wire.body.subarray(held)]);
      assert.deepEqual(statuses, [200]);
      await receivedOnce(o);
    });
  });

  it('RST-04: another place than where it broke off gets 416, which says where that is', async () => {
    await restarting(async (o) => {
      const { sender } = o;
      assert.deepEqual(await rangeRefused(sender.post(5)), [416, 'bytes */0']);
      const held = await sender.cut(0, 100_000);
      const expected = [416, `bytes */${held}`];
      assert.deepEqual(await rangeRefused(sender.post(held + 1)), expected);
      assert.deepEqual(await rangeRefused(sender.post(held - 1)), expected);
      for (const range of [
        'bytes x-y/z',
        `bytes ${held}-5/6`,
        `bytes ${held}-${sender.total}/${sender.total}`,
        'items 0-1/2',
      ]) {
        assert.deepEqual(await rangeRefused(sender.post(held, { 'Content-Range': range })), expected, range);
      }
      assert.equal((await sender.post(held)).status, 200);
      await receivedOnce(o);
    });
  });

  it('RST-04: a part of a body without a tag belongs to nothing', async () => {
    await restarting(async (o) => {
      assert.deepEqual(await rangeRefused(o.sender.post(5, { ETag: undefined })), [416, 'bytes */0']);
      assert.equal((await o.sender.post(0, { ETag: undefined })).status, 200, 'the whole one is complete');
      await receivedOnce(o);
    });
  });

  it('RST-05: all was here, only the answer was lost: the last octet brings the same receipt', async () => {
    await restarting(async (o) => {
      const { sender, station } = o;
      const first = await sender.post();
      assert.equal(await sender.held(), sender.total);
      const again = await sender.post(sender.total - 1);
      assert.equal(again.status, 200);
      assert.ok(again.body.equals(first.body));
      await station.event('message-repeated');
      await receivedOnce(o);
    });
  });

  it('RST-05: cut off when the last octet was here, but not the end of the request', async () => {
    await restarting(async (o) => {
      const chunked = { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' };
      for (let held = 0; held < o.sender.total;) held = await o.sender.cut(held, o.sender.total, chunked);
      assert.equal(o.station.messages.length, 0);
      assert.equal((await o.sender.post(o.sender.total - 1)).status, 200);
      await receivedOnce(o);
    });
  });

  it('RST-05, REL-04: everything once more is a repeat', async () => {
    await restarting(async (o) => {
      const first = await o.sender.post();
      const again = await o.sender.post();
      assert.ok(again.body.equals(first.body));
      await receivedOnce(o);
    });
  });

  it('RST-05: what was refused is not remembered; it is sent again as a whole', async () => {
    await restarting(
      async (o) => {
        const receipt = await receiptIn(await o.sender.post(), o.beta.keyPair.certificate);
        assert.match(receipt.dispositionText, /error/);
        assert.equal(await o.sender.held(), 0);
      },
      { partner: { requires: { requireSigned: true, allowedDigests: ['sha-512'] } } },
    );
  });

  it('RST-06: while it is coming, HEAD and the rest of it get 500; the same from its first octet is taken', async () => {
    await restarting(
      async (o) => {
        const { sender, station } = o;
        const hanging = await sender.hang(0, 100_000);
        const busy = await sender.busy();
        assert.equal(busy.status, 500);
        assert.equal(busy.headers.get('Retry-After'), '2');
        assert.equal((await sender.post(100_000)).status, 500);
        assert.equal((await sender.post()).status, 200);
        await receivedOnce(o);
        hanging.destroy();
        await station.event('request-refused');
      },
      { clock: new SimulatedClock() },
    );
  });

  it('RST-06: a connection that died without a word does not keep its sender away', async () => {
    await restarting(async (o) => {
      const hanging = await o.sender.hang(0, 100_000);
      // Asked until the old connection was silent for long enough.
      const held = await o.sender.held();
      assert.ok(held > 0);
      assert.equal((await o.sender.post(held)).status, 200);
      await receivedOnce(o);
      hanging.destroy();
    });
  });

  it('RST-07: equal tags of different stations are different transfers', async () => {
    const { alpha, beta } = await alphaAndBeta();
    const gamma = { ...alpha, as2Name: 'GAMMA' };
    const relationships = [relationshipOf(beta, alpha), relationshipOf(beta, gamma)];
    await withStation({ relationships, thresholdBytes: 10_000 }, async (station) => {
      const [one, two] = [
        await composeWire(alpha, beta, { payload }),
        await composeWire(gamma, beta, { payload }),
      ];
      const tag = '"../../../../etc/passwd"';
      const [first, second] = [
        new RestartingSender(station.url, one, tag),
        new RestartingSender(station.url, two, tag),
      ];
      const held = await first.cut(0, 100_000);
      assert.deepEqual(await answered(second.head()), [200, '0']);
      const other = await second.cut(0, 90_000);
      assert.ok(other > 0 && other <= 90_000);
      const directory = join(station.spool.directory, 'partial');
      const files = await readdir(directory);
      assert.equal(files.length, 2);
      for (const file of files) {
        assert.match(file, /^[0-9a-f]{16}-[0-9a-f]{40}\.\d+\.kept$/);
        assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600);
      }
      assert.equal((await first.post(held)).status, 200);
      assert.equal((await second.post(other)).status, 200);
      assert.deepEqual(
        station.messages.map(({ from }) => from),
        ['ALPHA', 'GAMMA'],
      );
    });
  });

  it('RST-07: a part for another total length belongs to another transfer', async () => {
    await restarting(async ({ sender }) => {
      const held = await sender.cut(0, 100_000);
      const last = held + 10;
      const range = { 'Content-Range': `bytes ${held}-${last}/${last + 1}` };
      const body = sender.message.body.subarray(held, last + 1);
      const other = new RestartingSender(
        sender.url,
        { ...sender.message, body: Buffer.concat([Buffer.alloc(held), body]) },
        sender.tag,
      );
      assert.deepEqual(await rangeRefused(other.post(held, range)), [416, 'bytes */0']);
      assert.equal(await sender.held(), held);
    });
  });

  it('RST-02, SEC-11: who may not send may not ask, and the whole length counts', async () => {
    const access = { access: { addresses: ['192.0.2.1'] } };
    await restarting(async ({ sender }) => assert.equal((await sender.head()).status, 403), access);
    const unknown = { directory: { find: () => undefined } };
    await restarting(async ({ sender }) => assert.equal((await sender.head()).status, 403), unknown);
    const limits = { maxMessageBytes: SIZE - 1 };
    await restarting(async ({ sender }) => {
      assert.equal((await sender.post(SIZE - 10)).status, 413);
      const chunked = {
        'Content-Length': undefined,
        'Content-Range': undefined,
        'Transfer-Encoding': 'chunked',
      };
      assert.equal((await sender.post(0, chunked)).status, 413);
      assert.equal(await sender.held(), 0, 'and nothing stays');
    }, limits);
    const rate = { partner: { inbound: { messagesPerMinute: 2 } } };
    await restarting(async ({ sender }) => {
      const statuses = [await sender.head(), await sender.head(), await sender.head()].map(
        ({ status }) => status,
      );
      assert.deepEqual(statuses, [200, 200, 429]);
    }, rate);
  });
});
