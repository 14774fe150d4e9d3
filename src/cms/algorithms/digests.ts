import { createHash, hash, type Hash } from 'node:crypto';

export interface DigestAlgorithm {
  readonly name: DigestName;
  readonly oid: string;
  readonly nodeName: string;
  /** As written in `micalg`, Disposition-Notification-Options and Received-content-MIC. */
  readonly micalg: string;
  readonly lengthBytes: number;
}

function digest<Name extends string>(
  name: Name,
  oid: string,
  nodeName: string,
  lengthBytes: number,
  micalg: string = name,
) {
  return { name, oid, nodeName, lengthBytes, micalg };
}

const digests = [
  digest('md5', '1.2.840.113549.2.5', 'md5', 16),
  // RFC 3851 spelling: the one that partners compare with (decision 7 of the conformance list).
  digest('sha-1', '1.3.14.3.2.26', 'sha1', 20, 'sha1'),
  digest('sha-224', '2.16.840.1.101.3.4.2.4', 'sha224', 28),
  digest('sha-256', '2.16.840.1.101.3.4.2.1', 'sha256', 32),
  digest('sha-384', '2.16.840.1.101.3.4.2.2', 'sha384', 48),
  digest('sha-512', '2.16.840.1.101.3.4.2.3', 'sha512', 64),
  digest('sha-512-256', '2.16.840.1.101.3.4.2.6', 'sha512-256', 32),
  digest('sha3-224', '2.16.840.1.101.3.4.2.7', 'sha3-224', 28),
  digest('sha3-256', '2.16.840.1.101.3.4.2.8', 'sha3-256', 32),
  digest('sha3-384', '2.16.840.1.101.3.4.2.9', 'sha3-384', 48),
  digest('sha3-512', '2.16.840.1.101.3.4.2.10', 'sha3-512', 64),
  // RFC 8702: 512 bits of output; the digest of Ed448 (RFC 8419).
  digest('shake256', '2.16.840.1.101.3.4.2.12', 'shake256', 64),
] as const;

export type DigestName = (typeof digests)[number]['name'];

/** Other identifiers met for the same digest: id-shake256-len (RFC 8419), RSA-style names of old senders. */
const digestOidAliases: Readonly<Record<string, DigestName>> = {
  '2.16.840.1.101.3.4.2.18': 'shake256',
  '1.2.840.113549.1.1.4': 'md5',
  '1.2.840.113549.1.1.5': 'sha-1',
  '1.3.14.3.2.29': 'sha-1',
  '1.2.840.113549.1.1.14': 'sha-224',
  '1.2.840.113549.1.1.11': 'sha-256',
  '1.2.840.113549.1.1.12': 'sha-384',
  '1.2.840.113549.1.1.13': 'sha-512',
};

/** Every digest that can be read, in the order of the table. */
export const digestNames: readonly DigestName[] = digests.map(({ name }) => name);

const byName = new Map<DigestName, DigestAlgorithm>(digests.map((digest) => [digest.name, digest]));

export function digestAlgorithm(name: DigestName): DigestAlgorithm {
  const found = byName.get(name);
  if (!found) throw new RangeError(`no digest ${name as string}`);
  return found;
}

/** Any spelling that partners use: `SHA256`, `sha-256`, `SHA_256`, `rsa-sha256`, `sha2-256`, `sha` for SHA-1. */
export function digestByName(spelling: string): DigestAlgorithm | undefined {
  const plain = spelling
    .toLowerCase()
    .replace(/[-_\s/]/g, '')
    .replace(/^rsa/, '');
  const wanted = plain === 'sha' ? 'sha1' : plain.replace(/^sha2(?=(?:224|256|384|512)$)/, 'sha');
  return byPlainName.get(wanted);
}

const byPlainName = new Map(digests.map((digest) => [digest.name.replaceAll('-', ''), digest]));

export function digestByOid(oid: string): DigestAlgorithm | undefined {
  const alias = digestOidAliases[oid];
  return alias ? digestAlgorithm(alias) : digests.find((candidate) => candidate.oid === oid);
}

/** Up to this many bytes in several parts are put together first. */
const SMALL_BYTES = 64 * 1024;
/** For all of them: nothing waits in here. */
const together = Buffer.allocUnsafeSlow(SMALL_BYTES);

/**
 * The digest of bytes that are at hand. Small ones are digested by one call, without an object of OpenSSL that the
 * garbage collector would have to end: for small messages that was a tenth of all the work beside RSA.
 */
export function digestOf(name: DigestName, parts: readonly Buffer[]): Buffer {
  const { nodeName } = digestAlgorithm(name);
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > SMALL_BYTES || nodeName.startsWith('shake')) {
    const digest = createDigest(name);
    for (const part of parts) digest.update(part);
    return digest.digest();
  }
  if (parts.length === 1 && parts[0]) return hash(nodeName, parts[0], 'buffer');
  length = 0;
  for (const part of parts) length += part.copy(together, length);
  return hash(nodeName, together.subarray(0, length), 'buffer');
}

export function createDigest(name: DigestName): Hash {
  const { nodeName, lengthBytes } = digestAlgorithm(name);
  return createHash(nodeName, nodeName.startsWith('shake') ? { outputLength: lengthBytes } : {});
}
