import { join } from 'node:path';
import { type Receipt, formatDisposition } from '../../src/as2';
import { postWire, type WireAnswer, type WireOptions } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from '../support/alice';
import { testKeyPair } from '../support/keys';
import {
  type FlowNode,
  type NodeRedOptions,
  type NodeRedProcess,
  startNodeRed,
} from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';

const PATIENCE_MS = 40_000;

interface Shown {
  readonly fill?: string;
  readonly text?: string;
  readonly source: { readonly id: string };
}

interface Note {
  readonly name: string;
  readonly value: unknown;
}

interface Caught {
  readonly message: string;
  readonly code?: string;
  readonly source: { readonly id: string };
}

/** A Node-RED whose store gets into trouble: Alice sends to its station Bob, and it sends to Alice. */
export class DamagedStation {
  /** What its flow has noted and nobody has asked for yet. */
  private readonly noted: Note[] = [];
  private seen = 0;

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
    await this.nodeRed.deploy(await flow(`${this.nodeRed.url}/as2`));
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
    await this.nodeRed.waitForLog(pattern, PATIENCE_MS);
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

  /** Everything from its start on: what was said before somebody looked counts, too. */
  private async next<T>(name: string): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const notes = await this.nodeRed.getJson<Note[]>(`/noted?from=${this.seen}`);
      this.seen += notes.length;
      this.noted.push(...notes);
      const at = this.noted.findIndex((note) => note.name === name);
      const [found] = at < 0 ? [] : this.noted.splice(at, 1);
      if (found) return found.value as T;
      if (Date.now() > deadline) throw new Error(`nothing noted as "${name}": ${JSON.stringify(this.noted)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function flow(url: string): Promise<FlowNode[]> {
  const alice = await testKeyPair('Alice');
  const bob = await testKeyPair('Bob');
  const note = (id: string, value: string): FlowNode => ({
    id,
    type: 'function',
    func: `flow.set('noted', [...(flow.get('noted') || []), { name: '${id}', value: ${value} }]);`,
    outputs: 0,
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
      note('status', 'msg.status'),
      note('caught', 'msg.error'),
      note('sent', 'msg.as2.receipt.disposition'),
      { id: 'ask', type: 'http in', method: 'get', url: '/noted', wires: [['tell']] },
      {
        id: 'tell',
        type: 'function',
        func: `msg.payload = (flow.get('noted') || []).slice(Number(msg.req.query.from)); return msg;`,
        outputs: 1,
        wires: [['answer']],
      },
    ].map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}

export function journalIn(spoolDirectory: string): string {
  return join(spoolDirectory, 'journal.sqlite');
}
