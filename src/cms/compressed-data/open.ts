import { createInflate } from 'node:zlib';
import { contextTag, parseBer, tags } from '../../asn1';
import type { Chunks } from '../../bytes';
import { As2Error, isAs2Error } from '../../errors';
import { readAlgorithmIdentifier } from '../algorithm-identifier';
import { assertContentInfoType, type OpenedContentInfo } from '../content-info';
import { zlibCompress } from '../oids';
import { throughZlib } from './zlib-stream';

/** CMP-07: what a small message may become. */
export interface DecompressionLimits {
  /** Octets of the decompressed content. */
  readonly sizeBytes: number;
  /** Octets that may come out for each that went in, once there are many. Deflate reaches 1032. */
  readonly ratio: number;
}

/** Documents repeat themselves, and a short one may be nothing but repetition: below this the ratio says nothing. */
const RATIO_COUNTS_FROM_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const LONGEST_ELEMENT_BYTES = 64 * 1024;

/**
 * Opens CompressedData (RFC 3274 §1.1) as a stream.
 * @throws As2Error `algorithm-unsupported`, `asn1-malformed`, `truncated`; reading the chunks: `decompression-failed`,
 *   `decompression-too-large`, and errors of the source
 */
export async function openCompressed(
  opened: OpenedContentInfo,
  limits: DecompressionLimits,
): Promise<Chunks> {
  assertContentInfoType(opened, 'compressed-data');
  const { ber } = opened;
  await ber.enter(tags.sequence);
  await ber.readElement(LONGEST_ELEMENT_BYTES); // version
  const { oid } = readAlgorithmIdentifier(parseBer(await ber.readElement(LONGEST_ELEMENT_BYTES)));
  if (oid !== zlibCompress)
    throw new As2Error('algorithm-unsupported', { algorithm: oid, purpose: 'compression' });
  await ber.enter(tags.sequence);
  await ber.readElement(LONGEST_ELEMENT_BYTES); // contentType
  await ber.enter(contextTag(0));
  return inflated(opened, limits);
}

async function* inflated(
  opened: OpenedContentInfo,
  limits: DecompressionLimits,
): AsyncGenerator<Buffer, void> {
  let bytesIn = 0;
  let bytesOut = 0;
  const compressed = zlibStream(opened, (chunk) => (bytesIn += chunk.length));
  const failure = (cause: unknown): As2Error => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new As2Error('decompression-failed', { reason }, { cause });
  };
  for await (const chunk of throughZlib(compressed, createInflate({ chunkSize: CHUNK_BYTES }), failure)) {
    bytesOut += chunk.length;
    const { sizeBytes, ratio } = limits;
    if (bytesOut > sizeBytes) throw new As2Error('decompression-too-large', { limit: `${sizeBytes} bytes` });
    if (bytesOut > RATIO_COUNTS_FROM_BYTES && bytesOut > bytesIn * ratio) {
      throw new As2Error('decompression-too-large', { limit: `${ratio} times its size` });
    }
    yield chunk;
  }
}

async function* zlibStream(
  opened: OpenedContentInfo,
  count: (chunk: Buffer) => void,
): AsyncGenerator<Buffer, void> {
  const { ber } = opened;
  try {
    for await (const chunk of ber.octets()) {
      count(chunk);
      yield chunk;
    }
    // [0], encapContentInfo, CompressedData
    for (let level = 0; level < 3; level++) await ber.leave();
    await opened.finish();
  } catch (error) {
    const isDamage = isAs2Error(error) && (error.code === 'asn1-malformed' || error.code === 'truncated');
    throw isDamage
      ? new As2Error('decompression-failed', { reason: error.message }, { cause: error })
      : error;
  } finally {
    await opened.close();
  }
}
