import { contextTag, expectTag, octetStringValue, parseBer, tags } from '../../asn1';
import type { Chunks, SpillOptions } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import type { Certificate, KeyPair } from '../../pki';
import { readAlgorithmIdentifier } from '../algorithm-identifier';
import type { CipherName } from '../algorithms';
import { setOfForms } from '../attribute-forms';
import { decryptCbc } from '../content-encryption/cbc';
import { throughLegacyProcess } from '../content-encryption/legacy';
import { type ContentCipher, readContentCipher } from '../content-encryption/parameters';
import { type AeadTrailer, unsealContent } from '../content-encryption/unseal';
import { assertContentInfoType, type OpenedContentInfo } from '../content-info';
import { decryptContentKey } from '../recipients/content-key';
import { readRecipientInfos } from '../recipients/recipient-info';
import {
  decryptionDetails,
  decryptionFacts,
  findRecipient,
  type RecipientSummary,
  summarizeRecipients,
} from '../recipients/find';

export interface OpenedEnveloped {
  readonly cipher: CipherName;
  /** For whom it was encrypted. */
  readonly recipients: readonly RecipientSummary[];
  /** The certificate whose key is used to open it. */
  readonly recipient: Certificate;
  /** The cipher authenticates what it protects, and that was verified before `content` gives out its first byte. */
  readonly authenticated: boolean;
  /** The plaintext. Where it is not authenticated, whoever can send can alter it, up to its end (SEC-04). */
  readonly content: Chunks;
  /**
   * The error for whatever goes wrong with this content, also for plaintext that turns out to be nonsense: from
   * outside there is one way to fail (SEC-03).
   */
  failure(cause?: unknown): As2Error;
}

const LONGEST_ELEMENT_BYTES = 64 * 1024;
const LONGEST_RECIPIENTS_BYTES = 1024 * 1024;

export interface OpenEnvelopedOptions extends Pick<SpillOptions, 'directory' | 'thresholdBytes'> {
  /** The legacy ciphers to accept: each message in one of them starts a process. Default: none. */
  readonly legacyCiphers?: readonly CipherName[];
}

/**
 * Opens EnvelopedData (RFC 5652 §6) or AuthEnvelopedData (RFC 5083 §2) as a stream.
 * @param keys all our keys, current and former
 * @param o where ciphertext comes to rest until its tag is verified, for the ciphers that have one
 * @throws As2Error `decryption-no-key`, `algorithm-unsupported`, `asn1-malformed`, `truncated`, `runtime-too-old`,
 *   `message-cipher-not-allowed` for a legacy cipher;
 *   reading `content`: `decryption-failed` or `decryption-no-key`, whatever is wrong, and errors of the source
 */
export async function openEnveloped(
  opened: OpenedContentInfo,
  keys: readonly KeyPair[],
  o: OpenEnvelopedOptions,
): Promise<OpenedEnveloped> {
  assertContentInfoType(opened, 'enveloped-data', 'auth-enveloped-data');
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
  assertCipherFits(cipher, opened, o);

  const recipients = summarizeRecipients(recipientInfos, keys);
  const match = findRecipient(recipientInfos, keys);
  const details = () => decryptionDetails(recipients, keys);
  const facts = () => ({ ...decryptionFacts(recipients, keys), cipher: cipher.algorithm.name });
  if (!match) throw new As2Error('decryption-no-key', facts(), { details: details() });
  const { key, keyPair } = decryptContentKey(match, cipher.algorithm.keyBytes);
  const recipient = keyPair.certificate;

  const failure = (cause?: unknown): As2Error =>
    match.isNamed
      ? new As2Error(
          'decryption-failed',
          { certificate: recipient.subject, ...facts() },
          { cause, details: details() },
        )
      : new As2Error('decryption-no-key', facts(), { cause, details: details() });

  const { chunks, trailer } = encryptedContent(opened, failure);
  return {
    cipher: cipher.algorithm.name,
    recipients,
    recipient,
    authenticated: cipher.algorithm.mode !== 'cbc',
    content: decrypted(chunks),
    failure,
  };

  function decrypted(ciphertext: Chunks): Chunks {
    const { mode, legacy } = cipher.algorithm;
    if (mode !== 'cbc') return unsealContent(ciphertext, { cipher, key, trailer, spill: o, failure });
    return legacy
      ? throughLegacyProcess(ciphertext, 'decrypt', cipher, key, failure)
      : decryptCbc(ciphertext, cipher, key, failure);
  }
}

function assertCipherFits(
  { algorithm: { name, mode, legacy } }: ContentCipher,
  { type }: OpenedContentInfo,
  { legacyCiphers = [] }: OpenEnvelopedOptions,
): void {
  if (type === 'auth-enveloped-data' && mode === 'cbc') {
    throw new As2Error('algorithm-unsupported', { algorithm: name, purpose: 'authenticated encryption' });
  }
  if (legacy && !legacyCiphers.includes(name))
    throw new As2Error('message-cipher-not-allowed', { cipher: name });
}

/** The ciphertext, and after it all that ends the structure: what is cut off fails before the padding is looked at. */
function encryptedContent(
  opened: OpenedContentInfo,
  failure: (cause: unknown) => As2Error,
): { readonly chunks: Chunks; readonly trailer: () => AeadTrailer } {
  const { ber } = opened;
  let trailer: AeadTrailer = { mac: undefined, additionalData: [] };
  return { chunks: chunks(), trailer: () => trailer };

  async function* chunks(): AsyncGenerator<Buffer, void> {
    try {
      yield* ber.octets(contextTag(0));
      await ber.leave();
      if (opened.type === 'auth-enveloped-data') trailer = await readTrailer();
      while (!(await ber.atEnd())) await ber.readElement(LONGEST_ELEMENT_BYTES); // unprotectedAttrs, unauthAttrs
      await ber.leave();
      await opened.finish();
    } catch (error) {
      const isDamage = isAs2Error(error) && (error.code === 'asn1-malformed' || error.code === 'truncated');
      throw isDamage ? failure(error) : error;
    } finally {
      await opened.close();
    }
  }

  /** RFC 5083 §2.1: authAttrs [1] OPTIONAL, then the mac. */
  async function readTrailer(): Promise<AeadTrailer> {
    const hasAttributes = await ber.isNext(contextTag(1));
    const attributes = hasAttributes ? parseBer(await ber.readElement(LONGEST_ELEMENT_BYTES)) : undefined;
    const mac = octetStringValue(
      expectTag(parseBer(await ber.readElement(LONGEST_ELEMENT_BYTES)), tags.octetString),
    );
    return { mac, additionalData: attributes ? [...setOfForms(attributes)] : [] };
  }
}
