import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { formatDisposition } from '../../src/as2';
import { AttackedStation } from '../hostile/attacked-station';
import { Crowd } from '../hostile/crowd';
import { head } from '../hostile/parties';
import { composeWire, postWire, type WireAnswer, type WireMessage } from '../partner/wire-message';
import { receiptOfBob } from '../support/alice';
import { PROCESSED } from '../support/bob';

const SLOW = 500;
const SENDERS = 50;
/** Of each sender, one after the other. */
const MESSAGES = 4;
const ROUNDS = 3;
/** So long nobody counts as slow. */
const UNTIL_SLOW_MS = 6_000;
/** Pause of a sender that is asked to come again. */
const AGAIN_MS = 100;
const PAYLOAD = Buffer.alloc(10_000, "UNB+UNOC:3+ALICE+BOB+260303:1015+1'");

describe('transfer: slow clients', () => {
  it(`SEC-11: ${SLOW} that send one byte a second, beside ${SENDERS} normal senders, which are all served`, async function () {
    this.timeout(300_000);
    const station = await AttackedStation.start();
    const crowd = new Crowd(station.nodeRed.url);
    try {
      // What is done for the first time takes longer.
      await deliver(station, await messagesFor(station));
      const alone = await median(station);
      await crowd.join(SLOW, (at) => slowHead(station, at));
      const drops = setInterval(() => crowd.say(Buffer.from('x')), 1000);
      try {
        await new Promise((resolve) => setTimeout(resolve, UNTIL_SLOW_MS));
        const beside = await median(station);
        const ratio = (beside.tookMs / alone.tookMs).toFixed(2);
        console.log(
          `      ${SENDERS} senders with ${MESSAGES} messages each: ${alone.tookMs} ms alone, ${beside.tookMs} ms ` +
            `beside ${SLOW} slow clients (${beside.again} times asked to come again): ${ratio} times (target: 2)`,
        );
      } finally {
        clearInterval(drops);
      }
    } finally {
      crowd.leave();
      await station.stop();
    }
  });
});

/** Half of them say who they are; the other half are strangers. */
function slowHead({ parties }: AttackedStation, at: number): Buffer {
  const fields = { 'Content-Length': '1000000', ...(at % 2 === 0 ? {} : { 'AS2-From': `Stranger ${at}` }) };
  return Buffer.from(`${head(parties, fields)}\r\n`, 'latin1');
}

type Messages = readonly (readonly WireMessage[])[];

/** Made before the time is taken. */
async function messagesFor({ parties: { alice, bob } }: AttackedStation): Promise<Messages> {
  const bySender: WireMessage[][] = [];
  for (let sender = 0; sender < SENDERS; sender++) {
    const messages: WireMessage[] = [];
    for (let count = 0; count < MESSAGES; count++) {
      const messageId = `<${randomUUID()}@alice.example>`;
      messages.push(await composeWire(alice, bob, { payload: PAYLOAD, messageId }));
    }
    bySender.push(messages);
  }
  return bySender;
}

interface Delivery {
  readonly tookMs: number;
  /** How often a sender was asked to come again later. */
  readonly again: number;
}

/** Of several rounds. */
async function median(station: AttackedStation): Promise<Delivery> {
  const rounds: Delivery[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await deliver(station, await messagesFor(station)));
  }
  const times = rounds.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const again = rounds.reduce((sum, round) => sum + round.again, 0);
  return { tookMs: times[Math.floor(ROUNDS / 2)] ?? 0, again };
}

/** All senders at one time. */
async function deliver(station: AttackedStation, messages: Messages): Promise<Delivery> {
  const url = `${station.nodeRed.url}/as2`;
  const started = performance.now();
  let again = 0;
  const post = async (message: WireMessage): Promise<WireAnswer> => {
    for (;;) {
      const answer = await postWire(url, message);
      if (answer.status !== 503) return answer;
      again++;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  };
  const answers = await Promise.all(
    messages.map(async (own) => {
      const got: WireAnswer[] = [];
      for (const message of own) got.push(await post(message));
      return got;
    }),
  );
  const tookMs = Math.round(performance.now() - started);
  for (const answer of answers.flat()) {
    assert.equal(answer.status, 200, answer.body.toString());
    assert.equal(formatDisposition((await receiptOfBob(answer)).disposition), PROCESSED);
  }
  assert.equal((await station.delivered(SENDERS * MESSAGES)).length, SENDERS * MESSAGES);
  return { tookMs, again };
}
