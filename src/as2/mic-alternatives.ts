import { setImmediate } from 'node:timers/promises';
import { type ByteSource, type Chunks, drain, flowOf, tap } from '../bytes';
import { deflated, type DigestName } from '../cms';
import { entityFlow, Headers } from '../mime';
import type { CompressOptions } from './compose';
import { decoded } from './incoming-payload';
import type { MicDeviation } from './mic-deviations';
import { EndingDigests, type FormDigest } from './mic-digests';
import {
  crlfLineEnds,
  inBase64,
  latin1ToUtf8,
  lfLineEnds,
  type Rewrite,
  throughUtf8,
  unchanged,
  withoutByteOrderMark,
} from './mic-rewrites';
import { compressedEntity } from './outgoing-layers';

/** A MIME entity whose body can be read again. */
export interface SentEntity {
  readonly headers: Headers;
  readonly body: ByteSource;
}

/** What was sent: all it takes to digest it once more in other ways. */
export interface SentContent {
  /** The innermost entity, with the headers that travelled: `Composed.contentHeaders` and the payload. */
  readonly entity: SentEntity;
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly compressed?: CompressOptions['order'] | undefined;
  /** The finished request. */
  readonly request?: SentEntity;
}

/** Beyond it only what is met most is tried, so that a large message takes seconds and not minutes. */
const THOROUGH_BYTES = 16 * 1024 * 1024;
/** What is digested at a time, in each way: after that other work has its turn (law 8). */
const PIECE_BYTES = 32 * 1024;

const usualRewrites = [unchanged, crlfLineEnds, lfLineEnds];
const rareRewrites = [throughUtf8, latin1ToUtf8, withoutByteOrderMark, inBase64];

/** Then not every way is tried. */
export function isLarge({ entity: { body } }: SentContent): boolean {
  return body.length === undefined || body.length > THOROUGH_BYTES;
}

/** What stands before the body, and what leaving it away or putting it there means. */
interface Head {
  readonly deviations: readonly MicDeviation[];
  readonly bytes: Buffer;
}

/**
 * Digests what was sent in all the ways that products are known to digest it: with headers or without, before or
 * after compression, in other line ends, with a line break more or less, encoded and decoded. Each source is read
 * once or twice, and nothing is held.
 * @returns the digests by deviation from the standard; a source that cannot be read again gives none
 */
export async function alternativeDigests(
  sent: SentContent,
  algorithms: readonly DigestName[],
): Promise<FormDigest[]> {
  const attempts = [
    () => entityDigests(sent, algorithms),
    () => decodedDigests(sent, algorithms),
    () => compressedDigests(sent, algorithms),
    () => requestDigests(sent, algorithms),
  ];
  const found: FormDigest[] = [];
  for (const attempt of attempts) found.push(...(await attempt().catch(() => [])));
  return found;
}

/** The payload as it stood in the message. */
async function entityDigests(sent: SentContent, algorithms: readonly DigestName[]): Promise<FormDigest[]> {
  const { headers, body } = sent.entity;
  const isThorough = !isLarge(sent);
  const base = isCompressedStandard(sent) ? (['before-compression'] as const) : [];
  const heads = headsOf(headers, base, isPlain(sent) ? 'left-out' : 'included');
  const rewrites = isThorough ? [...usualRewrites, ...rareRewrites] : usualRewrites;
  return digestForms(body.open(), formsOf(isThorough ? heads : heads.slice(0, 2), rewrites), algorithms);
}

/** The same without its transfer encoding; ours travel without any. */
async function decodedDigests(sent: SentContent, algorithms: readonly DigestName[]): Promise<FormDigest[]> {
  const { headers, body } = sent.entity;
  if (!/base64|quoted-printable/i.test(headers.get('Content-Transfer-Encoding') ?? '')) return [];
  const base = isCompressedStandard(sent) ? (['before-compression'] as const) : [];
  const heads = headsOf(headers, [...base, 'transfer-decoded'], isPlain(sent) ? 'left-out' : 'included');
  return digestForms(decoded({ headers, body: body.open() }), formsOf(heads, usualRewrites), algorithms);
}

/** The compressed part: it is made once more, with the same bytes as before. */
async function compressedDigests(
  sent: SentContent,
  algorithms: readonly DigestName[],
): Promise<FormDigest[]> {
  const { compressed, signed } = sent;
  // Compressed after signing, it held a signature that cannot be made again.
  if (!compressed || (signed && compressed === 'after-signing')) return [];
  const { headers, body } = compressedEntity(flowOf(await deflatedSource(sent.entity)));
  const base = isCompressedStandard(sent) ? [] : (['after-compression'] as const);
  return digestForms(body.chunks, formsOf(headsOf(headers, base, 'included'), [unchanged]), algorithms);
}

