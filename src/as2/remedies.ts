import { dispositionTexts as texts } from './disposition-for-error';

/** Why partners refuse messages, and what our user can do about it. */
export interface Refusal {
  /** What stands in the disposition, as standards and products write it; letters alone count. */
  readonly said: readonly string[];
  /** Words that mean it, in a text of the partner's own. */
  readonly words?: RegExp;
  readonly remedy: string;
}

/** Nothing but that something went wrong: the partner's text may tell more. */
const unspecified: Refusal = {
  said: [
    texts.unexpectedProcessingError,
    'general-error',
    'internal-error',
    'internal-server-error',
    'processing-error',
    'processing-failed',
    'system-error',
    'unexpected-error',
    'unknown-error',
    'unspecified-error',
  ],
  words:
    /\binternal (?:server )?error|\bdisk\b|\bstorage\b|out of memory|\bdatabase\b|\btimed? ?-?out\b|temporar|unavailable|null ?pointer|\bexception\b/i,
  remedy:
    'The partner had a problem of their own while processing the message. Ask them what their log says for this Message-ID; send the message again when it is solved.',
};

/** RFC 4130 §7.5, RFC 5402 §5, DSP-10, and what products write; of words the first entry that fits counts. */
export const refusals: readonly Refusal[] = [
  {
    said: ['sender-equals-receiver'],
    remedy:
      'The sender and the receiver have the same AS2 name. Check the AS2 names of your identity and of the partner.',
  },
  {
    said: ['certificate-expired', 'expired-certificate', 'certificate-not-valid', 'certificate-revoked'],
    words: /\bcert\w*\b.{0,80}(?:expired|revoked|not (?:yet )?valid)|expired.{0,20}\bcert/i,
    remedy:
      'For the partner a certificate is outside its validity or revoked. Compare dates and fingerprints with them: of the certificate of your identity that they have, and of the one you encrypt with.',
  },
  {
    said: [
      'unsupported-algorithm',
      'unsupported-encryption-algorithm',
      'unsupported-signature-algorithm',
      'unsupported-cipher',
      'decrypt-failed-unsupported-encryption-alg',
      'algorithm-not-allowed',
    ],
    words:
      /(?:unsupported|not supported|not allowed|weak|unknown).{0,40}(?:algorithm|cipher)|(?:algorithm|cipher).{0,60}(?:not (?:be )?(?:supported|allowed|known|recogni[sz]ed)|unsupported|weak)/i,
    remedy:
      'The partner does not have or not allow an algorithm of the message. Ask which ones they take and choose those for this partner: AES-256-CBC with SHA-256 is common, old products may know only Triple DES and SHA-1.',
  },
  {
    said: [
      texts.unsupportedMicAlgorithms,
      'unsupported-mic-algorithm',
      'unsupported-micalg',
      'unsupported-digest',
    ],
    words: /\bmic-?alg/i,
    remedy:
      'The partner cannot compute the digest asked for in the receipt. Choose another signature digest for this partner, for example SHA-256 or SHA-1.',
  },
  {
    said: [texts.unsupportedFormat, 'unsupported-signature-format'],
    remedy:
      'The partner cannot give a signed receipt in the format asked for. Ask for an unsigned receipt in the settings of the partner.',
  },
  {
    said: [
      texts.insufficientMessageSecurity,
      'encrypted-message-required',
      'encryption-required',
      'message-not-encrypted',
      'message-not-signed',
      'signature-missing',
      'signature-required',
      'signed-message-required',
    ],
    words:
      /(?:must|has to|needs? to|should) be (?:signed|encrypted)|\b(?:not|un)-? ?(?:signed|encrypted)\b|(?:signature|signing|encryption)\b.{0,40}(?:required|expected|missing|mandatory)/i,
    remedy:
      'The partner expects more protection: switch signing and encryption on for this partner, with the algorithms they ask for.',
  },
  {
    said: [
      texts.integrityCheckFailed,
      'digest-mismatch',
      'mic-mismatch',
      'mic-verification-failed',
      'signature-verification-failed-tampered-content',
    ],
    words:
      /\b(?:digest|hash|mic|checksum|integrity)\b.{0,60}(?:mismatch|match|differ|fail|invalid|wrong)|tampered/i,
    remedy:
      'The partner found that the content does not match the signature: something changed it on its way, for example a proxy. Send it again; if it fails again, ask the partner what exactly arrived.',
  },
  {
    said: [texts.decompressionFailed, 'decompresion-failed', 'decompress-failed', 'decompression-error'],
    words: /\b(?:de|un)compress|\binflat|\bzlib\b/i,
    remedy:
      'The partner could not decompress the message. Switch compression off for this partner, or ask them to update their product.',
  },
  {
    said: [
      texts.decryptionFailed,
      'decrypt-failed',
      'decryption-error',
      'decryption-failure',
      'no-decryption-key',
    ],
    words: /decrypt|decipher|\bno (?:matching )?(?:private|decryption) key/i,
    remedy:
      'The partner could not decrypt the message: the certificate we encrypt with is probably not their current one. Ask them for their encryption certificate and compare its fingerprint; also check that they support the cipher.',
  },
  {
    said: [
      texts.authenticationFailed,
      'authentification-failed',
      'invalid-signature',
      'signature-invalid',
      'signature-verification-failed',
      'signer-unknown',
      'untrusted-certificate',
      'verification-failed',
    ],
    words:
      /\bsignature\b.{0,60}(?:invalid|fail|not|unable|wrong)|(?:verif|validat|invalid|bad).{0,30}\bsignature|\bsign(?:er|ing cert\w*)\b.{0,60}(?:unknown|not)|(?:untrusted|unknown|no) (?:certificate|signer)|\bcert\w*\b.{0,60}(?:not (?:be )?(?:found|known|trusted)|unknown|mismatch)|authenticat\w+.{0,30}fail/i,
    remedy:
      'The partner does not know the certificate that signed the message. Send them the current certificate of your identity and ask them to enter it for your AS2 name.',
  },
  {
    said: [
      texts.unknownTradingRelationship,
      'agreement-not-found',
      'invalid-as2-id',
      'invalid-receiver',
      'invalid-recipient',
      'invalid-sender',
      'no-agreement',
      'no-partnership-found',
      'partner-not-found',
      'partnership-not-found',
      'trading-partner-not-found',
      'unknown-as2-id',
      'unknown-as2-name',
      'unknown-partner',
      'unknown-receiver',
      'unknown-recipient',
      'unknown-sender',
      'unknown-trading-partner',
    ],
    words:
      /\b(?:partner(?:ship)?|agreement|relationship|sender|receiver|recipient|as2[- ]?(?:id\w*|name|from|to))\b.{0,80}(?:unknown|not (?:be )?(?:found|known|configured|registered|defined|active|recogni[sz]ed|set up)|does not exist|invalid|disabled|inactive)|(?:unknown|unrecogni[sz]ed|invalid|no such|no matching|not find|\bno) (?:trading |as2[- ]?)?(?:partner|agreement|relationship|sender|receiver|recipient|id\b|name\b)/i,
    remedy:
      'The partner does not know this pair of AS2 names. Check the spelling of both names with them, including capital letters, and ask whether your station is set up there.',
  },
  {
    said: ['duplicate-filename'],
    words: /file ?name.{0,40}(?:duplicate|exists)|duplicate.{0,10}file/i,
    remedy: 'The partner has a file of that name already. Send it under another file name.',
  },
  {
    said: ['illegal-filename', 'invalid-filename', 'missing-filename', 'filename-required'],
    words:
      /file ?name.{0,60}(?:illegal|invalid|not|missing|required|convention)|(?:illegal|invalid|missing|no) file ?name/i,
    remedy:
      'The partner does not accept the file name. Use letters, digits, dots, hyphens and underscores only, and the form they ask for.',
  },
  {
    said: ['invalid-message-id', 'missing-message-id'],
    words: /message-?id\b.{0,40}(?:invalid|missing|illegal|too long)|(?:invalid|missing) message-?id/i,
    remedy:
      'The partner does not accept the Message-ID. Let this package make it, or use the form <unique-part@host>.',
  },
  {
    said: [
      'duplicate-document',
      'duplicate-message',
      'duplicate-transmission',
      'already-received',
      'message-already-received',
    ],
    words: /\bduplicate|\balready (?:been )?(?:received|processed|exists)/i,
    remedy:
      'The partner has this document already. Do not send it again, unless they ask for it under a new number.',
  },
  {
    said: [
      'message-too-large',
      'file-too-large',
      'file-size-too-large',
      'payload-too-large',
      'size-limit-exceeded',
    ],
    words: /too (?:large|big)\b|\bsize\b.{0,40}(?:exceed|limit)|exceed.{0,40}\b(?:size|limit)\b/i,
    remedy: 'The message is too large for the partner. Ask them to raise their limit, or send smaller files.',
  },
  {
    said: ['access-denied', 'not-authorized', 'not-permitted', 'permission-denied', 'unauthorized'],
    words: /access denied|\bnot (?:authori[sz]ed|permitted)|permission/i,
    remedy:
      'The partner knows your station but does not let it send this. Ask them to permit it for your AS2 name.',
  },
  {
    said: ['virus-found', 'virus-detected', 'malware-detected'],
    words: /\bvirus|malware/i,
    remedy:
      'The partner’s virus scanner did not let the message in. Check the file, and ask the partner which scanner reported what.',
  },
  {
    said: [
      'unsupported-content-type',
      'invalid-content-type',
      'invalid-mime-type',
      'missing-content-type',
      'mime-parsing-failed',
      'unsupported-media-type',
    ],
    words:
      /\b(?:content-?type|media type|mime)\b.{0,60}(?:not|invalid|unsupported|unknown|missing|fail|error)|(?:invalid|unsupported|unknown) (?:content-?type|mime|media type)/i,
    remedy:
      'The partner cannot do anything with the content type of the document. Ask which one they expect and set it in the message or the as2-out node.',
  },
  {
    said: [
      'could-not-parse-message',
      'invalid-content',
      'invalid-document',
      'invalid-edi',
      'invalid-xml',
      'mapping-failed',
      'parse-error',
      'schema-validation-failed',
      'validation-failed',
    ],
    words:
      /\b(?:schema|syntax|segment|interchange|mapping|well-?formed|edifact|x12|xml|edi|document)\b.{0,80}(?:error|fail|invalid|not|unknown)|(?:not|fail\w*|unable|error\w*) (?:be |to |in )?(?:pars|validat|translat|map)|\bvalidation (?:failed|error)|invalid (?:xml|edi|document)/i,
    remedy:
      'The message arrived, but the partner’s system could not read the document in it. Check the document against what they expect (format, version, character set), correct it, and send it as a new message.',
  },
  {
    said: ['message-rejected', 'not-accepted', 'refused', 'rejected', 'rejected-by-application'],
    words: /\b(?:rejected|refused) by\b|was (?:rejected|refused)/i,
    remedy:
      'The message arrived, but the partner’s application refused the document. Read what they wrote, correct it, and send it as a new message.',
  },
  unspecified,
];

