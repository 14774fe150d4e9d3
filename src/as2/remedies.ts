import { dispositionTexts as texts } from './disposition-for-error';

/**
 * What our user can do when a partner refuses a message, by what the receipt says after `error:`, `failure:` or
 * `warning:` (RFC 4130 §7.5, RFC 5402 §5, DSP-10). Keys are in lower case without hyphens: products vary.
 */
const remedies: Readonly<Record<string, string>> = {
  [texts.authenticationFailed]:
    'The partner does not know the certificate that signed the message. Send them the current certificate of your identity and ask them to enter it for your AS2 name.',
  [texts.decompressionFailed]:
    'The partner could not decompress the message. Switch compression off for this partner, or ask them to update their product.',
  [texts.decryptionFailed]:
    'The partner could not decrypt the message: the certificate we encrypt with is probably not their current one. Ask them for their encryption certificate and compare its fingerprint; also check that they support the cipher.',
  'duplicate-document':
    'The partner has this document already. Do not send it again, unless they ask for it under a new number.',
  'duplicate-filename': 'The partner has a file of that name already. Send it under another file name.',
  'illegal-filename':
    'The partner does not accept the file name. Use letters, digits, dots, hyphens and underscores only.',
  [texts.insufficientMessageSecurity]:
    'The partner expects more protection: switch signing and encryption on for this partner, with the algorithms they ask for.',
  [texts.integrityCheckFailed]:
    'The partner found that the content does not match the signature: something changed it on its way, for example a proxy. Send it again; if it fails again, ask the partner what exactly arrived.',
  'invalid-message-id':
    'The partner does not accept the Message-ID. Let this package make it, or use the form <unique-part@host>.',
  'sender-equals-receiver':
    'The sender and the receiver have the same AS2 name. Check the AS2 names of your identity and of the partner.',
  [texts.unexpectedProcessingError]:
    'The partner had a problem of their own while processing the message. Ask them what their log says for this Message-ID; send the message again when it is solved.',
  'unknown-trading-partner':
    'The partner does not know this pair of AS2 names. Check the spelling of both names with them, including capital letters, and ask whether your station is set up there.',
  [texts.unknownTradingRelationship]:
    'The partner does not know this pair of AS2 names. Check the spelling of both names with them, including capital letters, and ask whether your station is set up there.',
  [texts.unsupportedFormat]:
    'The partner cannot give a signed receipt in the format asked for. Ask for an unsigned receipt in the settings of the partner.',
  [texts.unsupportedMicAlgorithms]:
    'The partner cannot compute the digest asked for in the receipt. Choose another signature digest for this partner, for example SHA-256 or SHA-1.',
};

const bySpelling = new Map(
  Object.entries(remedies).map(([description, remedy]) => [plain(description), remedy]),
);

const general = 'Ask the partner what this means and what their log says for this Message-ID.';

/** For a receipt whose digest fits nothing we know. */
export const micRemedy =
  'Something on the way alters messages, or the product of the partner computes the digest in another way: compare with the partner what arrived.';

/** The advice for a description of any spelling; a longer text that begins with a known one counts as that one. */
export function remedyFor(description: string | undefined): string {
  const wanted = plain(description ?? '');
  for (const [known, remedy] of bySpelling) if (wanted.startsWith(known)) return remedy;
  return general;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '');
}
