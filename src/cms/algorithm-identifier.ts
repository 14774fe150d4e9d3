import { type Asn1Node, childrenOf, nullValue, oid, oidValue, sequence } from '../asn1';

/** RFC 5280 §4.1.1.2. */
export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: Asn1Node | undefined;
}

export function readAlgorithmIdentifier(node: Asn1Node | undefined): AlgorithmIdentifier {
  const [algorithm, parameters] = childrenOf(node);
  return { oid: oidValue(algorithm), parameters };
}

/** @param parameters `null` writes an ASN.1 NULL, `undefined` leaves them away: standards differ by algorithm */
export function algorithmIdentifier(algorithm: string, parameters: Buffer | null | undefined): Buffer {
  if (parameters === undefined) return sequence(oid(algorithm));
  return sequence(oid(algorithm), parameters ?? nullValue());
}
