import assert from 'node:assert/strict';
import { composeWire } from '../partner/wire-message';
import { AttackedStation } from './attacked-station';
import { Crowd } from './crowd';
import { head, post, SIGNED_RECEIPT } from './parties';

const MIB = 1024 * 1024;

/** `npm run test:hostile -- --connections 10000` for the full run. */
const CONNECTIONS = Number(process.env.AS2_HOSTILE_CONNECTIONS ?? 500);

/**
 * Many connections at once, each of which wants something for nothing. Node-RED stays up, answers good messages in
 * between, and its memory does not grow with them.
 */
describe(`SEC-11: ${CONNECTIONS} parallel connections against a running Node-RED`, function () {
  this.timeout(180_000 + CONNECTIONS * 60);
  let station: AttackedStation;
  let calmBytes: number | undefined;

  before(async () => {
    station = await AttackedStation.start();
    await station.answersGood();
    calmBytes = station.memory()?.nowBytes;
  });

  after(async () => {
    await station?.stop();
  });

  /** Holds a crowd while good messages go through. */
  async function besieged(count: number, first: (at: number) => Buffer): Promise<Crowd> {
    const bytes = Array.from({ length: Math.min(count, 50) }, (_, at) => first(at));
    const crowd = new Crowd(station.nodeRed.url);
    await crowd.join(count, (at) => bytes[at % bytes.length] ?? Buffer.alloc(0));
    await station.answersGood();
    return crowd;
  }

  /** The connections that were broken are found to be so one after the other. */
  async function isWellAgain(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await station.answersGood();
      } catch (error) {
        if (tries === 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  it('that say nothing', async () => {
    const crowd = await besieged(CONNECTIONS, () => Buffer.alloc(0));
    assert.equal(crowd.size, CONNECTIONS);
    await station.answersGood();
    crowd.leave();
  });

  it('HTTP-19: that never finish their headers', async () => {
    const crowd = await besieged(CONNECTIONS, () => Buffer.from('POST /as2 HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    for (let times = 0; times < 3; times++) {
      crowd.say(Buffer.from('a'));
      await station.answersGood();
    }
    crowd.leave();
  });

  it('HTTP-19: of strangers who never finish their body', async () => {
    const fields = { 'AS2-From': 'Nobody', 'Content-Length': '1000' };
    const crowd = await besieged(CONNECTIONS, () => Buffer.from(`${head(station.parties, fields)}\r\nhello`));
    await station.answersGood();
    crowd.leave();
  });

  it('HTTP-19: in a partner’s name who never finish their body: that partner waits, and all is well afterwards', async () => {
    const crowd = new Crowd(station.nodeRed.url);
    const begun = Buffer.from(`${head(station.parties, { 'Content-Length': '1000' })}\r\nhello`);
    await crowd.join(CONNECTIONS, () => begun);
    // Those who got no place were told so: nobody is kept waiting for nothing.
    await crowd.heard(CONNECTIONS - 100);
    crowd.leave();
    await isWellAgain();
  });

  it('that end in the middle of everything', async () => {
    const { alice, bob } = station.parties;
    const { headers, body } = await composeWire(alice, bob);
    const fields = Object.fromEntries(headers.entries());
    const [whole = Buffer.alloc(0)] = post(station.parties, fields, body);
    const crowd = new Crowd(station.nodeRed.url);
    await crowd.join(CONNECTIONS, (at) => whole.subarray(0, (whole.length * (at % 50)) / 50));
    crowd.leave();
    await isWellAgain();
  });

  it('with whole requests of strangers, each of which is answered', async () => {
    const fields = { 'AS2-From': 'Nobody', ...SIGNED_RECEIPT, Connection: 'close' };
    const crowd = await besieged(CONNECTIONS, () => Buffer.concat(post(station.parties, fields)));
    await crowd.heard(CONNECTIONS);
    await station.answersGood();
  });

  it('REL-07: with good messages of a partner and their repeats: each gets a receipt or is told to come again, and is delivered once', async () => {
    const { alice, bob } = station.parties;
    const different = Math.min(CONNECTIONS, 50);
    const messages = await Promise.all(
      Array.from({ length: different }, async () => {
        const { headers, body } = await composeWire(alice, bob);
        const [bytes = Buffer.alloc(0)] = post(station.parties, Object.fromEntries(headers.entries()), body);
        return bytes;
      }),
    );
    await station.delivered();
    const crowd = new Crowd(station.nodeRed.url);
    await crowd.join(CONNECTIONS, (at) => messages[at % different] ?? Buffer.alloc(0));
    await crowd.heard(CONNECTIONS);
    const kinds = [...crowd.answers.keys()].filter((kind) => kind !== '200' && kind !== '503, later');
    assert.deepEqual(kinds, []);
    assert.ok((crowd.answers.get('200') ?? 0) > 0);
    const answered = [...crowd.answers.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(answered, CONNECTIONS, 'none was left without an answer');
    const ids = (await station.delivered()).map(({ messageId }) => messageId);
    assert.equal(new Set(ids).size, ids.length, 'nothing twice');
    crowd.leave();
    await isWellAgain();
  });

  it('with noise, each of which is answered or ended', async () => {
    const crowd = await besieged(CONNECTIONS, (at) => Buffer.alloc(1_000, 0x80 + at));
    await crowd.heard(CONNECTIONS);
    await station.answersGood();
  });

  it('nothing went wrong inside, and memory is bounded', () => {
    const log = station.nodeRed.log.filter((line) => /uncaught|unhandled|TypeError|RangeError/i.test(line));
    assert.deepEqual(log, []);
    const lines = station.nodeRed.log;
    assert.ok(lines.length < 500, `${lines.length} lines of log, at last:\n${lines.slice(-20).join('\n')}`);
    const peak = station.memory();
    if (calmBytes === undefined || !peak) return;
    const allowed = 200 * MIB + CONNECTIONS * 50 * 1024;
    assert.ok(peak.mostBytes - calmBytes < allowed, `${calmBytes} bytes, ${peak.mostBytes} at most`);
  });
});
