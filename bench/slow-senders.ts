import { join } from 'node:path';
import { HttpListener } from '../src/http';
import { alphaAndBeta, type Party, relationshipOf } from '../test/partner/parties';
import { openStation } from '../test/partner/station';
import { composeWire, postWire, type WireMessage } from '../test/partner/wire-message';
import { testKeyPair } from '../test/support/keys';
import { beginSlowSenders, HALF_A_HEAD, headOf } from '../test/support/slow-senders';
import { withTempDirectory } from '../test/support/temp';
import { median, type Row } from './row';

const SLOW = 500;
const NORMAL = 50;
const ROUNDS = 5;
/** A sender that is slow for so long gives its place away. */
const SETTLED_MS = 6_000;

/** Whether those who send a byte a second keep others waiting. */
export const slowSendersRow: Row = {
  id: 'slow-senders',
  what: `${NORMAL} messages on an own listener, beside ${SLOW} senders of one byte a second`,
  unit: '1/s',
  target: { ratioAtLeast: 0.5 },
  async measure() {
    const { alpha, beta } = await alphaAndBeta();
    const gamma: Party = { as2Name: 'GAMMA', keyPair: await testKeyPair('Gamma') };
    return withTempDirectory(async (temp) => {
      const relationships = [alpha, gamma].map((other) => relationshipOf(beta, other));
      const station = await openStation(join(temp, 'spool'), { relationships });
      const listener = await HttpListener.open({
        port: 0,
        host: '127.0.0.1',
        route: () => (request, response) => station.receiver.handle(request, response),
      });
      const { port } = listener;
      const round = async (): Promise<number> => {
        const messages = await Promise.all(
          Array.from({ length: NORMAL }, (_, index) => composeWire(index % 2 === 0 ? alpha : gamma, beta)),
        );
        return secondsOf(`http://127.0.0.1:${port}/as2`, messages);
      };
      try {
        const alone = await medianOf(round);
        const names = ['ALPHA', 'GAMMA', 'ALPHA', 'STRANGER'];
        const beginnings = [...names.map((name) => headOf(name, '"Beta Corp"')), HALF_A_HEAD];
        const slow = await beginSlowSenders({ port, count: SLOW, beginnings });
        try {
          await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
          const beside = await medianOf(round);
          return { ours: NORMAL / beside, reference: NORMAL / alone };
        } finally {
          slow.stop();
        }
      } finally {
        await listener.close(0);
        await station.close();
      }
    });
  },
};

async function medianOf(round: () => Promise<number>): Promise<number> {
  // The first one warms up.
  await round();
  const seconds: number[] = [];
  for (let count = 0; count < ROUNDS; count++) seconds.push(await round());
  return median(seconds);
}

/** Until all are answered, well. */
async function secondsOf(url: string, messages: readonly WireMessage[]): Promise<number> {
  const started = performance.now();
  const answers = await Promise.all(messages.map(async (message) => postWire(url, message)));
  const bad = answers.find(({ status }) => status !== 200);
  if (bad) throw new Error(`a message beside slow senders got HTTP status ${bad.status}`);
  return (performance.now() - started) / 1000;
}
