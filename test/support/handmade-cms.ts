import { constants, publicEncrypt } from 'node:crypto';
import {
  bitString,
  context,
  contextTag,
  integer,
  nullValue,
  octetString,
  oid,
  primitive,
  sequence,
  setOf,
} from '../../src/asn1';
import { digestAlgorithm, type DigestName } from '../../src/cms';
import { Certificate } from '../../src/pki';
import { buildCertificate, stringTypes } from './certificate-builder';
import { testKeyPair } from './keys';

/*
 * CMS structures put together part by part: for published vectors, whose keys and nonces are given, and for messages
 * that no sane program would write.
 */

const contentTypes = {
  data: oid('1.2.840.113549.1.7.1'),
  signedData: oid('1.2.840.113549.1.7.2'),
  envelopedData: oid('1.2.840.113549.1.7.3'),
  authEnvelopedData: oid('1.2.840.113549.1.9.16.1.23'),
  compressedData: oid('1.2.840.113549.1.9.16.1.9'),
} as const;

export interface HandmadeEnvelope {
  /** A RecipientInfo. */
  readonly recipient: Buffer;
  /** The contentEncryptionAlgorithm. */
  readonly cipher: Buffer;
  readonly ciphertext: Buffer;
  /** Makes it AuthEnvelopedData. */
  readonly mac?: Buffer;
  readonly authAttributes?: readonly Buffer[];
}

export function handmadeEnvelope(parts: HandmadeEnvelope): Buffer {
  const { mac, authAttributes = [] } = parts;
  const encryptedContentInfo = sequence(
    contentTypes.data,
    parts.cipher,
    primitive(contextTag(0), parts.ciphertext),
  );
  const envelope = sequence(
    integer(0),
    setOf([parts.recipient]),
    encryptedContentInfo,
    ...(authAttributes.length > 0 ? [setOf(authAttributes, contextTag(1))] : []),
    ...(mac ? [octetString(mac)] : []),
  );
  return sequence(mac ? contentTypes.authEnvelopedData : contentTypes.envelopedData, context(0, envelope));
}

/** KeyTransRecipientInfo with whatever stands for the encrypted key. */
export function keyTransport(certificate: Certificate, algorithm: Buffer, encryptedKey: Buffer): Buffer {
  return sequence(integer(0), issuerAndSerialNumber(certificate), algorithm, octetString(encryptedKey));
}

export const rsaEncryption = sequence(oid('1.2.840.113549.1.1.1'), nullValue());

/** KeyTransRecipientInfo with RSAES-PKCS1-v1_5. */
export function pkcs1Recipient(certificate: Certificate, contentKey: Buffer): Buffer {
  const key = { key: certificate.publicKey, padding: constants.RSA_PKCS1_PADDING };
  return keyTransport(certificate, rsaEncryption, publicEncrypt(key, contentKey));
}

export interface HandmadeAgreement {
  readonly certificate: Certificate;
  /** Of the originator's ephemeral key. */
  readonly keyAlgorithm: Buffer;
  /** As it stands in the BIT STRING. */
  readonly point: Buffer;
  readonly keyEncryptionAlgorithm: Buffer;
  readonly userKeyingMaterial?: Buffer;
  readonly encryptedKey: Buffer;
}

/** KeyAgreeRecipientInfo with an ephemeral originator. */
export function keyAgreement(parts: HandmadeAgreement): Buffer {
  return context(
    1,
    integer(3),
    context(0, context(1, parts.keyAlgorithm, bitString(parts.point))),
    ...(parts.userKeyingMaterial ? [context(1, octetString(parts.userKeyingMaterial))] : []),
    parts.keyEncryptionAlgorithm,
    sequence(sequence(issuerAndSerialNumber(parts.certificate), octetString(parts.encryptedKey))),
  );
}

export interface HandmadeSignature {
  readonly certificate: Certificate;
  readonly digest: DigestName;
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
  /** Signed attributes, as they travel. Default: none, and the signature is over the content itself. */
  readonly attributes?: readonly Buffer[];
}

/** A detached SignedData with one signer. */
export function handmadeSignature(parts: HandmadeSignature): Buffer {
  const digestAlgorithm_ = sequence(oid(digestAlgorithm(parts.digest).oid));
  const signerInfo = sequence(
    integer(1),
    issuerAndSerialNumber(parts.certificate),
    digestAlgorithm_,
    ...(parts.attributes ? [context(0, ...parts.attributes)] : []),
    parts.signatureAlgorithm,
    octetString(parts.signature),
  );
  const signedData = sequence(
    integer(1),
    setOf([digestAlgorithm_]),
    sequence(contentTypes.data),
    setOf([signerInfo]),
  );
  return sequence(contentTypes.signedData, context(0, signedData));
}

/** contentType and messageDigest: all that must be there (SIG-06). */
export function minimalAttributes(contentDigest: Buffer): readonly Buffer[] {
  return [
    attribute('1.2.840.113549.1.9.3', contentTypes.data),
    attribute('1.2.840.113549.1.9.4', octetString(contentDigest)),
  ];
}

export function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf([value]));
}

export function handmadeCompressed(zlibStream: Buffer): Buffer {
  const encapContentInfo = sequence(contentTypes.data, context(0, octetString(zlibStream)));
  const algorithm = sequence(oid('1.2.840.113549.1.9.16.3.8'));
  const compressedData = sequence(integer(0), algorithm, encapContentInfo);
  return sequence(contentTypes.compressedData, context(0, compressedData));
}

function issuerAndSerialNumber({ issuerDer, serial }: Certificate): Buffer {
  return sequence(issuerDer, integer(serial));
}

let certificates = 0;

/** A certificate around a public key of which the private key may be elsewhere; our test authority signs it. */
export async function certificateFor(subjectPublicKeyInfo: Buffer): Promise<Certificate> {
  const authority = await testKeyPair('Authority');
  certificates += 1;
  return Certificate.fromDer(
    buildCertificate({
      key: { publicKey: authority.certificate.publicKey, privateKey: authority.privateKey },
      subject: [['2.5.4.3', stringTypes.utf8, `Handmade ${certificates}`]],
      serial: Buffer.from([1, certificates >> 8, certificates & 0xff]),
      publicKeyInfo: subjectPublicKeyInfo,
    }),
  );
}
