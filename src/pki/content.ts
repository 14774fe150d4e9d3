import {
  type Asn1Node,
  contextTag,
  parseBer,
  sameTag,
  smallInteger,
  type Tag,
  tags,
  oidValue,
} from '../asn1';
import { decodeBase64, findPemBlocks, type PemBlock } from './pem';

/** What a piece of a pasted text or an uploaded file turned out to be. */
export type ContentKind =
  | 'certificate'
  | 'certificate-request'
  | 'damaged'
  | 'encrypted-private-key'
  | 'java-keystore'
  | 'openpgp'
  | 'pkcs12'
  | 'pkcs7'
  | 'private-key'
  | 'public-key'
  | 'revocation-list'
  | 'ssh-key'
  | 'unknown';

export interface Content {
  readonly kind: ContentKind;
  readonly bytes: Buffer;
  /** For PEM: the word after BEGIN, and header lines such as `DEK-Info`. */
  readonly label?: string;
  readonly headers?: readonly string[];
}

/**
 * Everything in `input` that looks like a key or a certificate: PEM blocks, DER, bare base64. Judged by its
 * structure rather than by its label, since labels are often wrong. Empty for an empty input.
 */
export function readContents(input: string | Buffer): Content[] {
  if (Buffer.isBuffer(input)) {
    const binary = readBinary(input);
    if (binary) return [binary];
  }
  const text = typeof input === 'string' ? input : decodeText(input);
  if (text.trim() === '') return [];
  const blocks = findPemBlocks(text);
  if (blocks.length > 0) return blocks.map(readBlock);
  return [readBareText(text.trim())];
}

function readBinary(input: Buffer): Content | undefined {
  const magic = input.length >= 4 ? input.readUInt32BE() : 0;
  // The files of Java's keytool in its formats JKS and JCEKS.
  if (magic === 0xfeedfeed || magic === 0xcececece) return { kind: 'java-keystore', bytes: input };
  // A SEQUENCE with an INTEGER or an identifier near its start: no text has such control characters.
  const isDer = input[0] === 0x30 && input.subarray(0, 16).some((octet) => octet < 0x09);
  if (isDer) return { kind: kindOfDer(input), bytes: input };
  return undefined;
}

/** Windows tools write UTF-16 and byte order marks. */
function decodeText(input: Buffer): string {
  const text = input[0] === 0xff && input[1] === 0xfe ? input.toString('utf16le') : input.toString('utf8');
  return text.replace(/^\ufeff/, '');
}

function readBlock({ label, headers, bytes }: PemBlock): Content {
  if (label.includes('PGP ')) return { kind: 'openpgp', bytes: Buffer.alloc(0), label };
  if (label.includes('SSH')) return { kind: 'ssh-key', bytes: Buffer.alloc(0), label };
  if (!bytes) return { kind: 'damaged', bytes: Buffer.alloc(0), label };
  const isEncrypted = headers.some((header) => /^Proc-Type:.*ENCRYPTED/i.test(header));
  return { kind: isEncrypted ? 'encrypted-private-key' : kindOfDer(bytes), bytes, label, headers };
}

function readBareText(text: string): Content {
  if (/^(ssh-|ecdsa-sha2-|sk-|PuTTY-User-Key-File|---- BEGIN SSH2)/.test(text)) {
    return { kind: 'ssh-key', bytes: Buffer.alloc(0) };
  }
  const bytes = decodeBase64(text);
  if (bytes?.[0] !== 0x30) return { kind: 'unknown', bytes: Buffer.alloc(0) };
  return { kind: kindOfDer(bytes), bytes };
}

function kindOfDer(bytes: Buffer): ContentKind {
  try {
    return kindOfSequence(parseBer(bytes).children);
  } catch {
    return 'damaged';
  }
}

const signedDataId = '1.2.840.113549.1.7.2';

function kindOfSequence(parts: readonly Asn1Node[]): ContentKind {
  const [first, second, third] = parts;
  if (!first) return 'unknown';
  if (isA(first, tags.objectIdentifier)) return oidValue(first) === signedDataId ? 'pkcs7' : 'unknown';
  if (isA(first, tags.integer)) return kindOfVersioned(smallVersion(first), second, third);
  if (!isA(first, tags.sequence)) return 'unknown';
  // EncryptedPrivateKeyInfo and SubjectPublicKeyInfo start with an AlgorithmIdentifier.
  if (isA(second, tags.octetString)) return 'encrypted-private-key';
  if (isA(second, tags.bitString)) return 'public-key';
  if (isA(second, tags.sequence) && isA(third, tags.bitString)) return kindOfSigned(first.children);
  return 'unknown';
}

function kindOfVersioned(
  version: number,
  second: Asn1Node | undefined,
  third: Asn1Node | undefined,
): ContentKind {
  if (version === 3 && isA(second, tags.sequence)) return 'pkcs12';
  const isPkcs8 = isA(second, tags.sequence) && isA(third, tags.octetString);
  const isPkcs1 = isA(second, tags.integer) && isA(third, tags.integer);
  const isSec1 = isA(second, tags.octetString);
  if (isPkcs8 || isPkcs1 || isSec1) return 'private-key';
  // RSAPublicKey has just modulus and exponent.
  return isA(second, tags.integer) ? 'public-key' : 'unknown';
}

/** Certificate, CertificationRequest and CertificateList are all SEQUENCE { what is signed, algorithm, signature }. */
function kindOfSigned(parts: readonly Asn1Node[]): ContentKind {
  if (parts.some((part) => isA(part, tags.utcTime) || isA(part, tags.generalizedTime)))
    return 'revocation-list';
  const isRequest = isA(parts.at(-1), contextTag(0)) || parts.length < 5;
  return isRequest ? 'certificate-request' : 'certificate';
}

function smallVersion(node: Asn1Node): number {
  return node.content.length === 1 ? smallInteger(node) : -1;
}

function isA(node: Asn1Node | undefined, tag: Tag): boolean {
  return node !== undefined && sameTag(node.tag, tag);
}
