import assert from 'node:assert/strict';
import { parseDisposition } from '../../src/as2';
import { remedyFor } from '../../src/as2/remedies';
import { assertQuick } from '../support/working-time';

/** One word of each advice that no other one has. */
const advice = {
  names: /this pair of AS2 names/,
  decryption: /certificate we encrypt with is probably not their current one/,
  authentication: /does not know the certificate that signed/,
  integrity: /content does not match the signature/,
  protection: /expects more protection/,
  algorithm: /not have or not allow an algorithm/,
  mic: /cannot compute the digest/,
  receiptFormat: /Ask for an unsigned receipt/,
  decompression: /Switch compression off/,
  validity: /outside its validity or revoked/,
  duplicate: /has this document already/,
  duplicateFile: /a file of that name already/,
  filename: /does not accept the file name/,
  messageId: /does not accept the Message-ID/,
  sameName: /have the same AS2 name/,
  size: /too large for the partner/,
  permission: /does not let it send this/,
  virus: /virus scanner/,
  contentType: /content type of the document/,
  document: /could not read the document/,
  refused: /application refused the document/,
  theirs: /a problem of their own/,
  general: /^Ask the partner what this means/,
} as const;

type Advice = keyof typeof advice;

/** What stands in dispositions; the first column says where it was met. */
const dispositions: readonly (readonly [where: string, disposition: string, Advice])[] = [
  ['RFC 4130', 'processed/error: authentication-failed', 'authentication'],
  ['RFC 4130', 'processed/error: decryption-failed', 'decryption'],
  ['RFC 4130', 'processed/error: integrity-check-failed', 'integrity'],
  ['RFC 4130', 'processed/error: insufficient-message-security', 'protection'],
  ['RFC 4130', 'processed/error: unexpected-processing-error', 'theirs'],
  ['RFC 5402', 'processed/error: decompression-failed', 'decompression'],
  ['RFC 4130', 'failed/failure: unsupported format', 'receiptFormat'],
  ['RFC 4130', 'failed/failure: unsupported MIC-algorithms', 'mic'],
  ['RFC 4130', 'failed/failure: sender-equals-receiver', 'sameName'],
  ['RFC 4130', 'failed/failure: duplicate-document', 'duplicate'],
  ['rfc4130bis', 'processed/error: unknown-trading-relationship', 'names'],
  ['rfc4130bis', 'processed/error: invalid-message-id', 'messageId'],
  ['rfc4130bis', 'processed/error: duplicate-filename', 'duplicateFile'],
  ['rfc4130bis', 'processed/error: illegal-filename', 'filename'],
  ['rfc4130bis', 'failed/failure: unsupported-mic-algorithm', 'mic'],
  ['mendelson, pyas2', 'processed/error: unknown-trading-partner', 'names'],
  ['OpenAS2', 'processed/Error: decompresion-failed', 'decompression'],
  ['OpenAS2', 'processed/error: signed-message-required', 'protection'],
  ['Azure', 'processed/Error: Could not parse message', 'document'],
  ['a gateway of an authority', 'processed/error: unsupported MIC algorithm', 'mic'],
  ['a .NET library', 'processed/error: Unknown recipient', 'names'],
  ['a Java server', 'processed/decryption-failed', 'decryption'],
  ['a Java server', 'insufficient-message-security', 'protection'],
  ['older products', 'processed/Error/authentication-failed', 'authentication'],
  ['older products', 'error: decryption-failed', 'decryption'],
  ['older products', 'processed/error: Authentication_Failed', 'authentication'],
  ['older products', 'processed/error:authentification failed', 'authentication'],
  ['AWS', 'processed/error: AGREEMENT_NOT_FOUND', 'names'],
  ['AWS', 'processed/error: DECRYPT_FAILED_NO_DECRYPTION_KEY_FOUND', 'decryption'],
  ['AWS', 'processed/error: DECRYPT_FAILED_UNSUPPORTED_ENCRYPTION_ALG', 'algorithm'],
  ['AWS', 'processed/error: SIGNATURE_VERIFICATION_FAILED', 'authentication'],
  ['AWS', 'processed/error: SIGNATURE_VERIFICATION_FAILED_TAMPERED_CONTENT', 'integrity'],
  ['AWS', 'processed/error: FILE_SIZE_TOO_LARGE', 'size'],
  ['AWS', 'processed/error: DUPLICATE_MESSAGE', 'duplicate'],
  ['AWS', 'processed/error: INVALID_MIME_TYPE', 'contentType'],
  ['AWS', 'processed/error: ACCESS_DENIED', 'permission'],
  ['free text', 'processed/error: The trading partner ACME is not configured', 'names'],
  ['free text', 'processed/error: No matching agreement for these identifiers', 'names'],
  ['free text', 'processed/error: AS2-To not found', 'names'],
  ['free text', 'processed/error: signature could not be verified', 'authentication'],
  ['free text', 'processed/error: signer certificate is not trusted', 'authentication'],
  ['free text', 'processed/error: certificate CN=alpha has expired', 'validity'],
  ['free text', 'processed/error: unable to decrypt message', 'decryption'],
  ['free text', 'processed/error: message must be encrypted', 'protection'],
  ['free text', 'processed/error: encryption algorithm 3DES not allowed', 'algorithm'],
  ['free text', 'processed/error: message digest does not match', 'integrity'],
  ['free text', 'processed/error: message too big, maximum 10 MB', 'size'],
  ['free text', 'processed/error: message already received', 'duplicate'],
  ['free text', 'processed/error: invalid file name', 'filename'],
  ['free text', 'processed/error: XML schema validation failed', 'document'],
  ['free text', 'processed/error: unknown content-type', 'contentType'],
  ['free text', 'processed/error: virus found in attachment', 'virus'],
  ['free text', 'processed/error: rejected by SAP', 'refused'],
  ['free text', 'processed/error: internal server error', 'theirs'],
  ['free text', 'processed/error: ORA-12541', 'general'],
  ['nothing', 'failed', 'general'],
  ['nothing', 'processed/error', 'general'],
  ['nothing', '', 'general'],
];

