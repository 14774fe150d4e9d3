import { randomBytes } from 'node:crypto';
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
import type { ByteFlow } from '../../bytes';
import type { Certificate } from '../../pki';
import { algorithmIdentifier } from '../algorithm-identifier';
import { cipherAlgorithm, type CipherName, rsaEncryption } from '../algorithms';
import { issuerAndSerialNumber } from '../certificate-identifier';
import { contentTypes } from '../oids';
import { contentCipherIdentifier } from './cipher-parameters';
import { encryptContent } from './content-encryption';
import { encryptPkcs1 } from '../rsa/pkcs1-encryption';

export interface EncryptOptions {
  /** The certificates of all who shall be able to decrypt. */
  readonly recipients: readonly Certificate[];
  readonly cipher: CipherName;
  /** For RSA certificates. Default: `rsa-pkcs1`. */
  readonly keyTransport?: 'rsa-pkcs1';
}

/**
 * ContentInfo with EnvelopedData (RFC 5652 §6.1). With definite lengths, and a length of its own, when the content's
 * length is known; else with indefinite lengths. The key and the initialization vector are new for each call.
 */
export function envelopedFlow(content: ByteFlow, options: EncryptOptions): ByteFlow {
  const algorithm = cipherAlgorithm(options.cipher);
  const key = randomBytes(algorithm.keyBytes);
  const cipher = { algorithm, iv: randomBytes(algorithm.ivBytes) };
  const encryptedContentInfo = sequenceFlow(
    oid(contentTypes.data),
    contentCipherIdentifier(cipher),
    octetStringFlow(encryptContent(content, cipher, key), contextTag(0)),
  );
  const recipientInfos = setOf(options.recipients.map((recipient) => keyTransRecipientInfo(recipient, key)));
  const envelopedData = sequenceFlow(integer(0), recipientInfos, encryptedContentInfo);
  return sequenceFlow(oid(contentTypes.envelopedData), constructedFlow(contextTag(0), envelopedData));
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
