import { type KeyObject, sign } from 'node:crypto';
import {
  bitString,
  context,
  nullValue,
  octetString,
  oid,
  primitive,
  sequence,
  setOf,
  type Tag,
  tags,
  TagClass,
  time,
} from '../../src/asn1';

/** One attribute of a name: dotted type, universal number of the string type, octets. */
export type NamePart = readonly [type: string, stringType: number, octets: string | Buffer];

export interface CertificateParts {
  readonly key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly subject: readonly NamePart[];
  /** Default: the subject. */
  readonly issuer?: readonly NamePart[];
  /** What the version element says: 0 for v1, 2 for v3; 'absent' leaves it out. */
  readonly version?: number | 'absent';
  /** Content octets. */
  readonly serial?: Buffer;
  readonly notBefore?: Buffer;
  readonly notAfter?: Buffer;
  /** Default: the key of `key`. */
  readonly publicKeyInfo?: Buffer;
  readonly extensions?: readonly Buffer[];
}

/**
 * Writes a certificate that no sane program would issue, but that some partner has: every part as given (TLS-08).
 * It is signed by its own RSA key with SHA-256.
 */
export function buildCertificate(parts: CertificateParts): Buffer {
  const algorithm = sequence(oid('1.2.840.113549.1.1.11'), nullValue());
  const { version = 2, serial = Buffer.from([1]), extensions = [] } = parts;
  const tbsCertificate = sequence(
    ...(version === 'absent' ? [] : [context(0, primitive(tags.integer, Buffer.from([version])))]),
    primitive(tags.integer, serial),
    algorithm,
    encodeName(parts.issuer ?? parts.subject),
    sequence(
      parts.notBefore ?? time(new Date('2024-01-01T00:00:00Z')),
      parts.notAfter ?? time(new Date('2045-01-01T00:00:00Z')),
    ),
    encodeName(parts.subject),
    parts.publicKeyInfo ?? parts.key.publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length > 0 ? [context(3, sequence(...extensions))] : []),
  );
  return sequence(tbsCertificate, algorithm, bitString(sign('sha256', tbsCertificate, parts.key.privateKey)));
}

export function encodeName(parts: readonly NamePart[]): Buffer {
  return sequence(
    ...parts.map(([type, stringType, octets]) => {
      const tag: Tag = { tagClass: TagClass.universal, number: stringType };
      return setOf([sequence(oid(type), primitive(tag, Buffer.from(octets as Buffer)))]);
    }),
  );
}

export function encodeExtension(
  id: string,
  value: Buffer,
  importance: 'critical' | 'normal' = 'normal',
): Buffer {
  const critical = importance === 'critical' ? [primitive(tags.boolean, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...critical, octetString(value));
}

/** The universal numbers of the string types. */
export const stringTypes = { utf8: 12, printable: 19, teletex: 20, ia5: 22, universal: 28, bmp: 30 } as const;

/** SEQUENCE with an indefinite length around whole elements (BER). */
export function indefiniteSequence(...elements: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x30, 0x80]), ...elements, Buffer.alloc(2)]);
}
