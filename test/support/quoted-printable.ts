/** RFC 2045 §6.7 (5): a line has 76 characters at most, one of them the `=` of a soft line break. */
const LONGEST_LINE = 75;

/**
 * Quoted-printable as others send it (RFC 2045 §6.7): CRLF stays a line break, everything else that is not printable
 * is escaped, a CR or LF on its own and blanks at the end of a line included.
 */
export function quotedPrintable(bytes: Buffer): Buffer {
  const source = bytes.toString('latin1');
  let text = '';
  let column = 0;
  for (let at = 0; at < source.length; at += 1) {
    if (source.startsWith('\r\n', at)) {
      text += '\r\n';
      column = 0;
      at += 1;
      continue;
    }
    const piece = encodeCharacter(source, at);
    if (column + piece.length > LONGEST_LINE) {
      text += '=\r\n';
      column = 0;
    }
    text += piece;
    column += piece.length;
  }
  return Buffer.from(text, 'latin1');
}

function encodeCharacter(source: string, at: number): string {
  const character = source[at] ?? '';
  const endsLine = at + 1 === source.length || source.startsWith('\r\n', at + 1);
  if (/[ \t]/.test(character) ? !endsLine : /[!-<>-~]/.test(character)) return character;
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
