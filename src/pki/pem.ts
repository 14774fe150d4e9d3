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
  const markers = [...lines.matchAll(/-----(BEGIN|END) ([^-\r\n]+)-----/g)];
  return markers.flatMap((marker, index) => {
    const [line, side, label = ''] = marker;
    if (side === 'END') return [];
    const next = markers[index + 1];
    const isComplete = next?.[1] === 'END' && next[2] === label;
    const body = isComplete ? readBody(lines.slice(marker.index + line.length, next.index)) : damaged;
    return [{ label: label.trim(), ...body }];
  });
}

const damaged: Pick<PemBlock, 'headers' | 'bytes'> = { headers: [], bytes: undefined };

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
