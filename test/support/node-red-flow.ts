import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';
import helper from 'node-red-node-test-helper';
import as2Identity from '../../nodes/as2-identity/runtime';
import as2In from '../../nodes/as2-in/runtime';
import as2Listener from '../../nodes/as2-listener/runtime';
import as2Mdn from '../../nodes/as2-mdn/runtime';
import as2Out from '../../nodes/as2-out/runtime';
import as2Partner from '../../nodes/as2-partner/runtime';
import type { SentReport } from '../../nodes/shared/out-message';
import { type FlowNode, testedRuntime } from './node-red-process';
import { withTempDirectory } from './temp';

export type Credentials = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface FlowPlan {
  readonly nodes: readonly FlowNode[];
  readonly credentials?: Credentials;
  /** Of settings.js. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** What a node of type `helper` got. */
export type Received = NodeMessage & {
  readonly as2: SentReport & Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly message: string;
    readonly code?: string;
    readonly source: { readonly id: string };
  };
};

/** What takes a moment may take long on a busy machine; only a test that fails waits to the end. */
const WAIT_MS = 40_000;

/**
 * Runs flows in this process, with our nodes and the core's catch, complete, status, TLS and proxy nodes; nodes of type
 * `helper` keep what they get.
 * @param plan may depend on the address of Node-RED's HTTP nodes, which has no slash at the end
 */
export async function withFlow(
  plan: FlowPlan | ((url: string) => FlowPlan | Promise<FlowPlan>),
  work: (flow: RunningFlow) => Promise<void>,
): Promise<void> {
  await withTempDirectory(async (userDir) => {
    const flow = new RunningFlow(userDir);
    try {
      const url = await flow.listen();
      await flow.start(typeof plan === 'function' ? await plan(url) : plan);
      await work(flow);
    } finally {
      await flow.stop();
    }
  });
}

/** These nodes on a flow tab, which makes them nodes of the flow; without a place a node is a configuration node. */
export function onTab(...nodes: readonly FlowNode[]): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Test' },
    ...nodes.map((node) => ({ z: 'tab', x: 100, y: 100, wires: [], ...node })),
  ];
}

export class RunningFlow {
  /** Address of Node-RED's HTTP nodes, without a slash at the end. */
  url = '';
  private RED: NodeAPI | undefined;
  private server: Server | undefined;
  private readonly got = new Map<string, Received[]>();
  private readonly collecting = new WeakSet<Node>();
  private readonly statuses = new Map<string, NodeStatus>();

  constructor(readonly userDir: string) {}

  /** The helper's own server knows the admin routes alone. */
  async listen(): Promise<string> {
    this.server = createServer((request, response) => this.httpNode(request, response));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this.url;
  }

  async start({ nodes, credentials = {}, settings = {} }: FlowPlan): Promise<void> {
    helper.init(require.resolve(testedRuntime().nodeRed));
    helper.settings({ userDir: this.userDir, ...settings });
    const capture = (RED: NodeAPI): void => {
      this.RED = RED;
      // Express writes errors to the console in every environment but this.
      RED.httpNode.set('env', 'test');
      RED.events.on('node-status', this.onStatus);
      RED.events.on('flows:started', this.onStarted);
    };
    const ours = [as2Identity, as2Partner, as2Listener, as2Out, as2In, as2Mdn];
    await helper.load(
      [capture, coreNode('05-tls'), coreNode('06-httpproxy'), ...ours],
      [...nodes],
      credentials,
    );
    this.collectFrom(nodes);
  }

