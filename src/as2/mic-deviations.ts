/**
 * How the MIC of a partner can depart from what the standard takes: what was met in the field, each with the words
 * that finish "the digest fits the content …" and with what can be done about it.
 */
const deviations = {
  // --- other bytes than the standard takes (part E of the conformance list)
  'headers-left-out': {
    // MIC-01, MIC-04
    words: 'without its MIME headers',
    remedy:
      'All of it arrived; their product leaves the MIME headers out, against RFC 4130 §7.3.1. Ask the partner to correct or update it.',
  },
  'headers-included': {
    // MIC-03
    words: 'together with its MIME headers',
    remedy:
      'All of it arrived; their product includes the headers of a message without protection, against RFC 4130 §7.3.1. Ask the partner to correct or update it, or sign the messages.',
  },
  'encoding-header-left-out': {
    words: 'without the header Content-Transfer-Encoding',
    remedy:
      'All of it arrived; their product writes the MIME headers anew before it takes the digest. Ask the partner to take it over the bytes as received.',
  },
  'before-compression': {
    // MIC-06
    words: 'before it was compressed',
    remedy:
      'All of it arrived; their product takes the digest after decompression, against RFC 5402 §4.1. Switch compression off for this partner, or compress after signing.',
  },
  'after-compression': {
    // MIC-05
    words: 'in its compressed form',
    remedy:
      'All of it arrived; their product takes the digest before decompression, against RFC 5402 §4. Switch compression off for this partner, or sign the messages.',
  },
  unopened: {
    words: 'of the whole request, as it travelled',
    remedy:
      'All of it arrived; their product takes the digest before it opens the message, against RFC 4130 §7.3.1. Ask the partner to correct or update it.',
  },
  'transfer-encoded': {
    words: 'encoded in base64',
    remedy:
      'All of it arrived; their product encodes the content anew before it takes the digest. Ask the partner to take it over the bytes as received.',
  },
  'transfer-decoded': {
    // MIC-04, MIME-06
    words: 'after its transfer encoding was undone',
    remedy:
      'All of it arrived; their product decodes the content before it takes the digest, against RFC 4130 §7.3.1. Send it without a transfer encoding (binary), or ask the partner to correct it.',
  },

  // --- a line break more or less: the border between content and boundary (MIME-01)
  'crlf-added': {
    words: 'with one line break (CRLF) more at its end',
    remedy:
      'All of it arrived; their product counts the line break before the boundary as content, against RFC 2046 §5.1.1. Ask the partner to correct or update it.',
  },
  'lf-added': {
    words: 'with one line feed more at its end',
    remedy:
      'All of it arrived; their product counts part of the line break before the boundary as content, against RFC 2046 §5.1.1. Ask the partner to correct or update it.',
  },
  'cr-added': {
    words: 'with one carriage return more at its end',
    remedy:
      'All of it arrived; their product takes only the line feed before the boundary for a line break, against RFC 2046 §5.1.1. Ask the partner to correct or update it.',
  },
  'line-break-removed': {
    words: 'without its last line break',
    remedy:
      'Their product removes the line break that ends the content. Ask the partner to correct it; until then, a content that does not end with a line break is not affected.',
  },

  // --- content that was taken for text, on its way or in the partner's product
  'line-ends-crlf': {
    // MIME-03
    words: 'with every line end made CRLF',
    remedy:
      'Their product, or something on the way, takes the content for text and changes its line ends. Send it with CRLF line ends, or ask the partner to treat it as binary.',
  },
  'line-ends-lf': {
    words: 'with every line end made a line feed',
    remedy:
      'Their product, or something on the way, takes the content for text and changes its line ends. Ask the partner to treat it as binary, and compare what they stored with what was sent.',
  },
  'utf-8-damaged': {
    words: 'read as UTF-8, which it is not',
    remedy:
      'The content was damaged: their product, or something on the way, took binary content for text. Do not rely on what they stored; ask the partner to treat it as binary.',
  },
  'latin-1-as-utf-8': {
    words: 'read as Latin-1 and written as UTF-8',
    remedy:
      'The content was damaged: their product, or something on the way, changed its character set. Do not rely on what they stored; ask the partner to treat it as binary.',
  },
  'byte-order-mark-removed': {
    words: 'without its byte order mark',
    remedy:
      'Their product, or something on the way, removes the byte order mark at the beginning. Send the content without it, or ask the partner to treat it as binary.',
  },

  // --- the digest itself (MIC-10, MIC-11)
  'algorithm-misnamed': {
    words: 'when it is read as {algorithm}',
    remedy:
      'All of it arrived; their product names another algorithm than it used. Ask the partner to correct it, or choose another signature digest for this partner.',
  },
  'hexadecimal-in-base64': {
    words: 'when its base64 is read as hexadecimal digits',
    remedy:
      'All of it arrived; their product encodes the hexadecimal text of the digest instead of the digest itself, against RFC 4130 §7.4.3. Ask the partner to correct it.',
  },
} as const;

export type MicDeviation = keyof typeof deviations;

/** What finishes "the digest fits the content …". */
export function deviationWords(all: readonly MicDeviation[], algorithm: string): string {
  const words = all.map((deviation) => deviations[deviation].words.replace('{algorithm}', algorithm));
  return words.join(' and ') || `as it was sent, with ${algorithm}`;
}

/** What to do about it; what damages content counts for more than how a digest is taken. */
export function deviationRemedy(all: readonly MicDeviation[]): string {
  const decisive = all.find((deviation) => damaging.has(deviation)) ?? all[0];
  return decisive ? deviations[decisive].remedy : '';
}

const damaging: ReadonlySet<MicDeviation> = new Set([
  'line-ends-crlf',
  'line-ends-lf',
  'utf-8-damaged',
  'latin-1-as-utf-8',
  'byte-order-mark-removed',
]);
