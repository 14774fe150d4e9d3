import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { RareEvents } from '../../src/exchange/receiving/rare-events';
import { Slots } from '../../src/exchange/receiving/slots';
import { alphaAndBeta, type Party, relationshipOf } from '../partner/parties';
import { receiving } from '../partner/receiving';
import { composeWire, type WireMessage, withHeaders } from '../partner/wire-message';
import { testKeyPair } from '../support/keys';
import { SimulatedClock } from '../support/simulated-clock';
import { beginUpload } from '../support/slow-upload';

describe('exchange: limits', () => {
  it('SEC-11: more transfers than allowed get 503, the others go on, and places come free again', async () => {
    const gamma: Party = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
    const { alpha, beta } = await alphaAndBeta();
    const relationships = [alpha, gamma].map((other) => relationshipOf(beta, other));
    const limits = { parallel: 3, parallelPerPartner: 2 };
    await receiving({ relationships, ...limits }, async ({ post, station }) => {
      const uploads = [];
      for (let n = 0; n < 2; n++) uploads.push(beginUpload(station.url, await composeWire(alpha, beta)));
      await until(() => station.receiver.inWork === 2);
      const third = await composeWire(alpha, beta);
      const refused = await post(third);
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get('Retry-After')) > 0);
      const busy = await station.event('message-postponed');
      assert.deepEqual([busy.error?.code, busy.error?.facts.limit], ['receiver-busy-partner', 2]);

      assert.equal((await post(await composeWire(gamma, beta))).status, 200, 'another partner');
      uploads.push(beginUpload(station.url, await composeWire(gamma, beta)));
      await until(() => station.receiver.inWork === 3);
      assert.equal((await post(await composeWire(gamma, beta))).status, 503);
      assert.equal((await station.event('message-postponed')).error?.code, 'receiver-busy');
      for (let n = 0; n < 5; n++) assert.equal((await post(third)).status, 503);
      assert.equal(station.events.filter(({ type }) => type === 'message-postponed').length, 2, 'told once');

      for (const upload of uploads) assert.equal(await upload.finish(), 200);
      assert.equal((await post(third)).status, 200);
      assert.equal(station.messages.length, 5);
    });
  });

  it('SEC-11: a thousand connections that say nothing, and hundreds that stop in the middle: others are served', async () => {
    await receiving({ idleTimeoutMs: 60_000 }, async ({ alpha, beta, post, station }) => {
      const port = Number(new URL(station.url).port);
      const sockets: Socket[] = [];
      const open = async (bytes: string): Promise<void> => {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        sockets.push(socket);
        await once(socket, 'connect');
        socket.resume().write(bytes);
      };
      try {
        for (let n = 0; n < 1000; n++) await open('');
        const head = 'POST / HTTP/1.1\r\nHost: x\r\nAS2-To: "Beta Corp"\r\nContent-Length: 99\r\n';
        for (let n = 0; n < 60; n++) await open(`${head}AS2-From: ALPHA\r\n\r\nx`);
        for (let n = 0; n < 200; n++) await open(`${head}AS2-From: NOBODY${n}\r\n\r\nx`);
        await until(() => station.receiver.inWork >= 50 && station.events.length >= 50);
        const answer = await post(await composeWire(alpha, beta));
        assert.equal(answer.status, 503, 'this partner has no place left');
        assert.ok(station.events.length <= 52, `${station.events.length} events`);
        for (const socket of sockets) socket.destroy();
        await until(() => station.receiver.inWork === 0);
        assert.equal((await post(await composeWire(alpha, beta))).status, 200);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
  });

  it('SEC-03, SEC-11: who is refused again and again has to wait, others in the same name have not', async () => {
    const clock = new SimulatedClock();
    await receiving({ clock, refusalsPerMinute: 3 }, async ({ alpha, beta, post, station }) => {
      const bad = (): Promise<WireMessage> => composeWire(alpha, beta, { protection: 'none' });
      for (let n = 0; n < 3; n++) assert.equal((await post(await bad())).status, 200);
      assert.equal((await post(await bad())).status, 503);
      const { error } = await station.event('message-postponed');
      assert.deepEqual([error?.code, error?.facts.remoteAddress], ['refused-too-often', '127.0.0.1']);
      const good = await composeWire(alpha, beta);
      assert.equal((await post(good)).status, 503);
      const elsewhere = { ...good, localAddress: '127.0.0.2' };
      assert.equal((await post(elsewhere)).status, 200);
      await clock.pass(60_000);
      assert.equal((await post(await bad())).status, 200);
    });
  });

  it('what strangers cause is told once a minute, with how often it happened', async () => {
    const clock = new SimulatedClock();
    await receiving({ clock }, async ({ alpha, beta, post, station }) => {
      const message = withHeaders(await composeWire(alpha, beta), { 'AS2-From': 'GAMMA' });
      for (let n = 0; n < 5; n++) assert.equal((await post(message)).status, 200);
      await clock.pass(60_000);
      assert.equal((await post(message)).status, 200);
      assert.deepEqual(
        station.events.map(({ error, from, to, count }) => [error?.code, from, to, count]),
        [
          ['stations-unknown', 'GAMMA', 'Beta Corp', 1],
          ['stations-unknown', 'GAMMA', 'Beta Corp', 5],
        ],
      );
    });
  });

  it('SEC-11: the body of a stranger is not waited for', async () => {
    await receiving({ idleTimeoutMs: 60_000 }, async ({ alpha, beta, station }) => {
      const receipt = 'Disposition-Notification-To: x@y\r\n';
      const socket = connect(Number(new URL(station.url).port), '127.0.0.1');
      socket.write(
        `POST / HTTP/1.1\r\nHost: x\r\nAS2-From: ${alpha.as2Name}2\r\nAS2-To: "${beta.as2Name}"\r\n${receipt}Content-Length: 1000000000\r\n\r\nx`,
      );
      const answer = await text(socket);
      assert.match(answer, /^HTTP\/1\.1 200 [^]*Connection: close[^]*unknown-trading-relationship/);
      assert.deepEqual(await readdir(station.spool.spill.directory), []);
    });
  });

  it('SEC-11: places in all and for each name', () => {
    const slots = new Slots({ all: 3, each: 2 });
    const first = slots.take('alpha');
    assert.ok(first && slots.take('alpha'));
    assert.equal(slots.take('alpha'), undefined, 'not more for one');
    assert.deepEqual(slots.fullNames, ['alpha']);
    assert.ok(slots.take('gamma'));
    assert.equal(slots.full, true);
    assert.equal(slots.take('delta'), undefined, 'not more in all');
    first();
    first();
    assert.equal(slots.inUse, 2, 'given back once');
    assert.ok(slots.take('delta'));
    assert.equal(slots.take('alpha'), undefined);
  });

  it('reports one a minute of each kind, and says how many there were', () => {
    let now = 0;
    const rare = new RareEvents(() => now);
    const told = [rare.pass('a'), rare.pass('a'), rare.pass('b'), rare.pass('a')];
    assert.deepEqual(told, [1, undefined, 1, undefined]);
    now = 59_999;
    assert.equal(rare.pass('a'), undefined);
    now = 60_000;
    assert.equal(rare.pass('a'), 4);
    assert.equal(rare.pass('a'), undefined);
    now = -5_000_000;
    assert.equal(rare.pass('a'), 2, 'a clock that was set back');
  });

  it('or some of each kind', () => {
    let now = 0;
    const rare = new RareEvents(() => now, 3);
    assert.deepEqual(
      Array.from({ length: 5 }, () => rare.pass('a')),
      [1, 1, 1, undefined, undefined],
    );
    now = 60_000;
    assert.deepEqual([rare.pass('a'), rare.pass('a')], [3, 1]);
  });

  it('reports not more than 50 kinds a minute, whatever names somebody invents', () => {
    let now = 0;
    const rare = new RareEvents(() => now);
    const passed = Array.from({ length: 10_000 }, (_, at) => rare.pass(`name ${at}`));
    assert.equal(passed.filter((count) => count !== undefined).length, 50);
    now = 60_000;
    assert.equal(rare.pass('name 1'), 9_951);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
