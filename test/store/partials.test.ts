import assert from 'node:assert/strict';
import { appendFile, readdir, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { As2Error } from '../../src/errors';
import type { BodyPart, PartialBody, PartialLimits, Spool, TransferKey } from '../../src/store';
import { SYNC_BYTES } from '../../src/store/partial-files';
import { Partials } from '../../src/store/partials';
import { collect } from '../support/chunks';
import { SimulatedClock } from '../support/simulated-clock';
import { DAY_MS, HOUR_MS, keyOf, withSpool } from './spools';

const KIB = 1024;

function transfer(tag: string, from = 'ALPHA'): TransferKey {
  return { from, to: 'BETA', tag };
}

/** What came before the line broke. */
async function kept(
  spool: Spool,
  key: TransferKey,
  bytes: number,
  part: Partial<BodyPart> = {},
): Promise<void> {
  const body = await spool.partials.open(key, { first: 0, total: 100 * KIB, ...part }, () => undefined);
  assert.ok(body);
  await body.write(Buffer.alloc(bytes, key.tag));
  await body.keep();
}

async function rangeRefused(spool: Spool, key: TransferKey, part: BodyPart): Promise<unknown> {
  const error = await spool.partials
    .open(key, part, () => undefined)
    .then(
      () => assert.fail('it was taken'),
      (reason: As2Error) => reason,
    );
  assert.equal(error.code, 'request-range-refused');
  return error.facts.heldBytes;
}

async function held(spool: Spool, ...tags: string[]): Promise<(number | undefined)[]> {
  return Promise.all(tags.map((tag) => spool.partials.held(transfer(tag))));
}

describe('store: bodies that broke off', () => {
  it('RST-03: they go on where they broke off, and are the bytes of an exchange without a copy', async () => {
    await withSpool(async (spool) => {
      const key = transfer('one');
      await kept(spool, key, 60 * KIB);
      assert.equal(await spool.partials.held(key), 60 * KIB);
      const rest = await spool.partials.open(key, { first: 60 * KIB, total: 100 * KIB }, () => undefined);
      await rest?.write(Buffer.alloc(40 * KIB, 'x'));
      const bytes = await rest?.complete(spool.spill.directory);
      const folder = await spool.begin('in', keyOf('<1@x>'), 'received', {});
      await folder.add('request.raw', bytes!);
      await spool.settle(folder);
      const expected = Buffer.concat([Buffer.alloc(60 * KIB, 'one'), Buffer.alloc(40 * KIB, 'x')]);
      assert.ok((await folder.read('request.raw')).equals(expected));
      assert.deepEqual(await readdir(spool.spill.directory), []);

      assert.equal(await spool.partials.held(key), 100 * KIB, 'RST-05: it is known that all is here');
      const again = await spool.partials.open(
        key,
        { first: 100 * KIB - 1, total: 100 * KIB },
        () => undefined,
      );
      await again?.write(Buffer.from('?'));
      const same = await again?.complete(spool.spill.directory);
      assert.ok(
        same && (await collect(same.open())).equals(expected),
        'what comes once more changes nothing',
      );
      await same.dispose();

      const anew = await spool.partials.open(key, { first: 0, total: 100 * KIB }, () => undefined);
      await anew?.write(Buffer.from('anew'));
      await anew?.keep();
      assert.ok((await folder.read('request.raw')).equals(expected), 'nor does one that begins anew');
    });
  });

  it('RST-04, RST-07: another place, another length and another transfer do not go on', async () => {
    await withSpool(async (spool) => {
      const key = transfer('one');
      await kept(spool, key, 10);
      const total = 100 * KIB;
      assert.equal(await rangeRefused(spool, key, { first: 9, total }), 10);
      assert.equal(await rangeRefused(spool, key, { first: 10, total: 99 }), 0);
      assert.equal(await rangeRefused(spool, transfer('two'), { first: 10, total }), 0);
      assert.equal(await rangeRefused(spool, transfer('one', 'GAMMA'), { first: 10, total }), 0);
      assert.equal(await spool.partials.held(key), 10);
    });
  });

  it('more bytes than were announced are refused', async () => {
    await withSpool(async (spool) => {
      const body = await spool.partials.open(transfer('one'), { first: 0, total: 5 }, () => undefined);
      await assert.rejects(body!.write(Buffer.alloc(6)), { code: 'request-range-refused' });
      await body?.discard();
      assert.deepEqual(await readdir(join(spool.directory, 'partial')), []);
    });
  });

  it('RST-06: one sender at a time, and who is silent is ended for who asks', async () => {
    const clock = new SimulatedClock();
    await withSpool(
      async (spool) => {
        const key = transfer('one');
        let ended = 0;
        const first = await spool.partials.open(key, { first: 0, total: 100 }, () => {
          ended++;
          void first?.keep();
        });
        await first?.write(Buffer.alloc(10));
        await clock.pass(1_000);
        assert.equal(await spool.partials.held(key), undefined);
        await assert.rejects(
          spool.partials.open(key, { first: 10, total: 100 }, () => undefined),
          {
            code: 'transfer-in-work',
          },
        );
        assert.equal(await spool.partials.open(key, { first: 0, total: 100 }, () => undefined), undefined);
        await clock.pass(1_500);
        const [one, two] = await Promise.allSettled([
          spool.partials.open(key, { first: 10, total: 100 }, () => undefined),
          spool.partials.open(key, { first: 10, total: 100 }, () => undefined),
        ]);
        assert.equal(ended, 1 + 1, 'both asked');
        assert.deepEqual([one.status, two.status], ['fulfilled', 'rejected']);
        if (one.status === 'fulfilled') await one.value?.keep();
        assert.equal(await spool.partials.held(key), 10);
      },
      { clock },
    );
  });

  it('RST-06: they go by age, and only those that nobody goes on with', async () => {
    const clock = new SimulatedClock();
    await withSpool(
      async (spool) => {
        await clock.pass(DAY_MS + HOUR_MS);
        await spool.sweep();
        const directory = join(spool.directory, 'partial');
        await kept(spool, transfer('old'), 10);
        const [old = ''] = await readdir(directory);
        const threeDaysAgo = (clock.now() - 3 * DAY_MS) / 1000;
        await utimes(join(directory, old), threeDaysAgo, threeDaysAgo);
        await kept(spool, transfer('young'), 20);
        await appendFile(join(directory, 'none of ours'), 'x');
        assert.deepEqual(await held(spool, 'old', 'young'), [10, 20]);
        await spool.sweep();
        assert.deepEqual(await held(spool, 'old', 'young'), [0, 20]);
        assert.ok((await readdir(directory)).includes('none of ours'));
      },
      { clock },
    );
  });

  it('SEC-11: they have limits in all and for each sender, and the oldest of those with most go first', async () => {
    const limits: Partial<PartialLimits> = { maxBytes: 100 * KIB, maxBytesEach: 60 * KIB };
    await withSpool(
      async (spool) => {
        await kept(spool, transfer('quiet', 'GAMMA'), 10 * KIB);
        for (const tag of ['a', 'b', 'c', 'd']) {
          await kept(spool, transfer(tag), 25 * KIB);
          await settle();
        }
        assert.deepEqual(await held(spool, 'a', 'b', 'c', 'd'), [0, 0, 25 * KIB, 25 * KIB]);
        assert.equal(await spool.partials.held(transfer('quiet', 'GAMMA')), 10 * KIB);
        await kept(spool, transfer('e', 'DELTA'), 55 * KIB);
        assert.equal(await spool.partials.held(transfer('quiet', 'GAMMA')), 10 * KIB, 'it has least');
        const left = await Promise.all(
          [transfer('c'), transfer('d'), transfer('e', 'DELTA')].map((key) => spool.partials.held(key)),
        );
        assert.deepEqual(left, [25 * KIB, 25 * KIB, 0]);
      },
      { partials: limits },
    );
  });

  it('law 2: what was being written when the power failed goes back to what had reached the disk', async () => {
    await withSpool(async (spool) => {
      await kept(spool, transfer('kept'), 10);
      const tags = ['long', 'short'];
      const bodies: (PartialBody | undefined)[] = [];
      for (const [index, tag] of tags.entries()) {
        const part = { first: 0, total: 100 * SYNC_BYTES };
        const open = await spool.partials.open(transfer(tag), part, () => undefined);
        bodies.push(open);
        await open?.write(Buffer.alloc(1));
        const names = (await readdir(join(spool.directory, 'partial'))).filter(
          (name) => !name.endsWith('.kept'),
        );
        for (const name of names) {
          const path = join(spool.directory, 'partial', name);
          if ((await stat(path)).size === 0) await truncate(path, (index === 0 ? 3.5 : 1.5) * SYNC_BYTES);
        }
      }
      const limits = { maxAgeMs: DAY_MS, maxBytes: 1e9, maxBytesEach: 1e9 };
      const after = await Partials.in(join(spool.directory, 'partial'), limits, new SimulatedClock());
      assert.equal(await after.held(transfer('long')), 2 * SYNC_BYTES);
      assert.equal(await after.held(transfer('short')), 0);
      assert.equal(await after.held(transfer('kept')), 10);
      for (const body of bodies) await body?.discard();
    });
  });

  it('they outlive a restart', async () => {
    await withSpool(async (spool) => {
      await kept(spool, transfer('one'), 10);
      const open = await spool.partials.open(
        transfer('two'),
        { first: 0, total: undefined },
        () => undefined,
      );
      await open?.write(Buffer.alloc(20));
      await open?.keep();
      const limits = { maxAgeMs: DAY_MS, maxBytes: 1e9, maxBytesEach: 1e9 };
      const other = await Partials.in(join(spool.directory, 'partial'), limits, new SimulatedClock());
      assert.equal(await other.held(transfer('one')), 10);
      assert.equal(await other.held(transfer('two')), 20);
    });
  });
});

/** Files in the order in which they were made, also on a disk with coarse times. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
