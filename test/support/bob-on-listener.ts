import { onTab, type RunningFlow, withFlow } from './node-red-flow';
import { freePort } from './free-port';
import { testKeyPair } from './keys';
import { aliceAndBob, type StationChanges } from './stations';

type Properties = Readonly<Record<string, unknown>>;

export interface ListenerPlan {
  /** Properties of the as2-listener. */
  readonly listener?: Properties;
  readonly as2In?: Properties;
  readonly changes?: StationChanges;
  /** With a server certificate for localhost. */
  readonly tls?: boolean;
  /** Properties of the tls-config; with files of its own it has no stored certificate. */
  readonly tlsConfig?: Properties;
  /** Of nodes by their id, beside the keys. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly settings?: Properties;
}

export interface RunningListener {
  readonly flow: RunningFlow;
  readonly port: number;
  /** Of the listener, without a slash at the end. */
  readonly url: string;
  /** Deploys the same nodes with other properties of the listener. */
  deploy(plan: ListenerPlan, type?: 'full' | 'nodes'): Promise<void>;
}

/** Bob's as2-in on an own port (`listener`, `in`), with a server certificate when there is to be TLS (`tls`). */
export async function withBobOnListener(
  plan: ListenerPlan,
  work: (running: RunningListener) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const origin = plan.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  await withFlow(
    async () => ({ ...(await flowOf(plan, port, origin)), settings: plan.settings ?? {} }),
    async (flow) => {
      await work({
        flow,
        port,
        url: origin,
        async deploy(changed, type = 'nodes') {
          const { nodes, credentials } = await flowOf(changed, port, origin);
          await flow.deploy(nodes, type, credentials);
        },
      });
    },
  );
}

async function flowOf(plan: ListenerPlan, port: number, origin: string) {
  const { listener = {}, as2In = {}, changes = {}, tls = false, tlsConfig = {} } = plan;
  const stations = await aliceAndBob(`${origin}/as2`, changes);
  const server = await testKeyPair('localhost');
  const nodes = [
    ...stations.nodes,
    ...(tls
      ? [
          {
            id: 'tls',
            type: 'tls-config',
            name: '',
            certType: 'files',
            cert: '',
            key: '',
            ca: '',
            verifyservercert: false,
            ...tlsConfig,
          },
        ]
      : []),
    {
      id: 'listener',
      type: 'as2-listener',
      name: '',
      host: '127.0.0.1',
      port: String(port),
      tls: tls ? 'tls' : '',
      ...listener,
    },
    ...onTab(
      { id: 'in', type: 'as2-in', path: '/as2', listener: 'listener', ...as2In, wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    ),
  ];
  const credentials = {
    ...stations.credentials,
    ...(tls ? { tls: { certdata: server.certificatePem, keydata: server.privateKeyPem } } : {}),
    ...plan.credentials,
  };
  return { nodes, credentials };
}
