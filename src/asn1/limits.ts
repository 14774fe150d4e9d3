/** BER-04: what a partner may make us hold and walk through. */
export interface Asn1Limits {
  /** Elements within elements. */
  readonly depth: number;
  /** Elements in one parsed tree. */
  readonly elements: number;
}

export const defaultLimits: Asn1Limits = { depth: 32, elements: 20_000 };

/** No object identifier in use comes near it. */
export const LONGEST_OID_BYTES = 64;
/** RSA with 16384 bits, and its sign octet. */
export const LONGEST_INTEGER_BYTES = 2049;
