import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { composeWire, postWire } from '../partner/wire-message';
import { receiptOfBob } from '../support/alice';
import { PROCESSED } from '../support/bob';
import { formatDisposition } from '../../src/as2';
import { type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { aliceAndBob } from '../support/stations';
import { type Parties, partiesFor } from './parties';

/** What the flow got. */
export interface Delivered {
  readonly messageId: string;
  readonly filename?: string;
  readonly payload: string;
}

const PATIENCE_MS = 40_000;
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** A real Node-RED with Bob's as2-in, to be attacked; GET /delivered tells what his flow got. */
export class AttackedStation {
  private constructor(
    readonly nodeRed: NodeRedProcess,
    readonly parties: Parties,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<AttackedStation> {
    const settings = { as2: { maxMessageSize: MAX_MESSAGE_BYTES } };
    const nodeRed = await startNodeRed({ settings, environment });
    const { nodes, credentials } = await aliceAndBob(`${nodeRed.url}/as2`);
    const withKeys = nodes.map((node) =>
      credentials[node.id] ? { ...node, credentials: { ...credentials[node.id] } } : node,
    );
    await nodeRed.deploy([...withKeys, ...bobsFlow()]);
    return new AttackedStation(nodeRed, await partiesFor(nodeRed.url));
  }

  /** What the flow got since the last call. @param expected that many are waited for */
  async delivered(expected = 0): Promise<Delivered[]> {
    const all: Delivered[] = [];
    const deadline = Date.now() + PATIENCE_MS;
    for (let tries = 0; tries === 0 || (all.length < expected && Date.now() < deadline); tries++) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      all.push(...(await this.nodeRed.getJson<Delivered[]>('/delivered')));
    }
    return all;
  }

  /** A good message goes through, whatever else goes on. */
  async answersGood(): Promise<void> {
    const { alice, bob } = this.parties;
    const answer = await postWire(
      `${this.nodeRed.url}/as2`,
      await composeWire(alice, bob, { filename: 'good.edi' }),
    );
    assert.equal(answer.status, 200, answer.body.toString());
    assert.equal(formatDisposition((await receiptOfBob(answer)).disposition), PROCESSED);
  }

  /** Memory of the process, where the system tells; and the most it ever had. */
  memory(): { readonly nowBytes: number; readonly mostBytes: number } | undefined {
    const path = `/proc/${this.nodeRed.processId}/status`;
    if (!existsSync(path)) return undefined;
    const status = readFileSync(path, 'utf8');
    const bytes = (name: string): number =>
      1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    return { nowBytes: bytes('VmRSS'), mostBytes: bytes('VmHWM') };
  }

  async stop(): Promise<void> {
    await this.nodeRed.stop();
  }
}

function bobsFlow() {
  const remember = `
    const all = flow.get('all') || [];
    const { payload, filename, as2 } = msg;
    all.push({ messageId: as2.messageId, filename, payload: payload.toString('latin1', 0, 100) });
    flow.set('all', all);`;
  const tell = `msg.payload = flow.get('all') || []; flow.set('all', []); return msg;`;
  return [
    { id: 'tab', type: 'tab', label: 'Bob' },
    ...[
      { id: 'in', type: 'as2-in', path: '/as2', wires: [['remember']] },
      { id: 'remember', type: 'function', func: remember, outputs: 0, wires: [] },
      { id: 'ask', type: 'http in', method: 'get', url: '/delivered', wires: [['tell']] },
      { id: 'tell', type: 'function', func: tell, outputs: 1, wires: [['told']] },
      { id: 'told', type: 'http response', wires: [] },
    ].map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}
