/** Reads bytes in a named charset; a name nobody knows counts as no name. */
export function decodeCharset(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset.trim()).decode(bytes);
  } catch {
    return decodeUnlabelled(bytes);
  }
}

/** UTF-8 where the bytes are valid UTF-8, otherwise Windows-1252, which holds all letters of ISO 8859-1. */
export function decodeUnlabelled(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** SEC-08: an encoded value must not bring line breaks, NUL or other control characters in. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is being removed
  return text.replace(/[\u0000-\u001f\u007f]+/g, '');
}
