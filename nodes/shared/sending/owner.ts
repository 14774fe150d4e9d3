import type { Node } from 'node-red';

/** What Node-RED tells about a node inside a subflow instance. */
interface PlacedNode extends Node {
  /** Id of the node in the subflow's own definition. */
  readonly _alias?: string;
  /** `tab/instance/…/node`, in the ids that stand in the flow file. */
  readonly _path?: string;
}

/**
 * Names a node in the journal, so that it gets its messages back after a restart. Nodes in a subflow instance are given
 * new ids at every start; what stays is their place. The tab does not count: an instance may be moved to another one.
 */
export function ownerOf(node: Node): string {
  const { _alias, _path } = node as PlacedNode;
  if (_alias === undefined || _path === undefined) return node.id;
  return _path.split('/').slice(1).join('/');
}
