/**
 * Every error the package can report: one code, one sentence. The sentence says what happened and what to do
 * about it; `{name}` places are filled from the facts of the error. This table is the source of the user's
 * documentation (`docs/errors.md`) and of the editor's locale catalogue, so that a translation needs no code.
 */
export const errorTexts = {
  // --- general
  unexpected:
    'An unexpected problem occurred: {reason}. If it happens again, please report it with the log of this moment.',
  truncated:
    'The data ended too early: {expected} more bytes were announced than arrived. It was cut off on its way.',
  'spill-failed':
    'The temporary file for a message could not be written in {directory}: {reason}. Free disk space or choose another spool directory.',

  // --- asn1

  // --- mime

  // --- pki

  // --- cms

  // --- as2

  // --- http

  // --- store

  // --- exchange

  // --- nodes
} as const satisfies Record<string, string>;
