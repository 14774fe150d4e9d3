import type { Chunks } from '../bytes';
import { digestAlgorithm, digestByName, type DigestName, type Digests, RunningDigests } from '../cms';

/** Message integrity check: the digest that binds a receipt to a message (RFC 4130 §7.3.1). */
export interface Mic {
  /** The digest in base64. */
  readonly value: string;
  readonly algorithm: DigestName;
}

/** Which bytes of a message a MIC was taken over. */
export type MicScope =
  /** The signed MIME entity, headers and body: every signed message (MIC-01, MIC-06, MIC-07). */
  | 'signed-entity'
  /** The innermost MIME entity, headers and body: encrypted or compressed, not signed (MIC-02, MIC-04, MIC-05). */
  | 'entity'
  /** The compressed part of a message that is not signed; no standard takes it (MIC-05). */
  | 'compressed-entity'
  /** Several documents without any protection: what stands between the first boundary and the last (MIC-09). */
  | 'parts'
  /** The HTTP body alone: neither signed nor encrypted nor compressed (MIC-03). */
  | 'body';

/** A MIC kept by a sender, to be compared with the one in the receipt (MIC-13). */
export interface KeptMic extends Mic {
  readonly scope: MicScope;
  /** Not what the standard says, but what some products answer. */
  readonly alternative?: boolean;
}

/** A MIC as a partner wrote it. */
export interface ReceivedMic {
  readonly value: string;
  /** Absent when no algorithm is named, or one we do not have. */
  readonly algorithm?: DigestName;
  /** The name as written. */
  readonly algorithmName?: string;
}

/** Several digests over the same bytes: a few that are at hand, then those of a flow. */
export class DigestSet {
  private readonly running: RunningDigests;
  private ended = false;

  constructor(names: Iterable<DigestName>) {
    this.running = new RunningDigests(names);
  }

  /** Bytes that are at hand before the flow begins. */
  add(bytes: Buffer): void {
    this.running.hold(bytes);
  }

  /**
   * Lets a flow through and digests it; when it has been read to its end the digests are there.
   * @param form what is digested of a chunk in place of it
   */
  async *through(chunks: Chunks, form = (chunk: Buffer) => chunk): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of chunks) {
        const behind = this.running.update(form(chunk));
        if (behind) await behind;
        yield chunk;
      }
      await this.running.finish();
      this.ended = true;
    } finally {
      this.running.abandon();
    }
  }

  /** A flow has been read to its end. */
  get complete(): boolean {
    return this.ended;
  }

  /** The digests; nothing can be added afterwards. */
  digests(): Digests {
    return this.running.digests();
  }

  /** One of them, before the others where they are not there yet. */
  digest(name: DigestName): Buffer {
    return this.running.digest(name);
  }

  mics(): Mic[] {
    return [...this.digests()].map(([algorithm, digest]) => ({
      value: digest.toString('base64'),
      algorithm,
    }));
  }
}

/** `base64, algorithm` on one line (MIC-10). @param spelling the partner's way to write the algorithm */
export function formatMic(mic: Mic, spelling?: string): string {
  return `${mic.value}, ${spelling ?? digestAlgorithm(mic.algorithm).micalg}`;
}

/**
 * Reads a Received-content-MIC field: any white space, also inside the folded digest, any spelling of the algorithm or
 * none, hexadecimal instead of base64 (MIC-10).
 */
export function parseMic(field: string): ReceivedMic | undefined {
  const { text, name } = splitAlgorithm(field);
  if (text === '') return undefined;
  const algorithm = name === undefined ? undefined : digestByName(name);
  const isHex =
    /^[0-9a-f]+$/i.test(text) && algorithm !== undefined && text.length === algorithm.lengthBytes * 2;
  return {
    value: Buffer.from(text, isHex ? 'hex' : 'base64').toString('base64'),
    ...(algorithm ? { algorithm: algorithm.name } : {}),
    ...(name === undefined ? {} : { algorithmName: name }),
  };
}

function splitAlgorithm(field: string): { text: string; name: string | undefined } {
  const [digest = '', ...names] = field.split(/[,;]/);
  const name = names.join(',').trim();
  if (name !== '') return { text: digest.replace(/\s+/g, ''), name };
  // The separator may be missing; a word that names a digest is no part of the value.
  const words = digest.trim().split(/\s+/);
  const last = words.at(-1) ?? '';
  if (words.length > 1 && digestByName(last)) return { text: words.slice(0, -1).join(''), name: last };
  return { text: words.join(''), name: undefined };
}

/** Whether two MICs are the same digest, compared as bytes (SEC-06). */
export function sameMicValue(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'base64'), Buffer.from(other, 'base64')];
  return left.length > 0 && left.equals(right);
}

/**
 * The MIC for a receipt (MIC-11, decision 1): the digest of the signature when the partner asked for it or for none
 * in particular, else the first of the partner's list.
 * @param mics what was computed, at least one
 */
export function chooseMic(
  mics: readonly Mic[],
  signatureDigest: DigestName | undefined,
  requested: readonly DigestName[],
): Mic {
  const find = (name: DigestName | undefined) => mics.find(({ algorithm }) => algorithm === name);
  const fits = signatureDigest && (requested.length === 0 || requested.includes(signatureDigest));
  const chosen =
    (fits ? find(signatureDigest) : undefined) ?? requested.map(find).find((mic) => mic) ?? mics[0];
  if (!chosen) throw new RangeError('no digest was computed');
  return chosen;
}
