import { checkPath, samePath } from '../../shared/editor/checks';
import { asText } from '../../shared/editor/live';
import { say } from './say';

/** Where partners reach the endpoint, as far as the browser can know: a proxy in front may say otherwise. */
export function endpointUrl(path: string): string {
  const root = (RED.settings.httpNodeRoot ?? '/').replace(/\/+$/, '');
  return location.origin + root + (path.startsWith('/') ? path : `/${path}`);
}

interface EndpointNode extends EditorNode {
  readonly path?: string;
}

interface HttpInNode extends EditorNode {
  readonly url?: string;
  readonly method?: string;
}

/** A path that another as2-in node has already would leave this one without messages. */
export function checkEndpointPath(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkPath(value);
  if (verdict !== true) return verdict;
  const endpoints = RED.nodes.filterNodes({ type: 'as2-in' }) as readonly EndpointNode[];
  const other = endpoints.find(
    ({ id, d, path }) => id !== node.id && !d && path !== undefined && samePath(path, asText(value)),
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
