import type { Headers } from '../mime';
import { entityKind, mediaTypeOfEntity } from './media-types';

/** More than a closing delimiter with a boundary of the longest accepted length, and some blank lines. */
const KEPT_BYTES = 1024;

/**
 * Remembers the end of deciphered content. Whoever can alter a CBC ciphertext can put blocks behind the last
 * delimiter of a multipart, where nobody would look, and learn from our answer whether their padding is right.
 * So behind the delimiter nothing but white space may follow inside an encrypted layer (SEC-03).
 */
export class TailWatch {
  private tail: Buffer = Buffer.alloc(0);

  readonly see = (chunk: Buffer): void => {
    this.tail = chunk.length >= KEPT_BYTES ? chunk : Buffer.concat([this.tail, chunk]);
    this.tail = this.tail.subarray(-KEPT_BYTES);
  };

  /** Whether content with these headers may end this way. */
  endsLike(headers: Headers): boolean {
    if (entityKind(headers) !== 'signed') return true;
    const boundary = mediaTypeOfEntity(headers).parameters.get('boundary') ?? '';
    return this.tail.toString('latin1').trimEnd().endsWith(`--${boundary.trimEnd()}--`);
  }
}
