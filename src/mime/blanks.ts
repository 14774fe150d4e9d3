/**
 * Space and tab, the white space of header fields. JavaScript's own `trim` also takes U+00A0, which as a latin1
 * character is the second half of letters such as à in UTF-8.
 */
export function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** Without blanks at both ends; linear in the length of the text. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}
