import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port';
import { testKeyPair } from '../support/keys';
import { type FlowNode, type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';
import { placesOf } from './pair';

type Name = 'alpha' | 'beta';

/**
 * The same with two Node-REDs: their flows send to each other, note what they do, and decide the receipts once it is
 * noted. alpha asks for synchronous receipts, beta for asynchronous ones.
 * @returns false, when they did not come to an end
 */
export async function killNodeRed(directory: string, kills: number, onKill: () => void): Promise<boolean> {
  const ports = { alpha: await freePort(), beta: await freePort() };
  const pause = join(directory, 'pause');
  writeFileSync(pause, '');
  const start = (name: Name): Promise<NodeRedProcess> =>
    startNodeRed({
      userDirectory: join(directory, `${name}-node-red`),
      port: ports[name],
      settings: {
        as2: { spoolDirectory: placesOf(directory, name).spool, retryPauses: PAUSES_MINUTES },
      },
    });
  const running = { alpha: await start('alpha'), beta: await start('beta') };
  try {
    for (const name of NAMES) await running[name].deploy(await flowFor(name, ports, directory, pause));
    rmSync(pause);
    for (let killed = 0; killed < kills;) {
      await delay(-LIFE_MS * Math.log(1 - Math.random()));
      const victims = NAMES.filter(() => Math.random() < 0.6).slice(0, kills - killed);
      await Promise.all(
        victims.map(async (victim) => {
          await running[victim].kill();
          killed += 1;
          onKill();
          running[victim] = await start(victim);
        }),
      );
    }
    writeFileSync(pause, '');
    return await untilDone(NAMES.map((name) => running[name]));
  } finally {
    await Promise.all(NAMES.map((name) => running[name].stop()));
  }
}

const NAMES = ['alpha', 'beta'] as const;
/** Ten attempts for a receipt have to be enough for a partner that is killed again and again. */
const PAUSES_MINUTES = [0.005, 0.01, 0.02, 0.05];
/** On average, beyond the start. */
const LIFE_MS = 2_500;
const LONGEST_MS = 300_000;
/** With these something is still to be done. */
const UNFINISHED = 'queued,sending,retrying,awaiting-receipt,received,taken,receipt-retry';

/** Until their journals say that nothing is to be done any more. @returns false, when that takes too long */
async function untilDone(stations: readonly NodeRedProcess[]): Promise<boolean> {
  const deadline = Date.now() + LONGEST_MS;
  for (let quiet = 0; quiet < 3;) {
    let left = 0;
    for (const station of stations) {
      const { exchanges } = await station.getJson<{ exchanges: object[] }>(
        `/as2/exchanges?state=${UNFINISHED}`,
      );
      left += exchanges.length;
    }
    quiet = left === 0 ? quiet + 1 : 0;
    if (Date.now() > deadline) return false;
    await delay(500);
  }
  return true;
}

async function flowFor(
  own: Name,
  ports: Readonly<Record<Name, number>>,
  directory: string,
  pause: string,
): Promise<FlowNode[]> {
  const other = own === 'alpha' ? 'beta' : 'alpha';
  const keys = await testKeyPair(own);
  const partner = await testKeyPair(other);
  const urlOf = (name: Name): string => `http://127.0.0.1:${ports[name]}/as2`;
  const note = `const note = (entry) => fs.appendFileSync(${JSON.stringify(placesOf(directory, own).ledger)},
  JSON.stringify({ ...entry, at: new Date().toISOString() }) + '\\n', { flush: true });
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');
`;
  const libs = [
    { var: 'fs', module: 'node:fs' },
    { var: 'crypto', module: 'node:crypto' },
  ];
  const step = (id: string, func: string, wires: string[][], initialize = ''): FlowNode => ({
    id,
    type: 'function',
    libs,
    func: note + func,
    initialize: initialize && note + initialize,
    wires,
  });
  return [
    {
      ...identityNode('own', own, keys.certificatePem),
      url: urlOf(own),
      credentials: { privateKey: keys.privateKeyPem },
    },
    partnerNode('partner', other, {
      as2Name: other,
      identity: 'own',
      certificate: partner.certificatePem,
      url: urlOf(other),
      receiptDelivery: own === 'alpha' ? 'sync' : 'async',
      receiptUrl: urlOf(own),
      attempts: '100',
    }),
    { id: 'tab', type: 'tab', label: 'Station' },
    ...[
      { id: 'tick', type: 'inject', props: [], repeat: '0.05', once: true, wires: [['order']] },
      step(
        'order',
        `if (fs.existsSync(${JSON.stringify(pause)})) return null;
const id = '${own}-' + crypto.randomUUID();
const payload = Buffer.concat([Buffer.from(id + '\\n'), crypto.randomBytes(Math.random() < 0.9 ? 2000 : 300000)]);
note({ kind: 'intended', id, sha256: sha256(payload), sizeBytes: payload.length, delivery: '' });
return { payload, filename: id };`,
        [['out']],
        `note({ kind: 'started' });`,
      ),
      { id: 'out', type: 'as2-out', partner: 'partner', wires: [['outcome']] },
      { id: 'catch', type: 'catch', scope: ['out'], wires: [['outcome']] },
      step(
        'outcome',
        `const redelivered = Boolean(msg.as2.redelivered || msg.as2.resumed);
note({ kind: 'outcome', id: msg.filename, ok: !msg.error, code: msg.error && msg.error.code, redelivered });`,
        [],
      ),
      { id: 'in', type: 'as2-in', path: '/as2', receipt: 'flow', output: 'buffer', wires: [['delivered']] },
      step(
        'delivered',
        `const id = msg.payload.toString('latin1', 0, msg.payload.indexOf(10));
note({ kind: 'delivered', id, sha256: sha256(msg.payload), redelivered: Boolean(msg.as2.redelivered) });
return msg;`,
        [['receipt']],
      ),
      { id: 'receipt', type: 'as2-mdn', wires: [] },
    ].map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}
