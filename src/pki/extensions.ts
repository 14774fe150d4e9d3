import { type Asn1Node, childrenOf, hasTag, octetStringValue, oidValue, parseBer, tags } from '../asn1';

/** One X.509 extension (RFC 5280 §4.2). */
export interface CertificateExtension {
  /** Dotted object identifier. */
  readonly id: string;
  readonly critical: boolean;
  /** What the extnValue OCTET STRING holds. */
  readonly value: Buffer;
}

export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** The bits of KeyUsage in their order (RFC 5280 §4.2.1.3). */
const keyUsageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof keyUsageBits)[number];

/** @param node the SEQUENCE OF Extension */
export function readExtensions(node: Asn1Node): CertificateExtension[] {
  return childrenOf(node).map((extension) => {
    const [id, ...rest] = childrenOf(extension);
    const critical = rest.find((part) => hasTag(part, tags.boolean));
    return {
      id: oidValue(id),
      critical: (critical?.content[0] ?? 0) !== 0,
      value: octetStringValue(rest.at(-1)),
    };
  });
}

/** Each of these is undefined where the extension is absent or cannot be read: a certificate is not refused for it. */
export function subjectKeyIdentifierOf(extensions: readonly CertificateExtension[]): Buffer | undefined {
  return readExtension(extensions, extensionIds.subjectKeyIdentifier, octetStringValue);
}

export function keyUsageOf(extensions: readonly CertificateExtension[]): KeyUsage[] | undefined {
  return readExtension(extensions, extensionIds.keyUsage, ({ content }) =>
    // The first content octet counts the unused bits; they are zero anyway.
    keyUsageBits.filter((_, bit) => ((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0),
  );
}

export function isAuthority(extensions: readonly CertificateExtension[]): boolean {
  const found = readExtension(extensions, extensionIds.basicConstraints, (node) =>
    childrenOf(node).some((part) => hasTag(part, tags.boolean) && part.content[0] !== 0),
  );
  return found ?? false;
}

function readExtension<T>(
  extensions: readonly CertificateExtension[],
  id: string,
  read: (node: Asn1Node) => T,
): T | undefined {
  const extension = extensions.find((candidate) => candidate.id === id);
  if (!extension) return undefined;
  try {
    return read(parseBer(extension.value));
  } catch {
    return undefined;
  }
}
