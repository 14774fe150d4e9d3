import {
  canSign,
  cipherAlgorithm,
  type CipherName,
  cipherNames,
  type DigestName,
  digestNames,
} from '../../src/cms';
import type { EncryptOptions, RsaSignatureScheme } from '../../src/cms';
import type { KeyPair } from '../../src/pki';
import { opensslKeyPair } from '../cms/openssl-keys';
import { testKeyPair } from '../support/keys';

/*
 * The one table of the grid: what a message can be made of. Everything else in this folder is derived from it.
 */

interface SigningKind {
  readonly keyPair: () => Promise<KeyPair>;
  readonly scheme?: RsaSignatureScheme;
}

const curve = (keyType: 'ec-p256' | 'ec-p384' | 'ec-p521') => () => testKeyPair('Curve', { keyType });
const rsa = () => testKeyPair('Station A');

const signatures = {
  none: undefined,
  'rsa-pkcs1': { keyPair: rsa, scheme: 'rsa-pkcs1' },
  'rsa-pss': { keyPair: rsa, scheme: 'rsa-pss' },
  'rsa-pss key': { keyPair: () => opensslKeyPair('rsa-pss') },
  'ecdsa p-256': { keyPair: curve('ec-p256') },
  'ecdsa p-384': { keyPair: curve('ec-p384') },
  'ecdsa p-521': { keyPair: curve('ec-p521') },
  ed25519: { keyPair: () => opensslKeyPair('ed25519') },
  ed448: { keyPair: () => opensslKeyPair('ed448') },
} as const satisfies Record<string, SigningKind | undefined>;

interface Transport {
  readonly recipients: readonly (() => Promise<KeyPair>)[];
  readonly options?: Pick<EncryptOptions, 'keyTransport' | 'oaepDigest'>;
}

function oaep(oaepDigest: DigestName): Transport {
  return { recipients: [rsa], options: { keyTransport: 'rsa-oaep', oaepDigest } };
}

const transports = {
  'rsa-pkcs1': { recipients: [rsa] },
  'rsa-oaep sha-1': oaep('sha-1'),
  'rsa-oaep sha-224': oaep('sha-224'),
  'rsa-oaep sha-256': oaep('sha-256'),
  'rsa-oaep sha-384': oaep('sha-384'),
  'rsa-oaep sha-512': oaep('sha-512'),
  'ecdh p-256': { recipients: [curve('ec-p256')] },
  'ecdh p-384': { recipients: [curve('ec-p384')] },
  'ecdh p-521': { recipients: [curve('ec-p521')] },
  x25519: { recipients: [() => opensslKeyPair('x25519')] },
  x448: { recipients: [() => opensslKeyPair('x448')] },
  'rsa, p-256 and x25519': { recipients: [rsa, curve('ec-p256'), () => opensslKeyPair('x25519')] },
} as const satisfies Record<string, Transport>;

export type SignatureName = keyof typeof signatures;
export type TransportName = keyof typeof transports;

export const MIB = 1024 * 1024;
export const TEN_MIB = 10 * MIB;

/** The dimensions, and the values along each. */
export const table = {
  signature: Object.keys(signatures) as SignatureName[],
  digest: digestNames,
  cipher: ['none', ...cipherNames] as const,
  aeadStructure: ['auth-enveloped-data', 'enveloped-data'] as const,
  transport: Object.keys(transports) as TransportName[],
  compression: ['none', 'before-signing', 'after-signing'] as const,
  /** Of the payload: nothing, the borders of blocks of 8 and 16 octets, of length octets, of chunks. */
  length: [0, 1, 7, 8, 9, 15, 16, 17, 127, 128, 255, 256, 65_535, 65_536, 65_537, TEN_MIB],
  /** Whether the length is known before the payload is read. */
  source: ['sized', 'streamed'] as const,
} as const;

export type Dimension = keyof typeof table;
export type Row = { readonly [D in Dimension]: (typeof table)[D][number] };

const keys = new Map<SignatureName, KeyPair>();
const recipientKeys = new Map<TransportName, readonly KeyPair[]>();

/** Makes all keys: whether a row is possible depends on them. */
export async function makeKeys(): Promise<void> {
  for (const [name, kind] of Object.entries(signatures)) {
    if (kind) keys.set(name as SignatureName, await kind.keyPair());
  }
  for (const [name, { recipients }] of Object.entries(transports)) {
    recipientKeys.set(name as TransportName, await Promise.all(recipients.map((make) => make())));
  }
}

export function signerOf(
  name: SignatureName,
): { readonly keyPair: KeyPair; readonly scheme?: RsaSignatureScheme } | undefined {
  const keyPair = keys.get(name);
  const kind: SigningKind | undefined = signatures[name];
  return keyPair && { keyPair, ...(kind?.scheme ? { scheme: kind.scheme } : {}) };
}

export function transportOf(
  name: TransportName,
): { readonly keyPairs: readonly KeyPair[] } & Pick<Transport, 'options'> {
  const transport: Transport = transports[name];
  const { options } = transport;
  return { keyPairs: recipientKeys.get(name) ?? [], ...(options ? { options } : {}) };
}

/**
 * Whether the values go together; dimensions that are missing may still be anything. Where a dimension means nothing
 * (a digest without a signature), only its first value counts as possible, so that no case stands there twice.
 */
export function isPossible(row: Partial<Row>): boolean {
  return signatureFits(row) && cipherFits(row) && compressionFits(row);
}

function signatureFits({ signature, digest }: Partial<Row>): boolean {
  if (signature === undefined || digest === undefined) return true;
  if (signature === 'none') return digest === table.digest[0];
  const signer = signerOf(signature);
  return signer !== undefined && canSign(signer.keyPair, digest, signer.scheme);
}

function cipherFits({ cipher, aeadStructure, transport, compression, source }: Partial<Row>): boolean {
  if (cipher === undefined) return true;
  if (cipher === 'none') return isFirst('aeadStructure', aeadStructure) && isFirst('transport', transport);
  const { keyBytes, tagBytes, mode } = cipherAlgorithm(cipher);
  if (tagBytes === 0 && !isFirst('aeadStructure', aeadStructure)) return false;
  // What is compressed has come to rest before, so that its length is known in any case.
  if (mode === 'ccm' && source === 'streamed' && compression === 'none') return false;
  // AES key wrap knows whole blocks of 64 bits, two at least, and there is one wrap for each length of AES keys.
  return transport === undefined || transport.startsWith('rsa-') || [16, 24, 32].includes(keyBytes);
}

/** Both orders are the same without a signature. */
function compressionFits({ signature, compression }: Partial<Row>): boolean {
  return compression !== 'after-signing' || signature !== 'none';
}

function isFirst<D extends Dimension>(dimension: D, value: Row[D] | undefined): boolean {
  return value === undefined || value === table[dimension][0];
}

export function isLegacy(cipher: 'none' | CipherName): boolean {
  return cipher !== 'none' && cipherAlgorithm(cipher).legacy;
}

export function describeRow(row: Row): string {
  const signed = row.signature === 'none' ? 'not signed' : `${row.signature} with ${row.digest}`;
  const structure = row.aeadStructure === 'enveloped-data' ? ' in enveloped-data' : '';
  const encrypted = row.cipher === 'none' ? 'not encrypted' : `${row.cipher}${structure} by ${row.transport}`;
  const compressed = row.compression === 'none' ? 'not compressed' : `compressed ${row.compression}`;
  return `${signed}, ${encrypted}, ${compressed}, ${row.length} octets ${row.source}`;
}
