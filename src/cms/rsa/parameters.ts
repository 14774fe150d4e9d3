import {
  type Asn1Node,
  childrenOf,
  context,
  contextTag,
  hasTag,
  integer,
  sequence,
  smallInteger,
} from '../../asn1';
import { As2Error } from '../../errors';
import { algorithmIdentifier, readAlgorithmIdentifier } from '../algorithm-identifier';
import { digestAlgorithm, digestByOid, type DigestName, mgf1Oid } from '../algorithms';

/** RSASSA-PSS-params (RFC 4055 §3.1). */
export interface PssParameters {
  readonly digest: DigestName;
  readonly mgf1Digest: DigestName;
  readonly saltBytes: number;
}

/** Every field has a default; some fields may be left away. */
export function readPssParameters(node: Asn1Node | undefined): PssParameters {
  const fields = childrenOf(node);
  const trailer = fieldOf(fields, 3);
  if (trailer && smallInteger(trailer) !== 1) throw unsupported('RSASSA-PSS trailer');
  const salt = fieldOf(fields, 2);
  return {
    digest: digestField(fieldOf(fields, 0)),
    mgf1Digest: maskGenerationField(fieldOf(fields, 1)),
    saltBytes: salt ? smallInteger(salt) : 20,
  };
}

export function pssParameters({ digest, mgf1Digest, saltBytes }: PssParameters): Buffer {
  return sequence(
    context(0, digestIdentifier(digest)),
    context(1, algorithmIdentifier(mgf1Oid, digestIdentifier(mgf1Digest))),
    context(2, integer(saltBytes)),
  );
}

export function fieldOf(fields: readonly Asn1Node[], number: number): Asn1Node | undefined {
  return fields.find((field) => hasTag(field, contextTag(number)))?.children[0];
}

/** SHA-1 is the default of RFC 4055. */
export function digestField(node: Asn1Node | undefined): DigestName {
  if (!node) return 'sha-1';
  const { oid } = readAlgorithmIdentifier(node);
  const digest = digestByOid(oid);
  if (!digest) throw unsupported(oid);
  return digest.name;
}

export function maskGenerationField(node: Asn1Node | undefined): DigestName {
  if (!node) return 'sha-1';
  const { oid, parameters } = readAlgorithmIdentifier(node);
  if (oid !== mgf1Oid) throw unsupported(oid);
  return digestField(parameters);
}

/** RFC 4055 §2.1: with NULL here, and without it elsewhere in CMS. */
export function digestIdentifier(digest: DigestName): Buffer {
  return algorithmIdentifier(digestAlgorithm(digest).oid, null);
}

function unsupported(algorithm: string): As2Error {
  return new As2Error('algorithm-unsupported', { algorithm, purpose: 'RSA' });
}