/** The length of the zlib stream stands before it, so it is counted first. */
async function deflatedSource({ headers, body }: SentEntity): Promise<ByteSource> {
  const open = () => deflated(entityFlow({ headers, body: flowOf(body) }).chunks);
  let length = 0;
  await drain(tap(open(), (chunk) => void (length += chunk.length)));
  return { length, open };
}

/** The whole request, before any layer is opened. */
async function requestDigests(sent: SentContent, algorithms: readonly DigestName[]): Promise<FormDigest[]> {
  if (!sent.request || isPlain(sent)) return [];
  const { headers, body } = sent.request;
  const content = headers.entries().filter(([name]) => /^content-(?!length)/i.test(name));
  const [withHeaders, without] = headsOf(Headers.fromPairs(content), ['unopened'], 'included');
  return digestForms(body.open(), formsOf([withHeaders, without], [unchanged]), algorithms);
}

/**
 * The ways to put headers before a body; those of the standard come first.
 * @param standard whether they belong to what the standard takes
 */
function headsOf(
  headers: Headers,
  base: readonly MicDeviation[],
  standard: 'included' | 'left-out',
): [Head, Head, ...Head[]] {
  const included = standard === 'included';
  const block = (some: Headers) => Buffer.concat([some.toBuffer(), Buffer.from('\r\n')]);
  const withHeaders = (more: readonly MicDeviation[]) => [
    ...base,
    ...(included ? [] : (['headers-included'] as const)),
    ...more,
  ];
  const all: Head = { deviations: withHeaders([]), bytes: block(headers) };
  const none: Head = {
    deviations: [...base, ...(included ? (['headers-left-out'] as const) : [])],
    bytes: Buffer.alloc(0),
  };
  const rest = headers.entries().filter(([name]) => name.toLowerCase() !== 'content-transfer-encoding');
  const unencoded: Head = {
    deviations: withHeaders(['encoding-header-left-out']),
    bytes: block(Headers.fromPairs(rest)),
  };
  return included ? [all, none, unencoded] : [none, all, unencoded];
}

/** One way to write the body, and what may stand before it. */
interface Form {
  readonly rewrite: Rewrite;
  readonly heads: readonly Head[];
}

function formsOf(heads: readonly Head[], rewrites: readonly (() => Rewrite)[]): Form[] {
  return rewrites.map((make) => ({
    rewrite: make(),
    heads: heads.flatMap((head) => [head, ...headsWith(make, head)]),
  }));
}

/** Headers may change together with the body: in their line ends, and in what they say about its encoding. */
function headsWith(make: () => Rewrite, head: Head): Head[] {
  const text = head.bytes.toString('latin1');
  let changed = text;
  if (make === lfLineEnds) changed = text.replaceAll('\r\n', '\n');
  if (make === inBase64) changed = text.replace(/^(content-transfer-encoding:).*$/im, '$1 base64');
  return changed === text ? [] : [{ ...head, bytes: Buffer.from(changed, 'latin1') }];
}

async function digestForms(
  chunks: Chunks,
  forms: readonly Form[],
  algorithms: readonly DigestName[],
): Promise<FormDigest[]> {
  const running = forms.map(({ rewrite, heads }) => ({
    rewrite,
    digests: heads.map(({ deviations, bytes }) => {
      const digests = new EndingDigests(algorithms, [...deviations, ...rewrite.deviations]);
      digests.update(bytes);
      return digests;
    }),
  }));
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      for (const { rewrite, digests } of running) {
        updateAll(digests, rewrite.update(piece));
        await setImmediate();
      }
    }
  }
  return running.flatMap(({ rewrite, digests }) => {
    updateAll(digests, rewrite.end());
    return digests.flatMap((one) => one.digests());
  });
}

function updateAll(all: readonly EndingDigests[], bytes: Buffer): void {
  for (const digests of all) digests.update(bytes);
}

/** Neither signed nor encrypted nor compressed: the standard takes the body alone (MIC-03). */
function isPlain({ signed, encrypted, compressed }: SentContent): boolean {
  return !signed && !encrypted && !compressed;
}

/** The standard takes the compressed part, because that was signed (MIC-06). */
function isCompressedStandard({ signed, compressed }: SentContent): boolean {
  return signed && compressed === 'before-signing';
}
