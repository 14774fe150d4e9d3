import { type ByteFlow, withLength } from '../bytes';
import type { DigestName } from '../cms';
import { type Entity, parseParameterized } from '../mime';
import { DigestSet, type KeptMic, type MicScope } from './mic';

interface Watched {
  readonly scope: MicScope;
  readonly alternative: boolean;
  readonly digests: DigestSet;
}

/** Takes the digests of a message while it is being sent. */
export class MicKeeper {
  private readonly watched: Watched[] = [];

  /** @param alternatives also keep what some products answer against the standard */
  constructor(
    private readonly names: readonly DigestName[],
    private readonly alternatives: boolean,
  ) {}

  /** Lets a flow through and digests it. */
  watch(scope: MicScope, flow: ByteFlow): ByteFlow {
    return this.digested(flow, this.add(scope, false));
  }

  /** The same for what the standard does not take. */
  watchAlternative(scope: MicScope, flow: ByteFlow): ByteFlow {
    return this.alternatives ? this.digested(flow, this.add(scope, true)) : flow;
  }

  /**
   * An unprotected message: its body. Some products digest the MIME headers too (MIC-03), and of several documents
   * RFC 6362 §2.3 takes what stands between the boundaries (MIC-09).
   */
  watchPlain({ headers, body }: Entity): Entity {
    let watched = this.watch('body', body);
    const { value, parameters } = parseParameterized(headers.get('Content-Type') ?? '');
    const boundary = value.startsWith('multipart/') ? parameters.get('boundary') : undefined;
    if (boundary !== undefined) {
      watched = this.digested(watched, this.add('parts', true), betweenBoundaries(boundary));
    }
    if (!this.alternatives) return { headers, body: watched };
    const withHeaders = this.add('entity', true);
    withHeaders.add(Buffer.concat([headers.toBuffer(), Buffer.from('\r\n')]));
    return { headers, body: this.digested(watched, withHeaders) };
  }

  digestsOf(scope: MicScope): DigestSet {
    const found = this.watched.find((one) => one.scope === scope && !one.alternative);
    if (!found) throw new RangeError(`${scope} is not watched`);
    return found.digests;
  }

  /** @throws Error before everything was read */
  mics(): KeptMic[] {
    if (!this.watched.every(({ digests }) => digests.complete))
      throw new Error('The MICs are known when the body has been read to its end.');
    const kept: KeptMic[] = [];
    for (const alternative of [false, true]) {
      for (const { scope, digests } of this.watched.filter(
        (watched) => watched.alternative === alternative,
      )) {
        for (const mic of digests.mics())
          kept.push(alternative ? { ...mic, scope, alternative } : { ...mic, scope });
      }
    }
    return kept;
  }

  private add(scope: MicScope, alternative: boolean): DigestSet {
    const digests = new DigestSet(this.names);
    this.watched.push({ scope, alternative, digests });
    return digests;
  }

  private digested(flow: ByteFlow, digests: DigestSet, form?: (chunk: Buffer) => Buffer): ByteFlow {
    return withLength(digests.through(flow.chunks, form), flow.length);
  }
}

/** Leaves the first and the last delimiter of a multipart away, whose lengths are known. */
function betweenBoundaries(boundary: string): (chunk: Buffer) => Buffer {
  let before = `--${boundary}\r\n`.length;
  const lastBytes = `\r\n--${boundary}--\r\n`.length;
  let end = Buffer.alloc(0);
  return (chunk) => {
    const more = chunk.subarray(before);
    before -= chunk.length - more.length;
    const seen = Buffer.concat([end, more]);
    const known = Math.max(0, seen.length - lastBytes);
    end = seen.subarray(known);
    return seen.subarray(0, known);
  };
}
