import { checkPath, samePath } from '../../shared/editor/checks';
import { originOf } from '../../shared/editor/endpoints';
import { asText, currentText } from '../../shared/editor/live';
import { wrongRange } from '../../shared/editor/ranges';
import { say } from './say';

/** Where partners reach the endpoint, as far as the browser can know: a proxy in front may say otherwise. */
export function endpointUrl(path: string, listenerId: string): string {
  const listener: ListenerNode | null | undefined = RED.nodes.node(listenerId);
  const absolute = path.startsWith('/') ? path : `/${path}`;
  if (listener) return originOf(asText(listener.port), asText(listener.tls) !== '') + absolute;
  const root = (RED.settings.httpNodeRoot ?? '/').replace(/\/+$/, '');
  return location.origin + root + absolute;
}

interface ListenerNode extends EditorNode {
  readonly port?: string;
  readonly tls?: string;
}

interface EndpointNode extends EditorNode {
  readonly path?: string;
  readonly listener?: string;
}

interface HttpInNode extends EditorNode {
  readonly url?: string;
  readonly method?: string;
}

/** A path that another as2-in node of the same server has already would leave this one without messages. */
export function checkEndpointPath(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkPath(value);
  if (verdict !== true) return verdict;
  const endpoints = RED.nodes.filterNodes({ type: 'as2-in' }) as readonly EndpointNode[];
  const other = endpoints.find(
    ({ id, d, path, listener = '' }) =>
      id !== node.id &&
      !d &&
      path !== undefined &&
      samePath(path, asText(value)) &&
      listener === currentText(node, 'listener'),
  );
  return other ? say('problem.path-taken', { node: other.name || other.id }) : true;
}

/** An http in node on the same path may be asked first. */
export function advisePath(path: string): string | undefined {
  const httpNodes = RED.nodes.filterNodes({ type: 'http in' }) as readonly HttpInNode[];
  const shared = httpNodes.some(
    ({ d, method, url = '' }) => !d && method === 'post' && samePath(`/${url.replace(/^\//, '')}`, path),
  );
  return shared ? say('advice.path-shared') : undefined;
}

/** IP addresses and ranges, or empty. */
export function checkRanges(value: unknown): EditorVerdict {
  const range = wrongRange(value);
  return range === undefined || say('problem.ranges', { range });
}
