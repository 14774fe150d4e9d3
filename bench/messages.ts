import { createPrivateKey } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FlowNode, type NodeRedProcess, startNodeRed } from '../test/support/node-red-process';
import { identityNode, partnerNode } from '../test/support/stations';
import type { Material, Station } from './material';
import type { Row } from './row';
import { rsaBound } from './rsa-bound';

const SENDERS = 20;
const PAYLOAD_BYTES = 10 * 1024;

/** What a Node-RED says of itself; times are those of its processor. */
interface Figures {
  readonly peakBytes: number;
  readonly cpuMs: number;
}

interface Sent extends Figures {
  readonly ok: number;
  readonly failed: number;
  readonly seconds: number;
}

interface Received extends Figures {
  readonly distinct: number;
  readonly all: number;
}

/**
 * Small messages through two Node-REDs, signed, encrypted and journalled, each answered by a signed receipt, against
 * the three private RSA operations that each of them needs: nothing can be faster than those.
 */
export const messagesRow: Row = {
  id: 'messages',
  what: `messages of 10 KB through two Node-RED processes, ${SENDERS} at once`,
  unit: '1/s',
  target: { ratioAtLeast: 0.5 },
  async measure(material) {
    const count = material.quick ? 625 : 10_000;
    const before = await rsaBound(material.sender.keyPair);
    const { sent, received } = await exchange(material, count);
    const after = await rsaBound(material.sender.keyPair);
    if (sent.ok !== count || received.distinct !== count || received.all !== count) {
      const found = `${sent.ok} receipted, ${sent.failed} failed, ${received.distinct} received, ${received.all - received.distinct} of them again`;
      throw new Error(`${count} messages were to be sent, but ${found}`);
    }
    return {
      ours: count / sent.seconds,
      reference: (before + after) / 2,
      details: {
        messages: count,
        senderPeakMiB: sent.peakBytes / 1024 / 1024,
        receiverPeakMiB: received.peakBytes / 1024 / 1024,
        senderCpuMsPerMessage: sent.cpuMs / count,
        receiverCpuMsPerMessage: received.cpuMs / count,
      },
    };
  },
};

/** AS2_BENCH_PROFILES names a directory for processor profiles of both. */
async function exchange(material: Material, count: number): Promise<{ sent: Sent; received: Received }> {
  const profiles = process.env.AS2_BENCH_PROFILES;
  const start = async (name: string): Promise<NodeRedProcess> =>
    startNodeRed({
      userDirectory: join(material.directory, `${name}-node-red`),
      settings: { as2: { parallel: SENDERS } },
      ...(profiles === undefined
        ? {}
        : { environment: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(profiles, name)}` } }),
    });
  const [sender, receiver] = await Promise.all([start('sender'), start('receiver')]);
  try {
    await receiver.deploy([
      ...(await stationNodes(material.receiver, material.sender, 'receiver', 'sender', '')),
      ...receivingFlow(),
    ]);
    await sender.deploy([
      ...(await stationNodes(
        material.sender,
        material.receiver,
        'sender',
        'receiver',
        `${receiver.url}/as2`,
      )),
      ...sendingFlow(),
    ]);
    // The first ones load code and make connections.
    await run(sender, 4 * SENDERS);
    await receiver.getJson('/received');
    const sent = await run(sender, count);
    return { sent, received: await receiver.getJson<Received>('/received') };
  } finally {
    await Promise.all([sender.stop(), receiver.stop()]);
    for (const { userDirectory } of [sender, receiver])
      await rm(userDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function run(sender: NodeRedProcess, count: number): Promise<Sent> {
  const response = await sender.request('/run', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ count, parallel: SENDERS }),
  });
  return (await response.json()) as Sent;
}

async function stationNodes(
  own: Station,
  other: Station,
  name: string,
  partner: string,
  url: string,
): Promise<FlowNode[]> {
  const certificate = own.keyPair.certificate.toPem();
  const privateKey = createPrivateKey(await readFile(own.keyFile, 'utf8'));
  return [
    {
      ...identityNode('own', name, certificate),
      credentials: { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
    },
    partnerNode('partner', partner, {
      as2Name: partner,
      identity: 'own',
      certificate: other.keyPair.certificate.toPem(),
      url,
      parallel: String(SENDERS),
    }),
  ];
}

const MODULES = [
  { var: 'process', module: 'node:process' },
  { var: 'crypto', module: 'node:crypto' },
];

/** What the flow's own counting costs is counted too; it is little. */
const FIGURES = `const figures = () => {
  const { user, system } = process.cpuUsage(context.get('cpu'));
  context.set('cpu', process.cpuUsage());
  return { peakBytes: process.resourceUsage().maxRSS * 1024, cpuMs: (user + system) / 1000 };
};
`;

/** POST /run sends so many messages, so many at a time, and is answered when the last receipt is in. */
function sendingFlow(): FlowNode[] {
  return onTab(
    { id: 'run', type: 'http in', method: 'post', url: '/run', wires: [['start']] },
    {
      id: 'start',
      type: 'function',
      libs: MODULES,
      func: `${FIGURES}figures();
const { count, parallel } = msg.payload;
flow.set('run', { msg, left: count, ok: 0, failed: 0, waiting: count, started: Date.now(), figures });
return [Array.from({ length: parallel }, () => ({}))];`,
      wires: [['next']],
    },
    {
      id: 'next',
      type: 'function',
      libs: MODULES,
      func: `const run = flow.get('run');
if (run.left === 0) return null;
run.left -= 1;
const payload = Buffer.concat([Buffer.from(crypto.randomUUID() + '\\n'), crypto.randomBytes(${PAYLOAD_BYTES - 37})]);
return { payload };`,
      wires: [['out']],
    },
    { id: 'out', type: 'as2-out', partner: 'partner', wires: [['done']] },
    { id: 'catch', type: 'catch', scope: ['out'], wires: [['done']] },
    {
      id: 'done',
      type: 'function',
      outputs: 2,
      func: `const run = flow.get('run');
const good = !msg.error && msg.as2.receipt && msg.as2.receipt.micMatches;
run[good ? 'ok' : 'failed'] += 1;
run.waiting -= 1;
if (run.waiting > 0) return [{}, null];
const { msg: asked, ok, failed, started } = run;
asked.payload = { ok, failed, seconds: (Date.now() - started) / 1000, ...run.figures() };
return [null, asked];`,
      wires: [['next'], ['answer']],
    },
    { id: 'answer', type: 'http response', wires: [] },
  );
}

/** GET /received counts what came since it was last asked. */
function receivingFlow(): FlowNode[] {
  return onTab(
    { id: 'in', type: 'as2-in', path: '/as2', wires: [['count']] },
    { id: 'ask', type: 'http in', method: 'get', url: '/received', wires: [['count']] },
    {
      id: 'count',
      type: 'function',
      libs: MODULES,
      initialize: `context.set('ids', new Set()); context.set('all', 0);`,
      func: `${FIGURES}const ids = context.get('ids');
if (!msg.req) {
  ids.add(msg.payload.toString('latin1', 0, 36));
  context.set('all', context.get('all') + 1);
  return null;
}
msg.payload = { distinct: ids.size, all: context.get('all'), ...figures() };
ids.clear();
context.set('all', 0);
return msg;`,
      wires: [['answer']],
    },
    { id: 'answer', type: 'http response', wires: [] },
  );
}

function onTab(...nodes: readonly FlowNode[]): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Bench' },
    ...nodes.map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}
