import { constructedFlow, contextTag, integer, octetStringFlow, oid, sequenceFlow, setOf } from '../../asn1';
import { type ByteFlow, concatFlows } from '../../bytes';
import type { Certificate } from '../../pki';
import { cipherAlgorithm, type CipherName } from '../algorithms';
import { contentTypes } from '../oids';
import { contentCipherIdentifier } from '../content-encryption/parameters';
import { sealContent } from '../content-encryption/seal';
import { isKeyTransport, type KeyTransportOptions, recipientInfo } from '../recipients/write';

export interface EncryptOptions extends KeyTransportOptions {
  /** The certificates of all who shall be able to decrypt. */
  readonly recipients: readonly Certificate[];
  readonly cipher: CipherName;
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
 * @throws As2Error `content-length-needed` for CCM, which has to know the length; `algorithm-unsupported`
 */
export function envelopedFlow(content: ByteFlow, options: EncryptOptions): ByteFlow {
  const { cipher, key, ciphertext, tag } = sealContent(content, options.cipher);
  const type = envelopeType(options);
  const separateTag = type === 'auth-enveloped-data' ? tag : undefined;
  const encrypted = tag && !separateTag ? concatFlows(ciphertext, tag) : ciphertext;
  // ENV-01: 0 with nothing but key transport by issuer and serial number; AuthEnvelopedData knows only 0.
  const version = type === 'auth-enveloped-data' || options.recipients.every(isKeyTransport) ? 0 : 2;
  const envelope = sequenceFlow(
    integer(version),
    setOf(options.recipients.map((recipient) => recipientInfo(recipient, key, options))),
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
