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

/** Written again and again, and as few as our tables name. */
const bare = new Map<string, Buffer>();
const withNull = new Map<string, Buffer>();

/** @param parameters `null` writes an ASN.1 NULL, `undefined` leaves them away: standards differ by algorithm */
export function algorithmIdentifier(algorithm: string, parameters: Buffer | null | undefined): Buffer {
  if (parameters) return sequence(oid(algorithm), parameters);
  const known = parameters === null ? withNull : bare;
  let identifier = known.get(algorithm);
  if (!identifier) {
    identifier = sequence(oid(algorithm), ...(parameters === null ? [nullValue()] : []));
    known.set(algorithm, identifier);
  }
  return identifier;
}
