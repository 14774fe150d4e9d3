import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { bufferSource } from '../../../src/bytes';
import type { SendOutcome } from '../../../src/exchange';
import { alphaAndBeta, type PartnerChanges, relationshipOf } from '../../partner/parties';
import { type Sender, withSender } from '../../partner/sender';
import { type Asked, type Receiver, type Script, withReceiver } from './forgetful-receiver';
import { MINUTE_MS, OutboxBench, until } from './outbox-bench';

const content = randomBytes(1_000_000);
const restart = { pausesMs: [1, 1, 1] };
const UUID = /^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$/;

interface Sent extends Receiver {
  readonly outcome: SendOutcome;
  readonly sender: Sender;
}

/** Sends a message of some 1 MB once, to a receiver that follows its script. */
async function sending(
  script: Script,
  check: (sent: Sent) => Promise<void> | void,
  changes: PartnerChanges['sending'] = { restart: { ...restart, thresholdBytes: 1000 } },
): Promise<void> {
  const { alpha, beta } = await alphaAndBeta();
  await withReceiver(script, async (receiver) => {
    await withSender(async (sender) => {
      const relationship = relationshipOf(alpha, beta, {
        url: receiver.url,
        sending: { receipt: 'none', ...changes },
      });
      const payload = { content: bufferSource(content), contentType: 'application/octet-stream' };
      const outcome = await sender.send(relationship, { payload });
      await check({ ...receiver, heads: receiver.heads, posts: receiver.posts, outcome, sender });
    });
  });
}

function ranges(posts: readonly Asked[]): (string | undefined)[] {
  return posts.map(({ headers }) => headers['content-range']);
}

