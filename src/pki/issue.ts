import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import {
  bitString,
  context,
  integer,
  nullValue,
  octetString,
  oid,
  primitive,
  sequence,
  setOf,
  tags,
  time,
  unsignedInteger,
} from '../asn1';
import { As2Error } from '../errors';
import { attributeTypes } from './distinguished-name';
import { extensionIds } from './extensions';
import { toPem } from './pem';

export const issuableKeyTypes = [
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ec-p256',
  'ec-p384',
  'ec-p521',
] as const;
export type IssuableKeyType = (typeof issuableKeyTypes)[number];

export interface IssueOptions {
  readonly commonName: string;
  readonly organization?: string;
  /** ISO 3166 code of two letters. */
  readonly country?: string;
  readonly keyType?: IssuableKeyType;
  readonly validDays?: number;
  /** Default: a few minutes ago, so that a partner whose clock is late accepts it at once. */
  readonly notBefore?: Date;
}

export interface IssuedKeyPair {
  /** PKCS#8, in the clear. */
  readonly privateKeyPem: string;
  readonly certificatePem: string;
}

interface KeyRecipe {
  readonly generate: () => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>;
  readonly digest: string;
  readonly signatureAlgorithm: Buffer;
  /** The octet of KeyUsage with the number of unused bits before it (RFC 5280 §4.2.1.3). */
  readonly keyUsage: Buffer;
}

const CLOCK_LEEWAY_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const DEFAULT_VALID_DAYS = 3 * 365;
/** RFC 5280 appendix A.1: ub-common-name, ub-organization-name. */
const LONGEST_NAME = 64;

const generate = promisify(generateKeyPair);
const signOffThread = promisify(sign) as (digest: string, data: Buffer, key: KeyObject) => Promise<Buffer>;

const digitalSignatureAndKeyEncipherment = Buffer.from([5, 0b1010_0000]);
const digitalSignatureAndKeyAgreement = Buffer.from([3, 0b1000_1000]);

const recipes: Readonly<Record<IssuableKeyType, KeyRecipe>> = {
  'rsa-2048': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-4096': rsa(4096),
  'ec-p256': ec('P-256', 'sha256', '1.2.840.10045.4.3.2'),
  'ec-p384': ec('P-384', 'sha384', '1.2.840.10045.4.3.3'),
  'ec-p521': ec('P-521', 'sha512', '1.2.840.10045.4.3.4'),
};

/**
 * Makes a key and a self-signed certificate for it as partners expect one (TLS-08): random positive serial,
 * UTF8String names, two-letter country, subjectKeyIdentifier, keyUsage for signing and for receiving keys.
 * The key is made off the main thread.
 * @throws As2Error `certificate-name-invalid`, `certificate-validity-invalid`
 */
export async function issueSelfSigned(options: IssueOptions): Promise<IssuedKeyPair> {
  const recipe = recipes[options.keyType ?? 'rsa-2048'];
  const name = encodeName(options);
  const validity = encodeValidity(options);
  const { publicKey, privateKey } = await recipe.generate();
  const publicKeyInfo = publicKey.export({ format: 'der', type: 'spki' });
  const tbsCertificate = sequence(
    context(0, integer(2)),
    unsignedInteger(randomSerial()),
    recipe.signatureAlgorithm,
    name,
    validity,
    name,
    publicKeyInfo,
    context(3, encodeExtensions(recipe.keyUsage, keyIdentifier(publicKey))),
  );
  const signature = await signOffThread(recipe.digest, tbsCertificate, privateKey);
  const certificate = sequence(tbsCertificate, recipe.signatureAlgorithm, bitString(signature));
  return {
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificatePem: toPem('CERTIFICATE', certificate),
  };
}

function rsa(modulusLength: number): KeyRecipe {
  return {
    generate: () => generate('rsa', { modulusLength }),
    digest: 'sha256',
    signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), nullValue()),
    keyUsage: digitalSignatureAndKeyEncipherment,
  };
}

function ec(namedCurve: string, digest: string, signatureAlgorithm: string): KeyRecipe {
  return {
    generate: () => generate('ec', { namedCurve }),
    digest,
    // RFC 5758 §3.2: the parameters are absent.
    signatureAlgorithm: sequence(oid(signatureAlgorithm)),
    keyUsage: digitalSignatureAndKeyAgreement,
  };
}

/** 16 random octets, the first neither zero nor with the sign bit. */
function randomSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** RFC 5280 §4.2.1.2, method 1: SHA-1 of the subjectPublicKey bits. An identifier, nothing rests on the digest. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const isRsa = publicKey.asymmetricKeyType === 'rsa';
  const bits = isRsa ? publicKey.export({ format: 'der', type: 'pkcs1' }) : pointOf(publicKey);
  return createHash('sha1').update(bits).digest();
}

function pointOf(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function encodeExtensions(keyUsage: Buffer, keyIdentifier: Buffer): Buffer {
  const critical = primitive(tags.boolean, Buffer.from([0xff]));
  return sequence(
    sequence(oid(extensionIds.keyUsage), critical, octetString(primitive(tags.bitString, keyUsage))),
    sequence(oid(extensionIds.subjectKeyIdentifier), octetString(octetString(keyIdentifier))),
  );
}

function encodeName({ country, organization, commonName }: IssueOptions): Buffer {
  const rdns: Buffer[] = [];
  if (country)
    rdns.push(rdn(attributeTypes.country, primitive(tags.printableString, countryOctets(country))));
  if (organization) rdns.push(rdn(attributeTypes.organization, utf8String(organization, 'organization')));
  rdns.push(rdn(attributeTypes.commonName, utf8String(commonName, 'common name')));
  return sequence(...rdns);
}

function rdn(type: string, value: Buffer): Buffer {
  return setOf([sequence(oid(type), value)]);
}

function utf8String(text: string, field: string): Buffer {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > LONGEST_NAME || /\p{Cc}/u.test(trimmed)) {
    throw new As2Error('certificate-name-invalid', { field, longest: LONGEST_NAME });
  }
  return primitive(tags.utf8String, Buffer.from(trimmed, 'utf8'));
}

function countryOctets(country: string): Buffer {
  const code = country.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(code)) throw new As2Error('certificate-country-invalid', { country });
  return Buffer.from(code, 'latin1');
}

function encodeValidity({ notBefore, validDays = DEFAULT_VALID_DAYS }: IssueOptions): Buffer {
  const start = notBefore?.getTime() ?? Date.now() - CLOCK_LEEWAY_MS;
  const end = start + validDays * DAY_MS;
  if (!(validDays > 0) || Number.isNaN(start) || end > Date.UTC(9999, 11, 31)) {
    throw new As2Error('certificate-validity-invalid', { validDays });
  }
  return sequence(time(new Date(start)), time(new Date(end)));
}
