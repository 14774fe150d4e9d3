import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { processedError } from '../../../src/as2';
import { bufferSource } from '../../../src/bytes';
import type { As2ErrorCode } from '../../../src/errors';
import type { Answer, Script } from '../../partner/trading-partner';
import { withRawServer } from '../../partner/servers';
import { MINUTE_MS, OutboxBench } from './outbox-bench';
import { RestlessClock } from './restless-clock';

const status = (code: number, headers: Answer['headers'] = []): Answer => ({
  status: code,
  headers,
  body: '',
});

/** Answers with these one after the other, then with a true receipt. */
function first(...answers: readonly (Answer | 'reset')[]): Script {
  const left = [...answers];
  return (arrived, partner) => left.shift() ?? partner.receipt(arrived);
}

describe('exchange: outbox, attempts', () => {
  it('REL-01, REL-02, HTTP-17: repeats the same bytes, header fields and Message-ID on a new connection', async () => {
    const partner = { connection: { responseTimeoutMs: 5_000 } };
    const script = first('reset', status(503), 'reset');
    await OutboxBench.run({ partner, script }, async (bench) => {
      const exchangeId = await bench.submit();
      await bench.passUntilArrived(4);
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.ok, true, outcome.error?.message);
      assert.equal(outcome.attempts, 4);
      const [one, ...others] = bench.partner.arrived;
      assert.ok(one);
      assert.ok(one.headers.get('Date'));
      for (const other of others) {
        assert.deepEqual(
          withoutConnection(other.headers.entries()),
          withoutConnection(one.headers.entries()),
        );
        assert.ok(other.body.equals(one.body));
        assert.equal(other.headers.get('Connection'), 'close', 'a connection of its own');
      }
      assert.deepEqual(await bench.states(exchangeId), [
        'queued',
        ...Array.from({ length: 3 }, () => ['sending', 'retrying']).flat(),
        'sending',
        'completed',
      ]);
      await bench.idle();
      assert.equal(bench.told.length, 1);
    });
  });

  for (const earlyMs of [0, 1, 2, 3, 4, 5]) {
    it(`a repeat that becomes due while it is looked for is not missed, ${earlyMs} ms early`, async () => {
      const clock = new RestlessClock(earlyMs);
      await OutboxBench.run({ options: { clock }, script: first(status(503)) }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.idle();
        const dueAt = bench.waited[0]?.nextAttemptAt ?? '';
        while (bench.partner.arrived.length < 2) {
          clock.fire();
          await bench.idle();
        }
        const lateMs = clock.now() - Date.parse(dueAt);
        assert.ok(lateMs < 1_000, `${lateMs} ms late`);
        await bench.outcome(exchangeId);
      });
    });
  }

  describe('REL-03: what is tried again', () => {
    for (const code of [408, 425, 429, 500, 502, 503, 504]) {
      it(`HTTP status ${code}`, async () => {
        await OutboxBench.run({ script: first(status(code)) }, async (bench) => {
          const exchangeId = await bench.submit();
          await bench.idle();
          assert.equal(await bench.state(exchangeId), 'retrying');
          assert.equal(bench.waited.at(-1)?.attempt, 1);
          assert.equal(bench.waited.at(-1)?.attempts, 10);
          await bench.passUntilArrived(2);
          assert.equal((await bench.outcome(exchangeId)).ok, true);
        });
      });
    }

    it('an answer without end, and none at all', async () => {
      const partner = { connection: { responseTimeoutMs: 60 } };
      const givenUp = Promise.withResolvers<void>();
      let calls = 0;
      const script: Script = async (arrived, mock) => {
        if (calls++ === 0) await givenUp.promise;
        return mock.receipt(arrived);
      };
      await OutboxBench.run({ partner, script }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.idle();
        givenUp.resolve();
        bench.configure({ connection: { responseTimeoutMs: 60_000 } });
        await bench.passUntilArrived(2);
        assert.equal((await bench.outcome(exchangeId)).ok, true);
        assert.equal(bench.waited[0]?.error?.code, 'http-response-timeout');
      });
    });

    it('a refused connection, and a host that is not known', async () => {
      const port = await freePort();
      for (const [url, code] of [
        [`http://127.0.0.1:${port}/`, 'http-connection-refused'],
        ['http://as2.invalid/', 'http-host-unknown'],
      ] as const) {
        await OutboxBench.run({}, async (bench) => {
          const { url: working } = bench.relationship.partner;
          bench.configure({ url });
          const exchangeId = await bench.submit();
          await bench.idle();
          assert.equal(bench.waited.at(-1)?.error?.code, code);
          // A corrected configuration counts at once.
          bench.configure({ url: working });
          await bench.passUntilArrived(1);
          assert.equal((await bench.outcome(exchangeId)).ok, true);
        });
      }
    });

    it('something that speaks no TLS', async () => {
      await withRawServer(
        (socket) => socket.end('220 mail.example ESMTP\r\n'),
        async (raw) => {
          await OutboxBench.run({}, async (bench) => {
            const { url: working } = bench.relationship.partner;
            bench.configure({ url: raw.replace('http:', 'https:') });
            const exchangeId = await bench.submit();
            await bench.idle();
            assert.match(bench.waited.at(-1)?.error?.code ?? '', /^tls-/);
            bench.configure({ url: working });
            await bench.passUntilArrived(1);
            assert.equal((await bench.outcome(exchangeId)).ok, true);
          });
        },
      );
    });

    it('RCV-06: a success without the receipt that was asked for', async () => {
      const page: Answer = {
        status: 200,
        headers: [['Content-Type', 'text/html']],
        body: '<h1>It works</h1>',
      };
      await OutboxBench.run({ script: first(page, status(200)) }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.passUntilArrived(3);
        assert.deepEqual(
          bench.waited.map(({ error }) => error?.code),
          ['receipt-missing', 'receipt-missing'],
        );
        assert.equal((await bench.outcome(exchangeId)).ok, true);
      });
    });
  });

  describe('REL-03: what is not tried again', () => {
    const codes: readonly (readonly [number, As2ErrorCode])[] = [
      [301, 'http-redirected'],
      [308, 'http-redirected'],
      [400, 'http-refused'],
      [401, 'http-unauthorized'],
      [403, 'http-forbidden'],
      [404, 'http-not-found'],
      [413, 'http-too-large'],
      [422, 'http-refused'],
    ];
    for (const [code, error] of codes) {
      it(`HTTP status ${code}`, async () => {
        await OutboxBench.run({ script: () => status(code) }, async (bench) => {
          const outcome = await bench.send();
          assert.equal(outcome.error?.code, error);
          await bench.pass(24 * 60 * MINUTE_MS);
          assert.equal(bench.partner.arrived.length, 1);
          assert.equal(bench.told.length, 1);
        });
      });
    }

    it('a valid receipt, good or bad', async () => {
      const script: Script = (arrived, partner) =>
        partner.receipt(arrived, { disposition: processedError('decryption-failed') });
      await OutboxBench.run({ script }, async (bench) => {
        const outcome = await bench.send();
        assert.equal(outcome.error?.code, 'receipt-negative');
        assert.equal(outcome.receipt?.signed, true);
        await bench.pass(24 * 60 * MINUTE_MS);
        assert.equal(bench.partner.arrived.length, 1);
      });
    });

    it('unless the partner is known for it', async () => {
      const partner = { retry: { alsoStatuses: [404] } };
      await OutboxBench.run({ partner, script: first(status(404)) }, async (bench) => {
        const exchangeId = await bench.submit();
        await bench.passUntilArrived(2);
        assert.equal((await bench.outcome(exchangeId)).ok, true);
      });
    });
  });

  it('REL-03: waits as long as Retry-After says, in seconds or until a date, but not longer than a day', async () => {
    const at = new Date(Date.UTC(2026, 0, 1, 12)).toUTCString();
    const until = new Date(Date.UTC(2026, 0, 1, 14)).toUTCString();
    const cases = [
      [[['Retry-After', '7200']], 120],
      [
        [
          ['Retry-After', until],
          ['Date', at],
        ],
        120,
      ],
      [[['Retry-After', '999999999']], 24 * 60],
      // Shorter than the schedule of ours: the schedule counts.
      [[['Retry-After', '1']], 0.8],
      [[['Retry-After', 'soon']], 0.8],
    ] as const;
    for (const [headers, minutes] of cases) {
      await OutboxBench.run({ script: first(status(503, headers)) }, async (bench) => {
        const started = bench.clock.now();
        const exchangeId = await bench.submit();
        await bench.idle();
        const { dueAt = 0 } = (await bench.spool.get(exchangeId))?.record ?? {};
        const waits = (dueAt - started) / MINUTE_MS;
        assert.ok(waits >= minutes && waits <= Math.max(minutes, 1.2), `${waits} minutes`);
      });
    }
  });

  it('REL-10: an answer before the partner has all bytes is no success', async () => {
    const sending = { sign: 'none', encrypt: 'none', receipt: 'none' } as const;
    await withRawServer(
      (socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.write('HTTP/1.1 204 No Content\r\n\r\n', () => socket.resetAndDestroy());
        });
      },
      async (url) => {
        await OutboxBench.run({ partner: { sending } }, async (bench) => {
          bench.configure({ url, sending });
          const content = bufferSource(Buffer.alloc(32 * 1024 * 1024));
          const payload = { content, contentType: 'application/octet-stream' };
          const exchangeId = await bench.submit({ payload });
          await bench.idle();
          assert.equal(await bench.state(exchangeId), 'retrying');
          // The reset may overtake the end of the answer.
          assert.match(bench.waited[0]?.error?.code ?? '', /^http-(?:connection-lost|response-truncated)$/);
          assert.equal(bench.eventsOf('message-sent').length, 0);
        });
      },
    );
  });

  it('REL-08: pauses grow as the schedule says, up to 20 % more or less, and it ends', async () => {
    const partner = { retry: { attempts: 5, pausesMs: [1, 10, 100].map((minutes) => minutes * MINUTE_MS) } };
    await OutboxBench.run({ partner, script: () => status(503) }, async (bench) => {
      const exchangeId = await bench.submit();
      const pauses: number[] = [];
      for (;;) {
        await bench.idle();
        const { dueAt } = (await bench.spool.get(exchangeId))!.record;
        if (dueAt === undefined) break;
        pauses.push((dueAt - bench.clock.now()) / MINUTE_MS);
        await bench.pass(dueAt - bench.clock.now());
      }
      assert.equal(pauses.length, 4);
      for (const [at, planned] of [1, 10, 100, 100].entries()) {
        const pause = pauses[at] ?? 0;
        assert.ok(pause >= planned * 0.79 && pause <= planned * 1.21, `pause ${at} is ${pause} min`);
      }
      assert.equal(bench.partner.arrived.length, 5);
      const outcome = await bench.outcome(exchangeId);
      assert.equal(outcome.error?.code, 'http-busy');
      assert.equal(outcome.attempts, 5);
      assert.equal(bench.eventsOf('send-retry').length, 4);
      assert.equal(bench.eventsOf('send-failed').length, 1);
    });
  });

  it('the pauses of the outbox are for partners without own ones', async () => {
    const options = { pausesMs: [7 * MINUTE_MS] };
    await OutboxBench.run({ options, script: first(status(503)) }, async (bench) => {
      const started = bench.clock.now();
      await bench.submit();
      await bench.passUntilArrived(2);
      const minutes = (bench.clock.now() - started) / MINUTE_MS;
      assert.ok(minutes >= 5 && minutes <= 9.5, `${minutes}`);
    });
  });

  it('waits when the partner is not configured any more, and sends when it is there again', async () => {
    let isThere = true;
    await OutboxBench.run({ script: first(status(503)) }, async (bench) => {
      const { relationship } = bench;
      bench.find = () => (isThere ? relationship : undefined);
      const exchangeId = await bench.submit();
      await bench.idle();
      isThere = false;
      await bench.pass(10 * MINUTE_MS);
      assert.equal(bench.waited.at(-1)?.error?.code, 'partner-gone');
      assert.equal(bench.partner.arrived.length, 1);
      isThere = true;
      await bench.passUntilArrived(2);
      assert.equal((await bench.outcome(exchangeId)).ok, true);
    });
  });
});

function withoutConnection(fields: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return fields.filter(([name]) => name.toLowerCase() !== 'connection');
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
