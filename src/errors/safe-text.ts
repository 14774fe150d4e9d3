/** Longest partner-controlled text that is repeated in an error, a log line or the editor. */
const LONGEST_TEXT = 300;

/**
 * Makes a text from outside harmless for a log line or an error: control characters (C0, DEL, C1, line and
 * paragraph separators, bidirectional overrides) become a space, and the length is bounded.
 */
export function safeText(text: string, longest: number = LONGEST_TEXT): string {
  const oneLine = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
  return oneLine.length > longest ? `${oneLine.slice(0, longest)}…` : oneLine;
}
