import { type Asn1Node, constructed, parseBer } from '../../src/asn1';

/** The same structure in DER with something else in one place: the children to take on the way there, by number. */
export function rewritten(
  bytes: Buffer,
  path: readonly number[],
  change: (node: Asn1Node) => Buffer,
): Buffer {
  return rewriteNode(parseBer(bytes), path, change);
}

function rewriteNode(node: Asn1Node, path: readonly number[], change: (node: Asn1Node) => Buffer): Buffer {
  const [next, ...rest] = path;
  if (next === undefined) return change(node);
  const index = next < 0 ? node.children.length + next : next;
  if (!node.children[index]) throw new RangeError(`no child ${next}`);
  return constructed(
    node.tag,
    ...node.children.map((child, at) => (at === index ? rewriteNode(child, rest, change) : child.raw)),
  );
}
