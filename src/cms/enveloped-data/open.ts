import { contextTag, parseBer, tags } from '../../asn1';
import type { Chunks } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import type { Certificate, KeyPair } from '../../pki';
import { readAlgorithmIdentifier } from '../algorithm-identifier';
import type { CipherName } from '../algorithms';
import { assertContentInfoType, type OpenedContentInfo } from '../content-info';
import { readContentCipher } from './cipher-parameters';
import { decryptContent } from './content-encryption';
import { readRecipientInfos } from './recipient-info';
import { decryptionFacts, findRecipient, type RecipientSummary, summarizeRecipients } from './recipients';
import { decryptContentKey } from './content-key';

export interface OpenedEnveloped {
  readonly cipher: CipherName;
  /** For whom it was encrypted. */
  readonly recipients: readonly RecipientSummary[];
  /** The certificate whose key is used to open it. */
  readonly recipient: Certificate;
  /** The plaintext. It is not authenticated: whoever can send can alter it, up to its end (SEC-04). */
  readonly content: Chunks;
  /**
   * The error for whatever goes wrong with this content, also for plaintext that turns out to be nonsense: from
   * outside there is one way to fail (SEC-03).
   */
  failure(cause?: unknown): As2Error;
}

const LONGEST_ELEMENT_BYTES = 64 * 1024;
const LONGEST_RECIPIENTS_BYTES = 1024 * 1024;

/**
 * Opens EnvelopedData (RFC 5652 §6) as a stream.
 * @param keys all our keys, current and former
 * @throws As2Error `decryption-no-key`, `algorithm-unsupported`, `asn1-malformed`, `truncated`, `runtime-too-old`;
 *   reading `content`: `decryption-failed` or `decryption-no-key`, whatever is wrong, and errors of the source
 */
export async function openEnveloped(
  opened: OpenedContentInfo,
  keys: readonly KeyPair[],
): Promise<OpenedEnveloped> {
  assertContentInfoType(opened, 'enveloped-data');
  const { ber } = opened;

  await ber.enter(tags.sequence);
  await ber.readElement(LONGEST_ELEMENT_BYTES); // version: nothing depends on it (ENV-01)
  if (await ber.isNext(contextTag(0))) await ber.readElement(LONGEST_RECIPIENTS_BYTES); // originatorInfo (ENV-03)
  const recipientInfos = readRecipientInfos(parseBer(await ber.readElement(LONGEST_RECIPIENTS_BYTES)));
  await ber.enter(tags.sequence);
  await ber.readElement(LONGEST_ELEMENT_BYTES); // contentType: inside is a MIME entity in any case
  const cipher = readContentCipher(
    readAlgorithmIdentifier(parseBer(await ber.readElement(LONGEST_ELEMENT_BYTES))),
  );

  const recipients = summarizeRecipients(recipientInfos, keys);
  const facts = decryptionFacts(recipients, keys);
  const match = findRecipient(recipientInfos, keys);
  if (!match) throw new As2Error('decryption-no-key', facts);
  const { key, keyPair } = decryptContentKey(match, cipher.algorithm.keyBytes);
  const recipient = keyPair.certificate;

  const failure = (cause?: unknown): As2Error =>
    match.isNamed
      ? new As2Error('decryption-failed', { certificate: recipient.subject, ...facts }, { cause })
      : new As2Error('decryption-no-key', facts, { cause });

  return {
    cipher: cipher.algorithm.name,
    recipients,
    recipient,
    content: decryptContent(encryptedContent(opened, failure), cipher, key, failure),
    failure,
  };
}

/** The ciphertext, and after it all that ends the structure: what is cut off fails before the padding is looked at. */
async function* encryptedContent(
  opened: OpenedContentInfo,
  failure: (cause: unknown) => As2Error,
): AsyncGenerator<Buffer, void> {
  const { ber } = opened;
  try {
    yield* ber.octets(contextTag(0));
    await ber.leave();
    while (!(await ber.atEnd())) await ber.readElement(LONGEST_ELEMENT_BYTES); // unprotectedAttrs
    await ber.leave();
    await opened.finish();
  } catch (error) {
    throw isAs2Error(error) && (error.code === 'asn1-malformed' || error.code === 'truncated')
      ? failure(error)
      : error;
  } finally {
    await opened.close();
  }
}
