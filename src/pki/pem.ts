/** One `-----BEGIN X-----` … `-----END X-----` block of a text (RFC 7468, RFC 1421 for the header lines). */
export interface PemBlock {
  readonly label: string;
  /** Header lines such as `DEK-Info`, as they stand; empty for most. */
  readonly headers: readonly string[];
  /** The decoded body; undefined where the text is damaged: no END line, or no valid base64. */
  readonly bytes: Buffer | undefined;
}

/**
 * Finds all PEM blocks in a text. Liberal about everything that happens to a PEM on its way through mails, forms,
 * YAML and environment variables: text around the blocks, Windows line ends, indentation, line ends turned into
 * blanks or into a literal `\n`.
 */
export function findPemBlocks(text: string): PemBlock[] {
  const lines = text.replaceAll('\\r', '').replaceAll('\\n', '\n');
  const blocks: PemBlock[] = [];
  for (const begin of lines.matchAll(/-----BEGIN ([^-\r\n]+)-----/g)) {
    const [line, label = ''] = begin;
    const rest = lines.slice(begin.index + line.length);
    const end = rest.indexOf(`-----END ${label}-----`);
    const next = rest.indexOf('-----BEGIN ');
    const complete = end !== -1 && (next === -1 || end < next);
    blocks.push({
      label: label.trim(),
      ...(complete ? readBody(rest.slice(0, end)) : { headers: [], bytes: undefined }),
    });
  }
  return blocks;
}

function readBody(body: string): Pick<PemBlock, 'headers' | 'bytes'> {
  const lines = body.split(/[\r\n]+/).map((line) => line.trim());
  const headers = lines.filter((line) => line.includes(':'));
  return { headers, bytes: decodeBase64(lines.filter((line) => !line.includes(':')).join('')) };
}

/** Decodes base64 with any white space in it; undefined if it holds anything else or stops in the middle. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s+/g, '');
  const digits = compact.replace(/={0,2}$/, '');
  if (digits === '' || /[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1) return undefined;
  return Buffer.from(digits, 'base64');
}

/** A PEM text with 64 columns and a final line end (RFC 7468 §3). */
export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
