import {
  type Asn1Node,
  childrenOf,
  hasTag,
  integer,
  malformed,
  octetString,
  octetStringValue,
  sequence,
  smallInteger,
  tags,
} from '../../asn1';
import { As2Error } from '../../errors';
import { type AlgorithmIdentifier, algorithmIdentifier } from '../algorithm-identifier';
import {
  type CipherAlgorithm,
  cipherAlgorithm,
  cipherByOid,
  type CipherName,
  foreignCipherName,
  rc2Cbc,
} from '../algorithms';

/** A content-encryption algorithm with its parameters. */
export interface ContentCipher {
  readonly algorithm: CipherAlgorithm;
  /** Initialization vector or nonce. */
  readonly iv: Buffer;
  /** Length of the tag as the parameters say; undefined: they leave it open. Always undefined without a tag. */
  readonly tagBytes?: number;
}

/** @throws As2Error `algorithm-unsupported`, `asn1-malformed` */
export function readContentCipher({ oid, parameters }: AlgorithmIdentifier): ContentCipher {
  const algorithm = oid === rc2Cbc ? rc2Algorithm(parameters) : cipherByOid(oid);
  if (!algorithm) {
    throw new As2Error('algorithm-unsupported', { algorithm: foreignCipherName(oid), purpose: 'encryption' });
  }
  const { iv, tagBytes } = readers[algorithm.mode](parameters, algorithm);
  if (algorithm.mode === 'cbc' && iv.length !== algorithm.ivBytes) throw badLength('initialization vector');
  return { algorithm, iv, ...(tagBytes === undefined ? {} : { tagBytes }) };
}

interface Parameters {
  readonly iv: Buffer;
  readonly tagBytes?: number | undefined;
}

const readers: Readonly<
  Record<CipherAlgorithm['mode'], (node: Asn1Node | undefined, algorithm: CipherAlgorithm) => Parameters>
> = {
  cbc: (node, { name, ivBytes }) => {
    // RC2 { version, iv } (RFC 2268 §6), CAST5 { iv DEFAULT, keyLength } (RFC 2984 §3), IDEA { iv OPTIONAL } (RFC 3058 §2.4);
    // all others, and what OpenSSL writes for CAST5: the bare vector (RFC 3565 §2.3, RFC 3370 §5.1).
    if (!hasTag(node, tags.sequence)) return { iv: octetStringValue(node) };
    const vector = node.children.find((child) => hasTag(child, tags.octetString));
    if (name === 'cast5-cbc') assertCast5KeyLength(node);
    // Zeros are the default of CAST5's (RFC 2984 §3), and what is left when IDEA has none.
    if (!vector && (name === 'cast5-cbc' || name === 'idea-cbc')) return { iv: Buffer.alloc(ivBytes) };
    return { iv: octetStringValue(vector) };
  },
  gcm: (node) => {
    const parameters = readAeadParameters(node);
    if (parameters.iv.length === 0 || parameters.iv.length > 128) throw badLength('nonce');
    assertTagLength(parameters.tagBytes, [12, 13, 14, 15, 16]);
    return parameters;
  },
  ccm: (node) => {
    const parameters = readAeadParameters(node);
    if (parameters.iv.length < 7 || parameters.iv.length > 13) throw badLength('nonce');
    // AEAD-03: shorter tags exist in the standard, but protect nothing.
    assertTagLength(parameters.tagBytes, [8, 10, 12, 14, 16]);
    return parameters;
  },
  'chacha20-poly1305': (node) => {
    const iv = octetStringValue(node);
    if (iv.length !== 12) throw badLength('nonce');
    return { iv, tagBytes: 16 };
  },
};

/** GCMParameters and CCMParameters (RFC 5084 §3.1, §3.2); some products write the bare nonce instead. */
function readAeadParameters(node: Asn1Node | undefined): Parameters {
  if (hasTag(node, tags.octetString)) return { iv: octetStringValue(node) };
  const [nonce, tagBytes] = childrenOf(node);
  return { iv: octetStringValue(nonce), tagBytes: tagBytes && smallInteger(tagBytes) };
}

function assertTagLength(tagBytes: number | undefined, allowed: readonly number[]): void {
  if (tagBytes !== undefined && !allowed.includes(tagBytes)) throw badLength('authentication tag');
}

/** RFC 2268 §6: what `version` encodes; the bare vector means 32 bits, which nobody can use. */
const rc2Versions: Readonly<Record<number, CipherName>> = {
  160: 'rc2-40-cbc',
  120: 'rc2-64-cbc',
  58: 'rc2-128-cbc',
};
const rc2VersionOf = new Map(Object.entries(rc2Versions).map(([version, name]) => [name, Number(version)]));

function rc2Algorithm(parameters: Asn1Node | undefined): CipherAlgorithm | undefined {
  if (!hasTag(parameters, tags.sequence)) return undefined;
  const name = rc2Versions[smallInteger(parameters.children[0])];
  return name && cipherAlgorithm(name);
}

function assertCast5KeyLength(node: Asn1Node): void {
  const bits = smallInteger(node.children.find((child) => hasTag(child, tags.integer)));
  if (bits !== 128)
    throw new As2Error('algorithm-unsupported', { algorithm: `cast5-cbc (${bits})`, purpose: 'encryption' });
}

function badLength(what: string): As2Error {
  return malformed(`the ${what} has a bad length`);
}

/** The AlgorithmIdentifier that goes out. */
export function contentCipherIdentifier({ algorithm, iv }: ContentCipher): Buffer {
  return algorithmIdentifier(algorithm.oid, writeParameters(algorithm, iv));
}

function writeParameters({ mode, name, tagBytes }: CipherAlgorithm, iv: Buffer): Buffer {
  const rc2Version = rc2VersionOf.get(name);
  if (rc2Version !== undefined) return sequence(integer(rc2Version), octetString(iv));
  if (name === 'cast5-cbc') return sequence(octetString(iv), integer(128));
  if (name === 'idea-cbc') return sequence(octetString(iv));
  return mode === 'gcm' || mode === 'ccm' ? sequence(octetString(iv), integer(tagBytes)) : octetString(iv);
}