describe('exchange: AS2 Restart at the sender', () => {
  it('RST-01: off by default, and for small messages', async () => {
    const plain = { posts: [{ status: 200 }] };
    const hasNoTag = ({ outcome, posts: [post] }: Sent): void => {
      assert.equal(outcome.ok, true);
      assert.deepEqual([post?.headers.etag, post?.headers['content-range']], [undefined, undefined]);
    };
    await sending(plain, hasNoTag, {});
    await sending(plain, hasNoTag, { restart: false });
    await sending(plain, hasNoTag, { restart: { thresholdBytes: 2_000_000 } });
  });

  it('RST-01, RST-03: the first request has a quoted tag of its own and the whole range, and nothing is asked before', async () => {
    const tags = new Set<string | undefined>();
    for (let time = 0; time < 2; time++) {
      await sending({ posts: [{ status: 200 }] }, ({ outcome, posts: [post], heads }) => {
        assert.equal(outcome.ok, true);
        assert.match(post?.headers.etag ?? '', UUID);
        tags.add(post?.headers.etag);
        const size = outcome.sizeBytes ?? 0;
        assert.equal(post?.headers['content-range'], `bytes 0-${size - 1}/${size}`);
        assert.equal(heads.length, 0);
      });
    }
    assert.equal(tags.size, 2);
  });

  it('RST-02, RST-03: after a break it asks, and goes on where the receiver is', async () => {
    await sending(
      { heads: [400_000], posts: [{ dropAt: 500_000 }, { status: 200 }] },
      ({ outcome, asked, sender }) => {
        assert.equal(outcome.error, undefined);
        const [first, head, second] = asked;
        const size = outcome.sizeBytes ?? 0;
        assert.deepEqual(
          asked.map(({ method }) => method),
          ['POST', 'HEAD', 'POST'],
        );
        for (const field of ['etag', 'as2-from', 'as2-to', 'as2-version', 'host']) {
          assert.equal(head?.headers[field], first?.headers[field], field);
        }
        assert.equal(head?.headers['as2-version'], '1.2');
        assert.equal(head.headers['content-length'], undefined);
        const { 'content-range': range, 'content-length': length, ...others } = second!.headers;
        const { 'content-range': _range, 'content-length': _length, ...before } = first!.headers;
        assert.equal(range, `bytes 400000-${size - 1}/${size}`);
        assert.equal(length, String(size - 400_000));
        assert.deepEqual(others, before, 'the same header fields');
        assert.ok(
          first!.body.subarray(400_000).equals(second!.body.subarray(0, first!.body.length - 400_000)),
        );
        const [resumed] = sender.events.filter(({ type }) => type === 'send-resumed');
        assert.equal(resumed?.heldBytes, 400_000);
        assert.equal(resumed.error?.code, 'http-connection-lost');
      },
    );
  });

  it('RST-02: a receiver that knows nothing of it is not asked twice, and the attempt has failed as ever', async () => {
    for (const head of [0, { status: 405 }, { status: 404 }, { status: 200 }]) {
      await sending({ heads: [head], posts: [{ dropAt: 500_000 }] }, ({ outcome, posts, heads }) => {
        assert.equal(outcome.error?.code, 'http-connection-lost');
        assert.deepEqual([posts.length, heads.length], [1, 1]);
      });
    }
  });

  it('RST-02: a page for whoever looks is no answer to the question', async () => {
    const script = { heads: [1234], unknownBytes: 1234, posts: [{ dropAt: 500_000 }] };
    await sending(script, ({ outcome, posts }) => {
      assert.equal(outcome.error?.code, 'http-connection-lost');
      assert.equal(posts.length, 1, 'the next attempt sends everything');
    });
  });

  it('RST-03: as many breaks as there are, as long as it comes forward; a way that does not is given up', async () => {
    const heads = [100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000];
    const posts = [...heads.map((dropAt) => ({ dropAt: dropAt / 10 })), { status: 200 }];
    await sending({ heads, posts }, ({ outcome, posts: made }) => {
      assert.equal(outcome.error, undefined);
      assert.equal(made.length, 8);
    });
    await sending(
      { heads: [100_000], posts: [{ dropAt: 1 }] },
      ({ outcome, posts: made, heads: questions }) => {
        assert.equal(outcome.error?.code, 'http-connection-lost');
        assert.deepEqual(
          [made.length, questions.length],
          [5, 4],
          'one that came forward, and three that did not',
        );
      },
    );
  });

  it('RST-03: a proxy that gives up in the middle is a break, too', async () => {
    for (const status of [408, 502, 504]) {
      await sending({ heads: [300_000], posts: [{ status }, { status: 200 }] }, ({ outcome, posts }) => {
        assert.equal(outcome.error, undefined);
        assert.match(posts[1]?.headers['content-range'] ?? '', /^bytes 300000-/);
      });
    }
  });

  it('RST-04: a refused range is told, and followed; but not for ever', async () => {
    const posts = [{ dropAt: 500_000 }, { status: 416, range: 'bytes */250000' }, { status: 200 }];
    await sending({ heads: [400_000], posts }, ({ outcome, posts: made }) => {
      assert.equal(outcome.error, undefined);
      const last = (outcome.sizeBytes ?? 0) - 1;
      assert.equal(ranges(made)[2], `bytes 250000-${last}/${last + 1}`);
    });
    const refusing = { status: 416, range: 'bytes */5' };
    await sending({ posts: [refusing] }, ({ outcome, posts: made }) => {
      assert.equal(outcome.httpStatus, 416);
      assert.equal(made.length, 4);
    });
    await sending(
      { heads: [7_000], posts: [{ status: 416 }, { status: 200 }] },
      ({ outcome, posts: made }) => {
        assert.equal(outcome.error, undefined);
        assert.match(ranges(made)[1] ?? '', /^bytes 7000-/);
      },
    );
  });

  it('RST-05: when all is there, the last octet is posted for the answer', async () => {
    let size = 0;
    await sending({ posts: [{ status: 200 }] }, ({ outcome }) => void (size = outcome.sizeBytes ?? 0));
    await sending(
      { heads: [size], posts: ['lose-answer', { status: 200 }] },
      ({ outcome, posts: [first, last] }) => {
        assert.equal(outcome.error, undefined);
        assert.equal(last?.headers['content-range'], `bytes ${size - 1}-${size - 1}/${size}`);
        assert.equal(last.headers['content-length'], '1');
        assert.ok(last.body.equals(first!.body.subarray(-1)));
      },
    );
  });

  it('RST-06: a question that is not answered now is asked again', async () => {
    const heads = [{ status: 500 }, 'drop', 400_000] as const;
    await sending(
      { heads, posts: [{ dropAt: 500_000 }, { status: 200 }] },
      ({ outcome, posts, heads: asked }) => {
        assert.equal(outcome.error, undefined);
        assert.equal(asked.length, 3);
        assert.match(ranges(posts)[1] ?? '', /^bytes 400000-/);
      },
    );
  });

  it('RST-06: what was there once is not sent again because nobody answers; the retry plan goes on with it', async () => {
    const heads = [400_000, 'drop', 'drop', 'drop', 'drop', 450_000] as const;
    const posts = [{ dropAt: 500_000 }, { dropAt: 100 }, { status: 200 }];
    await withReceiver({ heads, posts }, async (receiver) => {
      const partner = { url: receiver.url, sending: { receipt: 'none', restart } as const };
      await OutboxBench.run({ partner }, async (bench) => {
        const payload = {
          content: bufferSource(Buffer.concat([content, content])),
          contentType: 'text/plain',
        };
        const exchangeId = await bench.submit({ payload });
        await passUntil(bench, () => bench.eventsOf('send-retry').length === 1);
        assert.equal(
          (await bench.spool.get<{ heldBytes?: number }>(exchangeId))?.record.facts.heldBytes,
          400_000,
        );
        await passUntil(bench, () => bench.eventsOf('send-retry').length === 2);
        assert.equal(receiver.posts.length, 2, 'nothing is sent while it does not answer');
        await passUntil(bench, () => bench.told.length === 1);
        const outcome = await bench.outcome(exchangeId);
        assert.equal(outcome.error, undefined);
        assert.equal(outcome.attempts, 3);
        assert.match(ranges(receiver.posts)[2] ?? '', /^bytes 450000-/);
        const tags = new Set(receiver.asked.map(({ headers }) => headers.etag));
        assert.equal(tags.size, 1, 'RST-01: one transfer');
      });
    });
  });

  it('RST-02: after a restart of ours it is asked for before anything is sent', async () => {
    await withReceiver(
      { heads: [700_000], posts: [{ dropAt: 100_000 }, { status: 200 }] },
      async (receiver) => {
        const partner = { url: receiver.url, sending: { receipt: 'none', restart } as const };
        await OutboxBench.run({ partner }, async (bench) => {
          const payload = {
            content: bufferSource(Buffer.concat([content, content])),
            contentType: 'text/plain',
          };
          const exchangeId = await bench.submit({ payload });
          await until(() => receiver.posts.length === 1, 'it broke off');
          // In the pause before the question.
          await bench.restart();
          await passUntil(bench, () => bench.told.length === 1);
          const outcome = await bench.outcome(exchangeId);
          assert.equal(outcome.error, undefined);
          assert.equal(outcome.attempts, 1);
          assert.deepEqual(
            receiver.asked.map(({ method }) => method),
            ['POST', 'HEAD', 'POST'],
          );
          assert.match(ranges(receiver.posts)[1] ?? '', /^bytes 700000-/);
        });
      },
    );
  });
});

/** Pauses in the middle of an attempt are time that passes, too. */
async function passUntil(bench: OutboxBench, condition: () => boolean): Promise<void> {
  await until(() => {
    void bench.clock.pass(MINUTE_MS / 600);
    return condition();
  }, 'time has passed');
}
