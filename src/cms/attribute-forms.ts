import { type Asn1Node, constructed, setOf, tags, toDer } from '../asn1';

/**
 * Attributes are authenticated as an explicit SET OF, whatever tag they travel under (RFC 5652 §5.4, RFC 5083 §2.2).
 * The SET OF with its elements as received, then in DER where that differs (SIG-04); the first is nearly always right.
 */
export function* setOfForms(attributes: Asn1Node): Generator<Buffer, void> {
  const asReceived = constructed(tags.set, attributes.content);
  yield asReceived;
  const inDer = setOf(attributes.children.map(toDer));
  if (!asReceived.equals(inDer)) yield inDer;
}
