import type { Node, NodeAPI } from 'node-red';
import { As2Error } from '../../../src/errors';
import type { ConnectionTest } from '../../../src/exchange';
import { ready } from '../checked';
import { core } from '../core';
import { describe, type Told } from '../describe';
import type { ShownTest } from '../shown-test';
import { isPartnerNode, type PartnerNode } from '../partner';
import { stateOf } from '../state';
import { type AdminRequest, answering } from './answer';

/** Goes on in the background of a browser that waits; a second one of the same partner would only disturb it. */
const running = new WeakSet<PartnerNode>();

/** Tests the connection to a partner as it is deployed. */
export function registerPartnerTest(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/as2/partners/:id/test',
    RED.auth.needsPermission('as2.write'),
    answering(RED, async (request) => {
      const { message } = { message: undefined, ...(request.body as object | undefined) };
      return whileThere(request, async (signal) =>
        test(RED, deployed(RED, request), message === true, signal),
      );
    }),
  );
}

async function test(
  RED: NodeAPI,
  node: PartnerNode,
  withMessage: boolean,
  signal: AbortSignal,
): Promise<ShownTest> {
  if (running.has(node)) throw new As2Error('test-running', { partner: node.label });
  running.add(node);
  const { exchanges } = stateOf(RED);
  // The spool stays open for the test message, also where no node of a flow needs it.
  exchanges.use(node);
  try {
    const { formatConnectionTest, testConnection } = core.exchange;
    const result = inLanguage(
      RED,
      await testConnection({
        partner: node.label,
        relationship: () => ready(node.partner).relationship(),
        ...(withMessage ? { message: { spool: async () => exchanges.spool() } } : {}),
        signal,
      }),
    );
    return { ...result, text: formatConnectionTest(result) };
  } finally {
    running.delete(node);
    await exchanges.release(node);
  }
}

/** @throws As2Error `partner-not-deployed` */
function deployed(RED: NodeAPI, { params }: AdminRequest): PartnerNode {
  const id = 'id' in params && typeof params.id === 'string' ? params.id : '';
  const node: Node | null = RED.nodes.getNode(id);
  if (!isPartnerNode(node)) throw new As2Error('partner-not-deployed', { id });
  return node;
}

/** Ends when nobody waits for the result any more. A browser asks often on one connection. */
async function whileThere<T>(
  { socket }: AdminRequest,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  socket.once('close', onClose);
  try {
    return await work(gone.signal);
  } finally {
    socket.off('close', onClose);
  }
}

/** With the sentences of the language of this Node-RED. */
function inLanguage(RED: NodeAPI, result: ConnectionTest): ConnectionTest {
  const told = <P extends Told>(problem: P): P => ({ ...problem, message: describe(RED, problem) });
  return {
    ...result,
    steps: result.steps.map((step) => ({
      ...step,
      warnings: step.warnings.map(told),
      ...('error' in step && step.error ? { error: told(step.error) } : {}),
    })),
  };
}
