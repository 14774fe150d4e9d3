import { As2Error } from '../errors';

/** What a MIME structure from outside may take (MIME-10). Every limit is optional; see `defaultMimeLimits`. */
export interface MimeLimits {
  /** Bytes of one header block. */
  readonly headerBytes?: number;
  /** Parts of one multipart. */
  readonly parts?: number;
  /** Layers of nesting: a multipart in a multipart is two. */
  readonly depth?: number;
}

export const defaultMimeLimits: Required<MimeLimits> = { headerBytes: 64 * 1024, parts: 1000, depth: 10 };

/**
 * For whoever unwraps entities inside entities: says whether one more layer may be entered.
 * @param depth number of the layer, the outermost being 1
 * @throws As2Error `mime-too-deep`
 */
export function assertDepth(depth: number, limits: MimeLimits = {}): void {
  const limit = limits.depth ?? defaultMimeLimits.depth;
  if (depth > limit) throw new As2Error('mime-too-deep', { limit });
}
