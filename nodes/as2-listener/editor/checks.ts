import { checkPath } from '../../shared/editor/checks';
import { asText } from '../../shared/editor/live';

/** A text of this node's catalogue, also where there is no node at hand. */
export function say(key: string, values?: Record<string, unknown>): string {
  return RED._(`node-red-contrib-as2/as2-listener:as2-listener.${key}`, values);
}

const LAST_PORT = 65_535;

interface ListenerNode extends EditorNode {
  readonly port?: string;
  readonly host?: string;
}

/** Two listeners cannot have one port, unless on different addresses. */
export function checkPort(node: EditorNode, value: unknown): EditorVerdict {
  const port = Number(asText(value).trim() || Number.NaN);
  if (!Number.isInteger(port) || port < 1 || port > LAST_PORT) return say('problem.port');
  const listeners = RED.nodes.filterNodes({ type: 'as2-listener' }) as readonly ListenerNode[];
  const host = asText((node as ListenerNode).host);
  const other = listeners.find(
    (one) => one.id !== node.id && !one.d && Number(one.port) === port && asText(one.host) === host,
  );
  return other ? say('problem.port-taken', { node: other.name || other.id }) : true;
}

/** A path, or empty. */
export function checkHealthPath(value: unknown): EditorVerdict {
  const path = asText(value);
  return path === '' || checkPath(path) === true || say('problem.path');
}

/** The name of a header field, or empty. */
export function checkHeaderName(value: unknown): EditorVerdict {
  return /^[A-Za-z0-9-]*$/.test(asText(value).trim()) || say('problem.header');
}
