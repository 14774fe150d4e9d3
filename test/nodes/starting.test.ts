import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { postWire, type WireMessage } from '../partner/wire-message';
import { messageOfAlice } from '../support/alice';
import { freePort } from '../support/free-port';
import { startNodeRed } from '../support/node-red-process';
import { aliceAndBob } from '../support/stations';
import { withTempDirectory } from '../support/temp';

const START_TIMEOUT_MS = 90_000;

/** The status of every answer from the first one on, until the message is taken. */
async function statusesUntilTaken(url: string, message: WireMessage): Promise<number[]> {
  const statuses: number[] = [];
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (statuses.at(-1) !== 200) {
    assert.ok(Date.now() < deadline, `never taken; the answers were ${[...new Set(statuses)].join(', ')}`);
    const answer = await postWire(url, message).catch(() => undefined);
    if (answer) statuses.push(answer.status);
    await delay(5);
  }
  return statuses;
}

describe('a Node-RED that starts', function () {
  this.timeout(180_000);

  it('REL-03: asks partners to come again until its flows run, instead of telling them that there is nothing', async () => {
    await withTempDirectory(async (userDirectory) => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/as2`;
      const first = await startNodeRed({ userDirectory, port });
      const { nodes, credentials } = await aliceAndBob(url);
      await first.deploy([
        ...nodes.map((node) => ({ ...node, credentials: { ...credentials[node.id] } })),
        { id: 'tab', type: 'tab', label: 'Station' },
        { id: 'in', type: 'as2-in', path: '/as2', z: 'tab', x: 100, y: 100, wires: [[]] },
      ]);
      await first.stop();

      const starting = startNodeRed({ userDirectory, port });
      try {
        const statuses = await statusesUntilTaken(url, await messageOfAlice());
        await starting;
        assert.deepEqual(
          statuses.filter((status) => status !== 503 && status !== 200),
          [],
        );
      } finally {
        await starting.then(
          async (second) => second.stop(),
          () => undefined,
        );
      }
    });
  });
});
