import { join } from 'node:path';
import { type Receipt, formatDisposition } from '../../src/as2';
import { postWire, type WireAnswer, type WireOptions } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from '../support/alice';
import type { DebugSidebar } from '../support/debug-sidebar';
import { testKeyPair } from '../support/keys';
import {
  type FlowNode,
  type NodeRedOptions,
  type NodeRedProcess,
  startNodeRed,
} from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';

const LOG_TIMEOUT_MS = 15_000;

interface Shown {
  readonly fill?: string;
  readonly text?: string;
  readonly source: { readonly id: string };
}

interface Caught {
  readonly message: string;
  readonly code?: string;
  readonly source: { readonly id: string };
}

/** A Node-RED whose store gets into trouble: Alice sends to its station Bob, and it sends to Alice. */
export class DamagedStation {
  private sidebar: DebugSidebar | undefined;

  private constructor(private readonly nodeRed: NodeRedProcess) {}

  static async start(userDirectory: string, spoolDirectory: string, options: NodeRedOptions = {}) {
    const nodeRed = await startNodeRed({
      ...options,
      userDirectory,
      settings: { as2: { spoolDirectory, spoolThreshold: 64 * 1024, retryPauses: [0.002] } },
    });
    return new DamagedStation(nodeRed);
  }

  get processId(): number {
    return this.nodeRed.processId ?? 0;
  }

  async deploy(): Promise<void> {
    this.sidebar = await this.nodeRed.debugSidebar();
    await this.nodeRed.deploy(await flow(`${this.nodeRed.url}/as2`));
  }

  /** Follows the flow that an earlier process has left. */
  async watch(): Promise<void> {
    this.sidebar = await this.nodeRed.debugSidebar();
  }

  /** What Alice gets for a message. */
  async post(options: WireOptions = {}): Promise<WireAnswer> {
    return postWire(`${this.nodeRed.url}/as2`, await messageOfAlice(options));
  }

  /** Posts until the station takes messages again. @returns what the receipt says */
  async accepts(): Promise<string> {
    for (;;) {
      const answer = await this.post();
      if (answer.status === 200) return this.dispositionOf(answer);
      if (answer.status !== 503) throw new Error(`the station answers ${answer.status}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async dispositionOf(answer: WireAnswer): Promise<string> {
    const receipt: Receipt = await receiptOfBob(answer);
    return formatDisposition(receipt.disposition).replace(/^.*; */, '');
  }

  /** Lets Bob send something to Alice, who is the same Node-RED. */
  async send(): Promise<void> {
    await this.nodeRed.request('/send', { method: 'POST', body: 'An order' });
  }

  /** The next status of a node with this colour. */
  async status(node: 'in' | 'out', fill: string): Promise<string> {
    for (;;) {
      const { source, ...shown } = await this.next<Shown>('status');
      if (source.id === node && shown.fill === fill) return shown.text ?? '';
    }
  }

  /** Waits for a line in the log. */
  async says(pattern: RegExp): Promise<void> {
    await this.nodeRed.waitForLog(pattern, LOG_TIMEOUT_MS);
  }

  async caught(node: 'in' | 'out'): Promise<Caught> {
    for (;;) {
      const error = await this.next<Caught>('caught');
      if (error.source.id === node) return error;
    }
  }

  async sent(): Promise<string> {
    return this.next<string>('sent');
  }

  async stop(): Promise<void> {
    await this.nodeRed.stop();
  }

  private async next<T>(name: string): Promise<T> {
    if (!this.sidebar) throw new Error('not deployed');
    return this.sidebar.next<T>(name);
  }
}

async function flow(url: string): Promise<FlowNode[]> {
  const alice = await testKeyPair('Alice');
  const bob = await testKeyPair('Bob');
  const show = (id: string, complete: string): FlowNode => ({
    id,
    type: 'debug',
    name: id,
    active: true,
    tosidebar: true,
    complete,
    targetType: 'msg',
    wires: [],
  });
  return [
    { ...identityNode('bob', 'Bob B', bob.certificatePem), credentials: { privateKey: bob.privateKeyPem } },
    {
      ...identityNode('alice', 'Alice', alice.certificatePem),
      credentials: { privateKey: alice.privateKeyPem },
    },
    partnerNode('from-alice', 'Alice', {
      as2Name: 'Alice',
      identity: 'bob',
      certificate: alice.certificatePem,
      url,
    }),
    partnerNode('from-bob', 'Bob', {
      as2Name: 'Bob B',
      identity: 'alice',
      certificate: bob.certificatePem,
      url,
    }),
    { id: 'tab', type: 'tab', label: 'Station' },
    ...[
      { id: 'in', type: 'as2-in', path: '/as2', wires: [[]] },
      {
        id: 'send',
        type: 'http in',
        method: 'post',
        url: '/send',
        skipBodyParsing: true,
        wires: [['answer', 'out']],
      },
      { id: 'answer', type: 'http response', wires: [] },
      { id: 'out', type: 'as2-out', partner: 'from-alice', wires: [['sent']] },
      { id: 'status-of-all', type: 'status', scope: ['in', 'out'], wires: [['status']] },
      { id: 'catch', type: 'catch', scope: ['in', 'out'], wires: [['caught']] },
      show('status', 'status'),
      show('caught', 'error'),
      show('sent', 'as2.receipt.disposition'),
    ].map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}

export function journalIn(spoolDirectory: string): string {
  return join(spoolDirectory, 'journal.sqlite');
}