  async stop(): Promise<void> {
    await helper.unload();
    this.RED?.events.removeListener('node-status', this.onStatus);
    this.RED?.events.removeListener('flows:started', this.onStarted);
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** Deploys as the editor's button does: everything, changed flows, or changed nodes. */
  async deploy(
    nodes: readonly FlowNode[],
    type: 'full' | 'flows' | 'nodes',
    credentials: Credentials = {},
  ): Promise<void> {
    await helper.setFlows([...nodes], type, credentials);
    this.collectFrom(nodes);
  }

  async stopFlows(): Promise<void> {
    await helper.clearFlows();
  }

  /** Stops the flows as at the end of Node-RED, and starts the same ones again. */
  async restart(): Promise<void> {
    await this.stopFlows();
    await (helper as unknown as { _redNodes: { startFlows(): Promise<void> } })._redNodes.startFlows();
  }

  /** Requests to the admin routes. */
  get admin(): ReturnType<typeof helper.request> {
    return helper.request();
  }

  get httpNode(): NodeAPI['httpNode'] {
    if (!this.RED) throw new Error('the flow was not started');
    return this.RED.httpNode;
  }

  node(id: string): Node {
    const node = helper.getNode(id) as Node | null;
    if (!node) throw new Error(`there is no node ${id}`);
    return node;
  }

  /** Gives a node a message. */
  send(id: string, message: NodeMessage): void {
    this.node(id).receive(message);
  }

  /** The next message a `helper` node got; each is given once. */
  async next(id: string, timeoutMs = WAIT_MS): Promise<Received> {
    return waitFor(
      () => this.got.get(id)?.shift(),
      timeoutMs,
      () => `a message at ${id}; ${this.whatElse()}`,
    );
  }

  /** Whether nothing is left that a `helper` node got. */
  isSilent(id: string): boolean {
    return (this.got.get(id)?.length ?? 0) === 0;
  }

  /** What a node shows. Texts are catalogue keys here, because the helper has no catalogues. */
  status(id: string): NodeStatus {
    return this.statuses.get(id) ?? {};
  }

  async statusBecomes(id: string, wanted: NodeStatus, timeoutMs = WAIT_MS): Promise<void> {
    const shows = () => (isDeepStrictEqual(this.status(id), wanted) ? true : undefined);
    await waitFor(shows, timeoutMs, () => `${id} to show ${JSON.stringify(wanted)}; ${this.whatElse()}`);
  }

  /** Waits until a node that has shown something is closed by a deploy: then it shows nothing any more. */
  async isClosing(id: string): Promise<void> {
    await this.statusBecomes(id, {});
  }

  async statusTextBecomes(id: string, text: string, timeoutMs = WAIT_MS): Promise<void> {
    const shows = () => (this.status(id).text === text ? true : undefined);
    await waitFor(
      shows,
      timeoutMs,
      () => `${id} to show ${text} instead of ${this.status(id).text}; ${this.whatElse()}`,
    );
  }

  /** What nodes logged at this level, as text; or what everybody did. */
  logged(level: 'error' | 'warn' | 'info' | 'debug', by: 'nodes' | 'all' = 'nodes'): string[] {
    const number = { error: 20, warn: 30, info: 40, debug: 50 }[level];
    const calls = helper.log().args as { level: number; id?: string; msg: unknown }[][];
    return calls
      .map(([entry]) => entry)
      .filter((entry) => entry?.level === number && (by === 'all' || entry.id !== undefined))
      .map((entry) => String(entry?.msg));
  }

  /** Waits until a node has logged what fits. */
  async logs(level: 'error' | 'info', pattern: RegExp, timeoutMs = WAIT_MS): Promise<void> {
    const fits = () => (this.logged(level).some((line) => pattern.test(line)) ? true : undefined);
    await waitFor(fits, timeoutMs, () => `${String(pattern)} in the log; ${this.whatElse()}`);
  }

  /** For the report of a test that fails. */
  private whatElse(): string {
    const errors = [...this.got.values()].flat().flatMap(({ error }) => error?.message ?? []);
    return `caught: ${JSON.stringify(errors)}; logged: ${JSON.stringify(this.logged('error'))}`;
  }

  private readonly onStatus = ({ id, status }: { id: string; status?: NodeStatus }): void => {
    this.statuses.set(id, status ?? {});
  };

  /** Before a message of the time before the restart can come. */
  private readonly onStarted = (): void => {
    this.collectFrom([...this.got.keys()].map((id) => ({ id, type: 'helper' })));
  };

  private collectFrom(nodes: readonly FlowNode[]): void {
    for (const { id, type } of nodes) {
      const node = helper.getNode(id) as Node | null;
      if (type !== 'helper' || !node || this.collecting.has(node)) continue;
      this.collecting.add(node);
      const got = this.got.get(id) ?? [];
      this.got.set(id, got);
      node.on('input', (message) => void got.push(message as unknown as Received));
    }
  }
}

/** Of the Node-RED that is tested. */
function coreNode(file: '05-tls' | '06-httpproxy'): (RED: NodeAPI) => void {
  const { nodeRed } = testedRuntime();
  const load = createRequire(join(nodeRed, 'package.json'));
  return load(`@node-red/nodes/core/network/${file}.js`) as (RED: NodeAPI) => void;
}

async function waitFor<T>(look: () => T | undefined, timeoutMs: number, what: () => string): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
