import { type Behaviour, TradingPartner } from '../partner/mock';
import { partyBob } from './alice';
import { testKeyPair } from './keys';
import { onTab, type RunningFlow, withFlow } from './node-red-flow';
import type { FlowNode } from './node-red-process';
import { aliceAndBob } from './stations';

type Properties = Readonly<Record<string, unknown>>;

export interface AliceOptions {
  /** Of Alice's as2-out. */
  readonly out?: Properties;
  /** Of her partner Bob. */
  readonly bob?: Properties;
  /** The part `as2` of settings.js. */
  readonly as2?: Properties;
  /** What Bob usually does. */
  readonly usually?: Behaviour;
  /** Instead of Alice's own flow. */
  readonly flow?: (out: Properties) => FlowNode[];
}

/** Alice in Node-RED, whose as2-out sends to a Bob elsewhere, and whose as2-in takes his receipts. */
export class AliceAlone {
  constructor(
    readonly flow: RunningFlow,
    readonly bob: TradingPartner,
    private readonly nodesWith: (out: Properties) => Promise<Deployed>,
  ) {}

  /** Presses Deploy. */
  async deploy(type: 'full' | 'flows' | 'nodes', out: Properties = {}): Promise<void> {
    const { nodes, credentials } = await this.nodesWith(out);
    await this.flow.deploy(nodes, type, credentials);
  }

  /** Everything that is in memory is forgotten. */
  async restart(): Promise<void> {
    await this.flow.restart();
  }
}

interface Deployed {
  readonly nodes: readonly FlowNode[];
  readonly credentials: Awaited<ReturnType<typeof aliceAndBob>>['credentials'];
}

export async function withAliceAlone(
  options: AliceOptions,
  work: (alice: AliceAlone) => Promise<void>,
): Promise<void> {
  const { out = {}, bob: changes = {}, as2 = {}, usually = {}, flow: own = aliceFlow } = options;
  const { certificatePem } = await testKeyPair('Alice');
  const { as2Name, keyPair } = await partyBob();
  const bob = await TradingPartner.start({
    as2Name,
    keyPair,
    peer: { as2Name: 'Alice', certificate: certificatePem },
    usually,
  });
  const nodesWith = async (url: string, more: Properties): Promise<Deployed> => {
    const later = changes.receiptDelivery === 'async' ? { receiptUrl: `${url}/as2` } : {};
    const { nodes, credentials } = await aliceAndBob(bob.url, {
      bob: { attempts: '10', ...later, ...changes },
    });
    return { nodes: [...nodes, ...own({ ...out, ...more })], credentials };
  };
  try {
    let address = '';
    await withFlow(
      async (url) => {
        address = url;
        return { ...(await nodesWith(url, {})), settings: { as2: { retryPauses: [0.001], ...as2 } } };
      },
      async (flow) => work(new AliceAlone(flow, bob, (more) => nodesWith(address, more))),
    );
  } finally {
    await bob.stop();
  }
}

export function aliceFlow(out: Properties): FlowNode[] {
  return onTab(
    { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']], ...out },
    { id: 'sent', type: 'helper' },
    { id: 'in', type: 'as2-in', path: '/as2', wires: [[]] },
    { id: 'catch', type: 'catch', wires: [['caught']] },
    { id: 'caught', type: 'helper' },
  );
}