/** What is written for people beside a disposition that says nothing. */
const texts: readonly (readonly [where: string, text: string, Advice])[] = [
  [
    'mendelson',
    'An error occured during the AS2 message processing: Sender AS2 id ALPHA is unknown.',
    'names',
  ],
  ['pyas2', 'Failed to verify message signature: Message Digest does not match.', 'integrity'],
  ['OpenAS2', 'The signature of the message could not be verified.', 'authentication'],
  ['OpenAS2', 'Error decrypting received message.', 'decryption'],
  ['an EDI system', 'EDIFACT syntax error in segment 14 (DTM)', 'document'],
  ['a warehouse', 'The order was rejected: article 4711 is unknown.', 'refused'],
  ['a store', 'Disk full', 'theirs'],
  [
    'boilerplate',
    'The message could not be processed. This is no proof that it was read or understood.',
    'theirs',
  ],
  ['ourselves', 'The message arrived, but it could not be processed.', 'theirs'],
];

function remedyOf(field: string, text?: string): string {
  const { description, modifier, type } = parseDisposition(
    `automatic-action/MDN-sent-automatically; ${field}`,
  );
  return remedyFor([description, modifier, type], text);
}

describe('Part H: what our user can do about a refusal', () => {
  for (const [where, disposition, expected] of dispositions) {
    it(`${where}: ${disposition || '(nothing)'}: ${expected}`, () => {
      assert.match(remedyOf(disposition), advice[expected]);
    });
  }

  for (const [where, text, expected] of texts) {
    it(`unexpected-processing-error, and ${where} writes: ${text}: ${expected}`, () => {
      assert.match(remedyOf('processed/error: unexpected-processing-error', text), advice[expected]);
    });
  }

  it('the formal word counts more than the text', () => {
    const text = 'The trading partner is unknown.';
    assert.match(remedyOf('processed/error: decryption-failed', text), advice.decryption);
  });

  it('Error and Failure lines count like the description', () => {
    assert.match(remedyFor([undefined, 'unknown-trading-partner', 'error', 'processed']), advice.names);
  });

  it('every advice is given for something', () => {
    const given = new Set([...dispositions, ...texts].map(([, , expected]) => expected));
    assert.deepEqual([...given].sort(), Object.keys(advice).sort());
  });

  it('a hostile text takes no time', async () => {
    for (const part of ['certificate ', 'no partner', 'file name ', 'signature not ', 'x']) {
      const text = part.repeat(1_000_000 / part.length);
      await assertQuick(300, () => remedyFor([text, text], text));
    }
  });
});
