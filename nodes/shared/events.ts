import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { flowError } from './describe';
import { safely } from './safely';

export type Send = (message: NodeMessage | (NodeMessage | null)[]) => void;

/** Runs `work` for every message; a failure goes to Catch nodes, the end to Complete nodes. */
export function onInput(
  RED: NodeAPI,
  node: Node,
  work: (message: NodeMessageInFlow, send: Send) => Promise<void>,
): void {
  node.on('input', (message, send, done) => {
    safely(
      async () => {
        await work(message, send);
        done();
      },
      (error) => done(flowError(RED, error)),
    );
  });
}

/** Runs `work` when the node is removed, or stopped because something about it was deployed anew. */
export function onClose(RED: NodeAPI, node: Node, work: (removed: boolean) => void | Promise<void>): void {
  node.on('close', (removed: boolean, done: () => void) => {
    safely(
      async () => {
        await work(removed);
        done();
      },
      (error) => {
        node.error(flowError(RED, error));
        done();
      },
    );
  });
}

/** A handler of HTTP requests that answers 500 when `work` fails before it answered. */
export function onRequest<Request extends IncomingMessage, Response extends ServerResponse>(
  RED: NodeAPI,
  work: (request: Request, response: Response) => void | Promise<void>,
): (request: Request, response: Response) => void {
  return (request, response) => {
    safely(
      () => work(request, response),
      (error) => {
        RED.log.error(`as2: ${flowError(RED, error).message}`);
        if (response.headersSent) response.destroy();
        else response.writeHead(500, { 'Content-Type': 'text/plain' }).end('Internal error\n');
      },
    );
  };
}

/** Runs `work` on every event of Node-RED's runtime until the node closes. */
export function onRuntimeEvent(RED: NodeAPI, node: Node, event: string, work: () => void): void {
  const listener = (): void => safely(work, (error) => node.error(flowError(RED, error)));
  RED.events.on(event, listener);
  onClose(RED, node, () => void RED.events.removeListener(event, listener));
}

/** Runs `work` again and again until the node closes. */
export function onInterval(RED: NodeAPI, node: Node, intervalMs: number, work: () => void): void {
  const timer = setInterval(
    () => safely(work, (error) => node.error(flowError(RED, error))),
    intervalMs,
  ).unref();
  onClose(RED, node, () => clearInterval(timer));
}
