import { tags, sameTag } from './tag';
import type { Asn1Node } from './tree';
import { octetStringValue } from './values';
import { constructed, primitive, setOf } from './write';

/** The same value in DER: definite shortest lengths, primitive strings, SET OF in order. */
export function toDer(node: Asn1Node): Buffer {
  if (sameTag(node.tag, tags.octetString)) return primitive(node.tag, octetStringValue(node));
  if (!node.constructed) return primitive(node.tag, node.content);
  const children = node.children.map(toDer);
  return sameTag(node.tag, tags.set) ? setOf(children) : constructed(node.tag, ...children);
}