const bySpelling: readonly (readonly [said: string, refusal: Refusal])[] = refusals
  .flatMap((refusal) => refusal.said.map((said) => [plain(said), refusal] as const))
  // A longer text says more: decrypt-failed-unsupported-encryption-alg before decrypt-failed.
  .sort(([one], [other]) => other.length - one.length);

const general = 'Ask the partner what this means and what their log says for this Message-ID.';

/** For a receipt whose digest fits nothing we know. */
export const micRemedy =
  'Something on the way alters messages, or the product of the partner computes the digest in another way: compare with the partner what arrived.';

/** No word behind this many characters is looked at. */
const LONGEST_TEXT = 4_000;

/**
 * The advice for a refusal.
 * @param stated the formal words for it, the most telling first: description, modifier, type, Error and Failure lines
 * @param text what the partner wrote for people
 */
export function remedyFor(stated: readonly (string | undefined)[], text = ''): string {
  const formal = stated.filter((one) => one !== undefined).map((one) => one.slice(0, LONGEST_TEXT));
  const known = formal.map(knownRefusal).filter((refusal) => refusal !== undefined);
  const specific = known.find((refusal) => refusal !== unspecified);
  if (specific) return specific.remedy;
  for (const one of [...formal, text.slice(0, LONGEST_TEXT)]) {
    const meant = refusals.find(({ words }) => words?.test(one));
    if (meant) return meant.remedy;
  }
  return known[0]?.remedy ?? general;
}

/** A longer text that begins with a known one counts as that one. */
function knownRefusal(stated: string): Refusal | undefined {
  const wanted = plain(stated);
  return bySpelling.find(([said]) => wanted.startsWith(said))?.[1];
}

/** Products differ in letter case, hyphens, underscores and blanks. */
function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '');
}
