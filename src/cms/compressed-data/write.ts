import { createDeflate } from 'node:zlib';
import { constructedFlow, contextTag, integer, octetStringFlow, oid, sequenceFlow } from '../../asn1';
import type { ByteFlow, Chunks } from '../../bytes';
import { algorithmIdentifier } from '../algorithm-identifier';
import { contentTypes, zlibCompress } from '../oids';
import { throughZlib } from './zlib-stream';

const CHUNK_BYTES = 64 * 1024;

/** A zlib stream (RFC 1950, CMP-05). Its length is known only when it is at rest. */
export function deflated(chunks: Chunks): Chunks {
  return throughZlib(
    chunks,
    createDeflate({ chunkSize: CHUNK_BYTES }),
    (cause) => new Error('zlib failed', { cause }),
  );
}

/**
 * ContentInfo with CompressedData (RFC 3274 §1.1): DER, and a length of its own, when the length of the zlib stream
 * is known; else with indefinite lengths. The parameters of the algorithm are absent (CMP-02).
 * @param zlibStream what `deflated` gives
 */
export function compressedDataFlow(zlibStream: ByteFlow): ByteFlow {
  const encapContentInfo = sequenceFlow(
    oid(contentTypes.data),
    constructedFlow(contextTag(0), octetStringFlow(zlibStream)),
  );
  const compressedData = sequenceFlow(
    integer(0),
    algorithmIdentifier(zlibCompress, undefined),
    encapContentInfo,
  );
  return sequenceFlow(oid(contentTypes.compressedData), constructedFlow(contextTag(0), compressedData));
}
