import { core } from './core';

const TEXT = 'text/plain';
const BINARY = 'application/octet-stream';

/**
 * The media type of a document when the user names none: by its file name, and where that says nothing or only that it
 * is text, by its first bytes.
 */
export async function usualContentType(filename: string | undefined, head: Buffer): Promise<string> {
  const byName = filename === undefined ? undefined : await core.mime.mediaTypeOf(filename, head);
  const byBytes = core.mime.ediTypeOf(head) ?? typeOfBytes(head.toString('latin1'));
  return (byName === TEXT ? (byBytes ?? TEXT) : (byName ?? byBytes)) ?? BINARY;
}

function typeOfBytes(start: string): string | undefined {
  if (/^(?:\u00ef\u00bb\u00bf)?<\?xml\s/.test(start)) return 'application/xml';
  return start.startsWith('%PDF-') ? 'application/pdf' : undefined;
}
