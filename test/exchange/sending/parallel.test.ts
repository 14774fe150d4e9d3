import assert from 'node:assert/strict';
import { Outbox, type Relationship, stationDirectory } from '../../../src/exchange';
import type { Script } from '../../partner/trading-partner';
import { relationshipOf } from '../../partner/parties';
import { testKeyPair } from '../../support/keys';
import { MINUTE_MS, OutboxBench, until } from './outbox-bench';

/** Holds every message until it is let go. */
class Gate {
  private readonly held: (() => void)[] = [];
  readonly order: string[] = [];
  most = 0;
  private isOpen = false;

  get inside(): number {
    return this.held.length;
  }

  readonly script: Script = async (arrived, partner) => {
    this.order.push(arrived.request.to);
    if (!this.isOpen) {
      await new Promise<void>((resolve) => {
        this.held.push(resolve);
        this.most = Math.max(this.most, this.held.length);
      });
    }
    return partner.receipt(arrived);
  };

  /** One goes on. */
  release(): void {
    this.held.shift()?.();
  }

  open(): void {
    this.isOpen = true;
    while (this.held.length > 0) this.release();
  }
}

describe('exchange: outbox, parallel', () => {
  it('sends so many messages to a partner at one time, the oldest first', async () => {
    for (const [parallel, most] of [
      [undefined, 4],
      [1, 1],
    ] as const) {
      const gate = new Gate();
      const partner = parallel === undefined ? {} : { parallel };
      await OutboxBench.run({ partner, script: gate.script }, async (bench) => {
        const ids: string[] = [];
        for (let count = 0; count < 12; count++) {
          ids.push(await bench.submit());
          await bench.clock.pass(1);
        }
        for (let done = 0; done < 12; done++) {
          await until(() => gate.inside === Math.min(most, 12 - done), 'they have arrived');
          gate.release();
          await until(() => bench.told.length === done + 1, 'one is told');
        }
        assert.equal(gate.most, most);
        const sent = bench.partner.arrived.map(({ request }) => request.messageId);
        assert.equal(new Set(sent).size, 12);
        if (most === 1)
          assert.deepEqual(
            bench.told.map(({ info }) => info.exchangeId),
            ids,
          );
      });
    }
  });

  it('as many as are allowed have a connection each', async () => {
    const gate = new Gate();
    const partner = { parallel: 64, sending: plain } as const;
    await OutboxBench.run({ partner, script: gate.script }, async (bench) => {
      await Promise.all(Array.from({ length: 70 }, () => bench.submit()));
      await until(() => gate.inside === 64, 'all that are allowed have arrived');
      gate.open();
      await until(() => bench.told.length === 70, 'all are told');
      assert.equal(gate.most, 64);
    });
  });

  it('sends so many in all; a partner with much to get and one that is slow take no turn of the others', async () => {
    const gate = new Gate();
    const options = { parallel: 4 };
    await OutboxBench.run({ options, script: gate.script }, async (bench) => {
      const others = await Promise.all(
        ['GAMMA', 'DELTA'].map(async (as2Name) => {
          const party = { as2Name, keyPair: await testKeyPair(as2Name) };
          return relationshipOf(bench.alpha, party, { url: bench.partner.url, sending: plain });
        }),
      );
      bench.configure({ sending: plain });
      const all: Relationship[] = [bench.relationship, ...others];
      bench.find = stationDirectory(all).find;
      for (let count = 0; count < 20; count++) await bench.submit();
      await until(() => gate.inside === 4, 'one partner has all the room');
      for (const other of others) {
        for (let count = 0; count < 3; count++) await bench.submit(other);
      }
      for (let turn = 0; turn < 2; turn++) {
        const before = gate.order.length;
        gate.release();
        await until(() => gate.order.length === before + 1, 'the next one is there');
      }
      assert.deepEqual(
        gate.order.slice(0, 4),
        Array.from({ length: 4 }, () => bench.beta.as2Name),
      );
      assert.deepEqual(gate.order.slice(4).sort(), ['DELTA', 'GAMMA'], 'those who had nothing on its way');
      assert.equal(gate.most, 4);
      gate.open();
      await until(() => bench.told.length === 26, 'all are there');
    });
  });

  it('REL-01: a message whose row the queue finds before its sender knows of it goes out once', async () => {
    let isBusy = true;
    const script: Script = (arrived, partner) =>
      isBusy ? { status: 503, headers: [], body: '' } : partner.receipt(arrived);
    await OutboxBench.run({ partner: { sending: plain }, script }, async (bench) => {
      await bench.submit();
      await bench.idle();
      isBusy = false;
      const { promise: known, resolve: know } = Promise.withResolvers<void>();
      const { promise: durable, resolve: settled } = Promise.withResolvers<void>();
      const settle = bench.spool.settle.bind(bench.spool);
      bench.spool.settle = async (...args) => {
        await settle(...args);
        settled();
        await known;
      };
      // The first one is due, so that the second one has to wait for its turn; and the turn comes.
      bench.clock.jump(10 * MINUTE_MS);
      const second = bench.submit();
      await durable;
      await bench.clock.pass(2 * MINUTE_MS);
      await until(() => bench.told.length > 0 && bench.outbox.inWork === 0, 'what is known is sent');
      know();
      await second;
      await until(() => bench.told.length === 2, 'both are told');
      await bench.idle();
      assert.equal(bench.partner.arrived.length, 3, 'an attempt that failed, and one of each');
      assert.equal(bench.told.length, 2);
    });
  });

  it('a changed limit counts for what is queued', async () => {
    const gate = new Gate();
    await OutboxBench.run({ partner: { parallel: 1 }, script: gate.script }, async (bench) => {
      for (let count = 0; count < 6; count++) await bench.submit();
      await until(() => gate.inside === 1, 'one is there');
      bench.configure({ parallel: 3 });
      gate.release();
      await until(() => gate.inside === 3, 'three are there');
      gate.open();
      await until(() => bench.told.length === 6, 'all are there');
      assert.equal(gate.most, 3);
    });
  });

  it('after a restart the limits hold from the beginning', async () => {
    const gate = new Gate();
    let isBusy = true;
    const script: Script = (arrived, partner) =>
      isBusy ? { status: 503, headers: [], body: '' } : gate.script(arrived, partner);
    await OutboxBench.run({ partner: { parallel: 2 }, script }, async (bench) => {
      for (let count = 0; count < 8; count++) await bench.submit();
      await bench.idle();
      await bench.close();
      isBusy = false;
      await bench.clock.pass(5 * MINUTE_MS);
      await bench.open();
      await until(() => gate.inside === 2, 'two are there');
      gate.open();
      await until(() => bench.told.length === 8, 'all are there');
      assert.equal(gate.most, 2);
      assert.ok(bench.outbox instanceof Outbox);
    });
  });
});

const plain = { sign: 'none', encrypt: 'none', receipt: 'none' } as const;
