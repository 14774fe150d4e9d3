import {
  contextTag,
  constructedFlow,
  integer,
  octetString,
  octetStringFlow,
  oid,
  sequence,
  sequenceFlow,
  setOf,
} from '../../asn1';
import { type ByteFlow, concatFlows } from '../../bytes';
import type { Certificate } from '../../pki';
import { algorithmIdentifier } from '../algorithm-identifier';
import { cipherAlgorithm, type CipherName, rsaEncryption } from '../algorithms';
import { issuerAndSerialNumber } from '../certificate-identifier';
import { contentTypes } from '../oids';
import { contentCipherIdentifier } from '../content-encryption/parameters';
import { sealContent } from '../content-encryption/seal';
import { encryptPkcs1 } from '../rsa/pkcs1-encryption';

export interface EncryptOptions {
  /** The certificates of all who shall be able to decrypt. */
  readonly recipients: readonly Certificate[];
  readonly cipher: CipherName;
  /** For RSA certificates. Default: `rsa-pkcs1`. */
  readonly keyTransport?: 'rsa-pkcs1';
  /**
   * For GCM, CCM and ChaCha20-Poly1305. Default: `auth-enveloped-data`, as the standards say (RFC 5083); many
   * products know only `enveloped-data`, with the tag at the end of the ciphertext.
   */
  readonly aeadStructure?: EnvelopeType;
}

export type EnvelopeType = 'enveloped-data' | 'auth-enveloped-data';

/** Which of the two it will be: `smime-type` has to say it. */
export function envelopeType({ cipher, aeadStructure }: EncryptOptions): EnvelopeType {
  if (cipherAlgorithm(cipher).tagBytes === 0) return 'enveloped-data';
  return aeadStructure ?? 'auth-enveloped-data';
}

/**
 * ContentInfo with EnvelopedData (RFC 5652 §6.1) or AuthEnvelopedData (RFC 5083 §2.1). With definite lengths, and a
 * length of its own, when the content's length is known; else with indefinite lengths. The key and the
 * initialization vector are new for each call.
 * @throws As2Error `content-length-needed` for CCM, which has to know the length
 */
export function envelopedFlow(content: ByteFlow, options: EncryptOptions): ByteFlow {
  const { cipher, key, ciphertext, tag } = sealContent(content, options.cipher);
  const type = envelopeType(options);
  const separateTag = type === 'auth-enveloped-data' ? tag : undefined;
  const encrypted = tag && !separateTag ? concatFlows(ciphertext, tag) : ciphertext;
  const envelope = sequenceFlow(
    integer(0),
    setOf(options.recipients.map((recipient) => keyTransRecipientInfo(recipient, key))),
    sequenceFlow(
      oid(contentTypes.data),
      contentCipherIdentifier(cipher),
      octetStringFlow(encrypted, contextTag(0)),
    ),
    ...(separateTag ? [octetStringFlow(separateTag)] : []),
  );
  const contentType = type === 'enveloped-data' ? contentTypes.envelopedData : contentTypes.authEnvelopedData;
  return sequenceFlow(oid(contentType), constructedFlow(contextTag(0), envelope));
}

/** RFC 5652 §6.2.1, RFC 3370 §4.2.1. */
function keyTransRecipientInfo(recipient: Certificate, key: Buffer): Buffer {
  return sequence(
    integer(0),
    issuerAndSerialNumber(recipient),
    algorithmIdentifier(rsaEncryption, null),
    octetString(encryptPkcs1(recipient.publicKey, key)),
  );
}
