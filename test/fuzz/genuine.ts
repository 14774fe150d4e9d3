import { createHash } from 'node:crypto';
import { addReturns } from '../../src/mime';

/**
 * What the partner really signed, as it is after opening. Whatever else comes out as verified is a forgery. Line
 * ends are compared as CRLF: a signature also counts over that form (MIME-03).
 */
export class Genuine {
  private readonly known = new Set<string>();

  add(...parts: readonly (Buffer | string)[]): void {
    this.known.add(fingerprint(parts));
  }

  has(...parts: readonly (Buffer | string)[]): boolean {
    return this.known.has(fingerprint(parts));
  }
}

function fingerprint(parts: readonly (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const canonical = addReturns(Buffer.from(part as string), 0);
    hash.update(`${canonical.length}:`).update(canonical);
  }
  return hash.digest('base64');
}
